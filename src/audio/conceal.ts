/**
 * What stands in for lost audio: the past goes on in its pitch, and what comes after is led back in its own pitch; both
 * are faded into each other. A recording knows its future, which a conversation does not: that is worth some decibels.
 * After the idea of ITU-T G.711 Appendix I, which knows only the past. Pure.
 */
import type { SampleRateHz } from "./telephone-audio.ts";

/** The pitch of voices, from 400 Hz down to 66 Hz. */
const PERIOD_MS_MIN = 2.5;
const PERIOD_MS_MAX = 15;
/** So much of the audio is compared with what stands a period away. */
const MATCH_MS = 20;
/** A voice does not hold its tone for long: from here on it gets softer, and is silent at the end. */
const HOLD_MS = 15;
const SILENT_MS = 60;
/** What has no pitch is noise: repeated it sounds like itself, but softer, since no sample of it will be right. */
const NOISE_GAIN = 0.35;

/** Samples of past and of future that are looked at: 50 ms. */
export const concealReach = (rateHz: SampleRateHz): number => (50 * rateHz) / 1000;
/** Longer gaps are silent in their middle. */
export const concealMax = (rateHz: SampleRateHz): number => (2 * SILENT_MS * rateHz) / 1000;

interface Period {
	readonly samples: number;
	/** How well it repeats, 0 to 1: also the gain that errs least. */
	readonly likeness: number;
}

/**
 * @param past what was heard before, its last `concealReach` samples at least where there are so many.
 * @param future what was heard afterwards; empty where nothing followed.
 * @returns `count` samples that fit between them.
 */
export function conceal(past: Int16Array, future: Int16Array, count: number, rateHz: SampleRateHz): Int16Array {
	const forward = extended(past, count, rateHz);
	const backward = extended(future.toReversed(), count, rateHz);
	const out = new Int16Array(count);
	for (let i = 0; i < count; i++) {
		const weight = future.length === 0 ? 1 : (1 + Math.cos((Math.PI * (i + 0.5)) / count)) / 2;
		const value = weight * forward[i]! + (1 - weight) * backward[count - 1 - i]!;
		out[i] = Math.max(-32_768, Math.min(32_767, Math.round(value)));
	}
	return out;
}

/** How the audio would go on for `count` samples. */
function extended(past: Int16Array, count: number, rateHz: SampleRateHz): Float64Array {
	const out = new Float64Array(count);
	const period = periodOf(past, rateHz);
	if (period === undefined) return out;
	const perMs = rateHz / 1000;
	const start = past.length - period.samples;
	const gain = Math.max(period.likeness, NOISE_GAIN);
	// The repetition starts where the last sample was, not where the one a period before it was.
	const step = past[past.length - 1]! - (past[start - 1] ?? past[past.length - 1]!);
	for (let i = 0; i < count; i++) {
		const fade = Math.max(0, Math.min(1, 1 - (i / perMs - HOLD_MS) / (SILENT_MS - HOLD_MS)));
		const join = step * Math.exp(-i / perMs);
		out[i] = fade * gain * (past[start + (i % period.samples)]! + join);
	}
	return out;
}

/** The distance at which the end of the audio repeats itself best. Undefined where there is too little of it. */
function periodOf(past: Int16Array, rateHz: SampleRateHz): Period | undefined {
	const perMs = rateHz / 1000;
	const shortest = PERIOD_MS_MIN * perMs;
	const match = Math.min(MATCH_MS * perMs, past.length - shortest);
	if (match < shortest) return undefined;
	const longest = Math.min(PERIOD_MS_MAX * perMs, past.length - match);
	// Every second sample and every second distance at 16,000 Hz: the pitch of a voice is as well seen at 8,000.
	const stride = rateHz / 8000;
	let best = shortest;
	let bestScore = 0;
	let likeness = 0;
	for (let distance = shortest; distance <= longest; distance += stride) {
		const { score, like } = matchAt(past, match, distance, stride);
		if (score <= bestScore) continue;
		bestScore = score;
		best = distance;
		likeness = like;
	}
	return { samples: best, likeness: Math.min(1, likeness) };
}

function matchAt(past: Int16Array, match: number, distance: number, stride: number): { score: number; like: number } {
	let product = 0;
	let energy = 1;
	for (let i = past.length - match; i < past.length; i += stride) {
		const before = past[i - distance]!;
		product += past[i]! * before;
		energy += before * before;
	}
	if (product <= 0) return { score: 0, like: 0 };
	return { score: (product * product) / energy, like: product / energy };
}
