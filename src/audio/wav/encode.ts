/** WAV files of telephone audio: RIFF with a `fmt ` chunk of format 1 (PCM), 6 (A-law) or 7 (µ-law). */
import { isG711, toLinear, transcode } from "../linear.ts";
import { NARROWBAND_HZ, type TelephoneAudio } from "../telephone-audio.ts";

export type WavForm =
	/** 16-bit linear at the rate the audio has, what every player understands; 16 kB a second, wideband 32 kB. */
	| "pcm16"
	/** The octets of G.711 as they are, format 6 or 7; 8 kB a second. Wideband audio becomes µ-law. */
	| "g711";

/** @returns a whole WAV file of one channel. */
export function encodeWav(audio: TelephoneAudio, form: WavForm = "pcm16"): Uint8Array {
	if (form === "pcm16") {
		const { pcm, rateHz } = toLinear(audio);
		const file = wavFile({ code: 1, rateHz, octetsPerFrame: 2, frames: pcm.length });
		for (let i = 0; i < pcm.length; i++) file.writeInt16LE(pcm[i]!, PCM_HEAD_BYTES + 2 * i);
		return file;
	}
	const { encoding, samples } = isG711(audio) ? audio : transcode(audio, "PCMU");
	const code = encoding === "PCMU" ? 7 : 6;
	const file = wavFile({ code, rateHz: NARROWBAND_HZ, octetsPerFrame: 1, frames: samples.length });
	file.set(samples, G711_HEAD_BYTES);
	return file;
}

const PCM_HEAD_BYTES = 44;
/** Formats other than PCM carry the size of their extension (none) and a `fact` chunk with the frames. */
const G711_HEAD_BYTES = 58;

interface Shape {
	readonly code: number;
	readonly rateHz: number;
	readonly octetsPerFrame: number;
	readonly frames: number;
}

/** The file with its data yet to be written. */
function wavFile({ code, rateHz, octetsPerFrame, frames }: Shape): Buffer {
	const linear = code === 1;
	const dataBytes = frames * octetsPerFrame;
	const padding = dataBytes & 1;
	const headBytes = linear ? PCM_HEAD_BYTES : G711_HEAD_BYTES;
	const file = Buffer.alloc(headBytes + dataBytes + padding);
	file.write("RIFF", 0, "latin1");
	file.writeUInt32LE(headBytes - 8 + dataBytes + padding, 4);
	file.write("WAVEfmt ", 8, "latin1");
	file.writeUInt32LE(linear ? 16 : 18, 16);
	file.writeUInt16LE(code, 20);
	file.writeUInt16LE(1, 22);
	file.writeUInt32LE(rateHz, 24);
	file.writeUInt32LE(rateHz * octetsPerFrame, 28);
	file.writeUInt16LE(octetsPerFrame, 32);
	file.writeUInt16LE(8 * octetsPerFrame, 34);
	if (!linear) {
		file.write("fact", 38, "latin1");
		file.writeUInt32LE(4, 42);
		file.writeUInt32LE(frames, 46);
	}
	file.write("data", headBytes - 8, "latin1");
	file.writeUInt32LE(dataBytes, headBytes - 4);
	return file;
}
