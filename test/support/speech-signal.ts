/** Speech-like audio for calls, and how much of it came out at the other end. Pure. */
import { decodeG711, encodeG711, upsample } from "../../src/audio/index.ts";
import { seededRandom } from "./seeded-random.ts";

const RATE_HZ = 8000;
/** RMS about -17 dBFS, never silent: no ear takes a pause of it for its end. */
const AMPLITUDE = 9000;

/** Noise in the band of speech, swelling like syllables; another seed gives audio without likeness to it. */
export function speechSignal(seconds: number, seed: number): Uint8Array {
	return encodeG711(linearSpeech(seconds, seed), "PCMU").samples;
}

/** The same linear; at a higher rate it reaches as much higher. */
export function linearSpeech(seconds: number, seed: number, rateHz = RATE_HZ): Int16Array {
	const random = seededRandom(seed);
	const pcm = new Int16Array(Math.round(seconds * rateHz));
	const syllablesHz = 3 + random.next() * 2;
	let low = 0;
	let lower = 0;
	for (let i = 0; i < pcm.length; i++) {
		low += 0.45 * ((random.next() * 2 - 1) * AMPLITUDE * 2 - low);
		lower += 0.05 * (low - lower);
		const swell = 0.65 + 0.35 * Math.sin((2 * Math.PI * syllablesHz * i) / rateHz);
		pcm[i] = Math.round((low - lower) * swell);
	}
	return pcm;
}

/** Linear form of µ-law. */
export function pcmOf(samples: Uint8Array): Int16Array {
	return decodeG711({ encoding: "PCMU", samples });
}

export interface Match {
	/** Normalised cross-correlation of the part that both have, at the best alignment. */
	readonly correlation: number;
	/** Of what was sent, how much is missing before and behind the common part, ms. */
	readonly missingStartMs: number;
	readonly missingEndMs: number;
	/** Of what was received, how much lies before and behind, ms. */
	readonly beforeMs: number;
	readonly behindMs: number;
}

/** A quarter second decides where the two lie together; at 16,000 Hz half of that. */
const ANCHOR = 2000;

/** Compares linear audio of one rate, of which the received one may begin earlier or later and end earlier or later. */
export function match(sent: Int16Array, received: Int16Array, rateHz = RATE_HZ): Match {
	let best = { at: 0, shift: 0, correlation: -2 };
	// Several anchors, since what is missing may hold one of them.
	for (const part of [0.5, 0.25, 0.75, 0.1]) {
		const from = Math.floor((sent.length - ANCHOR) * part);
		const anchor = sent.subarray(from, from + ANCHOR);
		for (let at = 0; at + ANCHOR <= received.length; at++) {
			const rough = correlate(anchor, received.subarray(at, at + ANCHOR), 20);
			if (rough < best.correlation - 0.3 || rough < 0.3) continue;
			const correlation = correlate(anchor, received.subarray(at, at + ANCHOR));
			if (correlation > best.correlation) best = { at, shift: at - from, correlation };
		}
		if (best.correlation > 0.95) break;
	}
	const { shift } = best;
	const from = Math.max(0, -shift);
	const to = Math.min(sent.length, received.length - shift);
	return {
		correlation: correlate(sent.subarray(from, to), received.subarray(from + shift, to + shift)),
		missingStartMs: (from * 1000) / rateHz,
		missingEndMs: ((sent.length - to) * 1000) / rateHz,
		beforeMs: (Math.max(0, shift) * 1000) / rateHz,
		behindMs: (Math.max(0, received.length - (to + shift)) * 1000) / rateHz,
	};
}

const FINE = 4;
/** How far from the place that every 20th sample found, in samples at 8,000 Hz. */
const FINE_REACH = 4;

/**
 * The best correlation of all of `sent` with a piece of `received`, to a quarter of a sample; -1 where it is shorter. For
 * speech at 8,000 Hz that came through resamplers: half a sample beside, a voice of 2 kHz correlates by 0.7 with itself.
 */
export function matchFinely(sent: Int16Array, received: Int16Array): number {
	let rough = { at: -1, correlation: -1 };
	for (let at = 0; at + sent.length <= received.length; at++) {
		const correlation = correlate(sent, received.subarray(at, at + sent.length), 20);
		if (correlation > rough.correlation) rough = { at, correlation };
	}
	if (rough.at < 0) return -1;
	const fine = upsample(upsample(sent));
	const from = Math.max(0, rough.at - FINE_REACH);
	const around = upsample(upsample(received.subarray(from, rough.at + sent.length + FINE_REACH)));
	let best = -1;
	for (let at = 0; at + fine.length <= around.length; at++) {
		best = Math.max(best, correlate(fine, around.subarray(at, at + fine.length), FINE));
	}
	return best;
}

function correlate(a: Int16Array, b: Int16Array, step = 1): number {
	let ab = 0;
	let aa = 0;
	let bb = 0;
	for (let i = 0; i < a.length; i += step) {
		const x = a[i]!;
		const y = b[i]!;
		ab += x * y;
		aa += x * x;
		bb += y * y;
	}
	return aa === 0 || bb === 0 ? 0 : ab / Math.sqrt(aa * bb);
}

/**
 * What a test phone heard is at least so like what was said. It mostly is by 0.9998; this leaves room for two or three
 * packets that a process loses while it is busy with other tests. Another message, or one that is out of step, comes
 * nowhere near. What is stored is held to 0.99.
 */
export const HEARD_LIKE = 0.95;
