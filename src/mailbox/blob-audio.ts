/**
 * Telephone audio as a blob: a WAV file with the G.711 octets as they came from the wire (RFC 2361: formats 6 and 7),
 * so that whoever holds the file can play it. Pure.
 */
import { AUDIO_LIMITS, decodeWav, encodeWav, type TelephoneAudio, WavError } from "../audio/index.ts";

const ULAW_FORMAT = 7;
const FORMAT_OFFSET = 20;

export const SAMPLES_PER_MS = AUDIO_LIMITS.clockRateHz / 1000;

export function toBlob(audio: TelephoneAudio): Uint8Array {
	return encodeWav(audio, "g711");
}

/** @returns undefined for anything that `toBlob` did not write whole: a torn file must not pass as a short message. */
export function fromBlob(blob: Uint8Array): TelephoneAudio | undefined {
	const encoding = blob[FORMAT_OFFSET] === ULAW_FORMAT ? "PCMU" : "PCMA";
	try {
		const audio = decodeWav(blob, { encoding });
		return Buffer.from(blob).equals(encodeWav(audio, "g711")) ? audio : undefined;
	} catch (error) {
		if (error instanceof WavError) return undefined;
		throw error;
	}
}
