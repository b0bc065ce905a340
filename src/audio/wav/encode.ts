/** WAV files of telephone audio: RIFF with a `fmt ` chunk of format 1 (PCM), 6 (A-law) or 7 (µ-law). */
import { decodeG711 } from "../g711.ts";
import { AUDIO_LIMITS } from "../limits.ts";
import type { TelephoneAudio } from "../telephone-audio.ts";

export type WavForm =
	/** 16-bit linear, what every player understands; 16 kB a second. */
	| "pcm16"
	/** The octets as they are, format 6 or 7; 8 kB a second. */
	| "g711";

/** @returns a whole WAV file, 8,000 Hz, one channel. */
export function encodeWav(audio: TelephoneAudio, form: WavForm = "pcm16"): Uint8Array {
	const linear = form === "pcm16";
	const frames = audio.samples.length;
	const dataBytes = linear ? frames * 2 : frames;
	const padding = dataBytes & 1;
	// Formats other than PCM carry the size of their extension (none) and a `fact` chunk with the frames.
	const headBytes = linear ? 44 : 58;
	const file = Buffer.alloc(headBytes + dataBytes + padding);
	file.write("RIFF", 0, "latin1");
	file.writeUInt32LE(headBytes - 8 + dataBytes + padding, 4);
	file.write("WAVEfmt ", 8, "latin1");
	file.writeUInt32LE(linear ? 16 : 18, 16);
	file.writeUInt16LE(linear ? 1 : audio.encoding === "PCMU" ? 7 : 6, 20);
	file.writeUInt16LE(1, 22);
	file.writeUInt32LE(AUDIO_LIMITS.clockRateHz, 24);
	file.writeUInt32LE(AUDIO_LIMITS.clockRateHz * (linear ? 2 : 1), 28);
	file.writeUInt16LE(linear ? 2 : 1, 32);
	file.writeUInt16LE(linear ? 16 : 8, 34);
	if (!linear) {
		file.write("fact", 38, "latin1");
		file.writeUInt32LE(4, 42);
		file.writeUInt32LE(frames, 46);
	}
	file.write("data", headBytes - 8, "latin1");
	file.writeUInt32LE(dataBytes, headBytes - 4);
	if (linear) writeSamples(file, headBytes, decodeG711(audio));
	else file.set(audio.samples, headBytes);
	return file;
}

function writeSamples(file: Buffer, at: number, pcm: Int16Array): void {
	for (let i = 0; i < pcm.length; i++) file.writeInt16LE(pcm[i]!, at + 2 * i);
}
