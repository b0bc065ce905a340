/** WAV files of telephone audio: RIFF with a `fmt ` chunk of format 1 (PCM), 6 (A-law) or 7 (µ-law). */
import { isG711, pcmToL16, toLinear, transcode } from "../linear.ts";
import { NARROWBAND_HZ, type TelephoneAudio } from "../telephone-audio.ts";

export type WavForm =
	/** 16-bit linear at the rate the audio has, what every player understands; 16 kB a second, wideband 32 kB. */
	| "pcm16"
	/** The octets of G.711 as they are, format 6 or 7; 8 kB a second. Wideband audio becomes µ-law. */
	| "g711";

/** @returns a whole WAV file of one channel. */
export function encodeWav(audio: TelephoneAudio, form: WavForm = "pcm16"): Uint8Array {
	return Buffer.concat(wavParts(audio, form));
}

/** The same file in pieces, for whoever writes them one behind the other. Those of the audio may be views of it. */
export function wavParts(audio: TelephoneAudio, form: WavForm): readonly Uint8Array[] {
	if (form === "pcm16") {
		const { pcm, rateHz } = toLinear(audio);
		return [wavHead({ code: 1, rateHz, octetsPerFrame: 2, frames: pcm.length }), pcmToL16(pcm)];
	}
	const { encoding, samples } = isG711(audio) ? audio : transcode(audio, "PCMU");
	const code = encoding === "PCMU" ? 7 : 6;
	const head = wavHead({ code, rateHz: NARROWBAND_HZ, octetsPerFrame: 1, frames: samples.length });
	return samples.length % 2 === 0 ? [head, samples] : [head, samples, PADDING];
}

/** RIFF keeps its chunks on even places. */
const PADDING = new Uint8Array(1);

const PCM_HEAD_BYTES = 44;
/** Formats other than PCM carry the size of their extension (none) and a `fact` chunk with the frames. */
const G711_HEAD_BYTES = 58;

interface Shape {
	readonly code: number;
	readonly rateHz: number;
	readonly octetsPerFrame: number;
	readonly frames: number;
}

/** All before the data. */
function wavHead({ code, rateHz, octetsPerFrame, frames }: Shape): Buffer {
	const linear = code === 1;
	const dataBytes = frames * octetsPerFrame;
	const padding = dataBytes & 1;
	const headBytes = linear ? PCM_HEAD_BYTES : G711_HEAD_BYTES;
	const file = Buffer.alloc(headBytes);
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
