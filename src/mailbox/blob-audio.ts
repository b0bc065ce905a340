/**
 * Telephone audio as a blob: a WAV file with the G.711 octets as they came from the wire (RFC 2361: formats 6 and 7), or
 * with linear samples at 16,000 Hz of a wideband call; the file says its rate, and whoever holds it can play it. Pure.
 */
import {
	decodeWav,
	isWideband,
	type TelephoneAudio,
	type TelephoneEncoding,
	WavError,
	wavParts,
} from "../audio/index.ts";

/** By the WAV file's format. */
const ENCODINGS: ReadonlyMap<number | undefined, TelephoneEncoding> = new Map([
	[1, "L16"],
	[6, "PCMA"],
	[7, "PCMU"],
]);
const FORMAT_OFFSET = 20;

/** Without loss and without a copy: a head, and views of the audio. */
export function toBlob(audio: TelephoneAudio): readonly Uint8Array[] {
	return wavParts(audio, isWideband(audio) ? "pcm16" : "g711");
}

/** @returns undefined for anything that `toBlob` did not write whole: a torn file must not pass as a short message. */
export function fromBlob(blob: Uint8Array): TelephoneAudio | undefined {
	const encoding = ENCODINGS.get(blob[FORMAT_OFFSET]);
	if (encoding === undefined) return undefined;
	try {
		const audio = decodeWav(blob, { encoding });
		return isMadeOf(blob, toBlob(audio)) ? audio : undefined;
	} catch (error) {
		if (error instanceof WavError) return undefined;
		throw error;
	}
}

function isMadeOf(blob: Uint8Array, parts: readonly Uint8Array[]): boolean {
	let at = 0;
	for (const part of parts) {
		const end = at + part.length;
		if (Buffer.compare(blob.subarray(at, end), part) !== 0) return false;
		at = end;
	}
	return at === blob.length;
}
