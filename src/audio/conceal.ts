/**
 * What stands in for lost audio: the past goes on in its pitch, and what comes after is led back in its own pitch; both
 * are faded into each other. A recording knows its future, which a conversation does not: that is worth some decibels.
 * After the idea of ITU-T G.711 Appendix I, which knows only the past. Pure.
 */
import type { SampleRateHz } from "./telephone-audio.ts";

/** The pitch of voices, from 400 Hz down to 66 Hz. */
const PERIOD_MS_MIN = 2.5;
const PERIOD_MS_MAX = 15;
/** So much of the audio is compared with what stands a period away. A packet of 20 ms after the gap holds it and a period. */
const MATCH_MS = 8;
/** So much of what is heard afterwards is compared with what the repetition would be there; and how much it counts. */
const MEET_MS = 5;
const MEET_WEIGHT = 1;
/** A voice does not hold its tone for long: from here on it gets softer, and is silent at the end. */
const HOLD_MS = 15;
const SILENT_MS = 60;
/** What has no pitch is noise: repeated it sounds like itself, but softer, since no sample of it will be right. */
const NOISE_GAIN = 0.2;
/** Within this, the repetition comes from where the last sample was. */
const JOIN_MS = 1;

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
	const forward = extended(past, count, future, rateHz);
	const backward = extended(future.toReversed(), count, past.toReversed(), rateHz);
	const out = new Int16Array(count);
	for (let i = 0; i < count; i++) {
		const weight = future.length === 0 ? 1 : (1 + Math.cos((Math.PI * (i + 0.5)) / count)) / 2;
		const value = weight * forward[i]! + (1 - weight) * backward[count - 1 - i]!;
		out[i] = Math.max(-32_768, Math.min(32_767, Math.round(value)));
	}
	return out;
}

/** How the audio would go on for `count` samples, until `future` is heard. */
function extended(past: Int16Array, count: number, future: Int16Array, rateHz: SampleRateHz): Float64Array {
	const out = new Float64Array(count);
	const period = periodOf(past, count, future, rateHz);
	if (period === undefined) return out;
	const perMs = rateHz / 1000;
	const start = past.length - period.samples;
	const gain = Math.max(period.likeness, NOISE_GAIN);
	// The repetition starts where the last sample was, not where the one a period before it was.
	const step = past[past.length - 1]! - (past[start - 1] ?? past[past.length - 1]!);
	for (let i = 0; i < count; i++) {
		const fade = Math.max(0, Math.min(1, 1 - (i / perMs - HOLD_MS) / (SILENT_MS - HOLD_MS)));
		const join = step * Math.exp(-i / (perMs * JOIN_MS));
		out[i] = fade * gain * (past[start + (i % period.samples)]! + join);
	}
	return out;
}

/**
 * The distance at which the end of the audio repeats itself best, and by which its repetition meets the future best:
 * voices glide, and a pitch that is a little wrong would meet it in the wrong phase. Undefined where there is too little.
 */
function periodOf(past: Int16Array, count: number, future: Int16Array, rateHz: SampleRateHz): Period | undefined {
	const perMs = rateHz / 1000;
	const shortest = PERIOD_MS_MIN * perMs;
	const match = Math.min(MATCH_MS * perMs, past.length - shortest);
	if (match < shortest) return undefined;
	const longest = Math.min(PERIOD_MS_MAX * perMs, past.length - match);
	const meeting = future.subarray(0, MEET_MS * perMs);
	let best: Period | undefined;
	let bestScore = Number.NEGATIVE_INFINITY;
	for (let distance = shortest; distance <= longest; distance++) {
		const own = likenessAt(past, match, distance);
		const met = meeting.length === 0 ? own : meetingAt(past, distance, count, meeting);
		const score = own + MEET_WEIGHT * met;
		if (score <= bestScore) continue;
		bestScore = score;
		best = { samples: distance, likeness: Math.max(0, Math.min(1, (own + met) / 2)) };
	}
	return best;
}

/** Normalised correlation of the last samples with those a distance before. */
function likenessAt(past: Int16Array, match: number, distance: number): number {
	let product = 0;
	let energy = 1;
	let energyBefore = 1;
	for (let i = past.length - match; i < past.length; i++) {
		const before = past[i - distance]!;
		const own = past[i]!;
		product += own * before;
		energy += own * own;
		energyBefore += before * before;
	}
	return product / Math.sqrt(energy * energyBefore);
}

/** The same for what the repetition would be after the gap, and what was heard there. */
function meetingAt(past: Int16Array, distance: number, count: number, meeting: Int16Array): number {
	const start = past.length - distance;
	let product = 0;
	let energy = 1;
	let energyMet = 1;
	for (let i = 0; i < meeting.length; i++) {
		const would = past[start + ((count + i) % distance)]!;
		const met = meeting[i]!;
		product += would * met;
		energy += would * would;
		energyMet += met * met;
	}
	return product / Math.sqrt(energy * energyMet);
}
