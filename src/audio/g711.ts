/**
 * G.711 (ITU-T G.711) as tables. Both laws divide the amplitude into 8 segments of 16 steps; here they are stretched
 * to 16 bits, so that full scale is near 32,768 for both.
 */
import type { G711Audio, G711Encoding } from "./telephone-audio.ts";

const ULAW_BIAS = 132;
const ULAW_CLIP = 32_635;

function decodeUlaw(octet: number): number {
	const inverted = ~octet & 0xff;
	const magnitude = ((((inverted & 0x0f) << 3) + ULAW_BIAS) << ((inverted & 0x70) >> 4)) - ULAW_BIAS;
	return inverted & 0x80 ? -magnitude : magnitude;
}

function encodeUlaw(sample: number): number {
	const sign = sample < 0 ? 0x80 : 0;
	const magnitude = Math.min(Math.abs(sample), ULAW_CLIP) + ULAW_BIAS;
	const segment = 31 - Math.clz32(magnitude) - 7;
	return ~(sign | (segment << 4) | ((magnitude >> (segment + 3)) & 0x0f)) & 0xff;
}

function decodeAlaw(octet: number): number {
	const bits = octet ^ 0x55;
	const segment = (bits & 0x70) >> 4;
	const step = (bits & 0x0f) << 4;
	const magnitude = segment === 0 ? step + 8 : (step + 264) << (segment - 1);
	return bits & 0x80 ? magnitude : -magnitude;
}

function encodeAlaw(sample: number): number {
	const sign = sample < 0 ? 0 : 0x80;
	// The negative half mirrors the positive one: -1 belongs to the first step below zero, as 0 to the first above.
	const magnitude = sample < 0 ? ~sample : sample;
	const segment = magnitude < 256 ? 0 : 31 - Math.clz32(magnitude) - 7;
	const step = segment === 0 ? magnitude >> 4 : (magnitude >> (segment + 3)) & 0x0f;
	return (sign | (segment << 4) | step) ^ 0x55;
}

/** 16-bit sample of each octet. */
export const ulawToPcm: Int16Array = Int16Array.from({ length: 256 }, (_, octet) => decodeUlaw(octet));
export const alawToPcm: Int16Array = Int16Array.from({ length: 256 }, (_, octet) => decodeAlaw(octet));

/** Octet of each 16-bit sample; the index is `sample & 0xffff`. */
export const pcmToUlaw: Uint8Array = Uint8Array.from({ length: 65_536 }, (_, bits) => encodeUlaw((bits << 16) >> 16));
export const pcmToAlaw: Uint8Array = Uint8Array.from({ length: 65_536 }, (_, bits) => encodeAlaw((bits << 16) >> 16));

/** Octet of one law to the nearest octet of the other. */
export const ulawToAlaw: Uint8Array = Uint8Array.from(ulawToPcm, (sample) => pcmToAlaw[sample & 0xffff]!);
export const alawToUlaw: Uint8Array = Uint8Array.from(alawToPcm, (sample) => pcmToUlaw[sample & 0xffff]!);

/** The octet of amplitude zero (A-law has none: the step next to it). */
export const SILENCE_OCTET: Readonly<Record<G711Encoding, number>> = { PCMU: 0xff, PCMA: 0xd5 };

export const toPcmTable = (encoding: G711Encoding): Int16Array => (encoding === "PCMU" ? ulawToPcm : alawToPcm);

/** Octet of each 16-bit sample. */
export const toG711Table = (encoding: G711Encoding): Uint8Array => (encoding === "PCMU" ? pcmToUlaw : pcmToAlaw);

/** Table from one encoding to another, undefined where they are the same. */
export function transcodeTable(from: G711Encoding, to: G711Encoding): Uint8Array | undefined {
	if (from === to) return undefined;
	return from === "PCMU" ? ulawToAlaw : alawToUlaw;
}

/** 16-bit samples of G.711 audio. */
export function decodeG711(audio: G711Audio): Int16Array {
	const table = toPcmTable(audio.encoding);
	const pcm = new Int16Array(audio.samples.length);
	for (let i = 0; i < pcm.length; i++) pcm[i] = table[audio.samples[i]!]!;
	return pcm;
}

/** G.711 audio of 16-bit samples at 8,000 Hz. */
export function encodeG711(pcm: Int16Array, encoding: G711Encoding): G711Audio {
	const table = toG711Table(encoding);
	const samples = new Uint8Array(pcm.length);
	for (let i = 0; i < pcm.length; i++) samples[i] = table[pcm[i]! & 0xffff]!;
	return { encoding, samples };
}

/** The same audio in `encoding`; the very same object where it is so already. */
export function transcodeG711(audio: G711Audio, encoding: G711Encoding): G711Audio {
	const table = transcodeTable(audio.encoding, encoding);
	if (table === undefined) return audio;
	return { encoding, samples: Uint8Array.from(audio.samples, (octet) => table[octet]!) };
}
