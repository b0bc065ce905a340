/**
 * Between 8,000 and 16,000 Hz by a half-band filter: a linear-phase FIR of 63 taps of which every second one is 0, flat
 * up to 3.5 kHz and 60 dB down from 4.5 kHz. Any stretch can be computed by itself from the samples around it, so that
 * a player needs no state and starts anywhere without a click.
 */

/** Taps on each side that are not 0. */
const SIDE = 16;
const KAISER_BETA = 6;

/** Samples that a stretch needs before and behind itself, at 8,000 Hz for `upsampleAt`, twice as many for `downsampleAt`. */
export const HALFBAND_REACH = SIDE;

/** Modified Bessel function of order 0, by its power series. */
function bessel0(x: number): number {
	let sum = 1;
	let term = 1;
	for (let k = 1; term > sum * 1e-12; k++) {
		term *= (x / (2 * k)) ** 2;
		sum += term;
	}
	return sum;
}

/** Weights of the neighbours at the distances 1, 3, 5 ... of 16,000 Hz; both sides together weigh 1. */
const TAPS: Float64Array = (() => {
	const taps = Float64Array.from({ length: SIDE }, (_, k) => {
		const distance = 2 * k + 1;
		const ratio = distance / (2 * SIDE);
		const sinc = Math.sin((Math.PI * distance) / 2) / ((Math.PI * distance) / 2);
		return (sinc * bessel0(KAISER_BETA * Math.sqrt(1 - ratio * ratio))) / bessel0(KAISER_BETA);
	});
	const sum = 2 * taps.reduce((total, tap) => total + tap, 0);
	return taps.map((tap) => tap / sum);
})();

const clamp16 = (value: number): number => Math.max(-32_768, Math.min(32_767, Math.round(value)));

/**
 * Writes `count` samples at 16,000 Hz to `target`, the first being `from` of `pcm` (8,000 Hz). What is needed beyond
 * the ends of `pcm` is silence. `count` is even.
 */
export function upsampleAt(pcm: Int16Array, from: number, target: Int16Array, at: number, count: number): void {
	for (let i = 0; i < count >> 1; i++) {
		const n = from + i;
		target[at + 2 * i] = pcm[n] ?? 0;
		let sum = 0;
		if (n >= SIDE && n + SIDE < pcm.length) {
			for (let k = 0; k < SIDE; k++) sum += TAPS[k]! * (pcm[n - k]! + pcm[n + 1 + k]!);
		} else {
			for (let k = 0; k < SIDE; k++) sum += TAPS[k]! * ((pcm[n - k] ?? 0) + (pcm[n + 1 + k] ?? 0));
		}
		target[at + 2 * i + 1] = clamp16(sum);
	}
}

/** Writes `count` samples at 8,000 Hz to `target`, the first standing at sample `from` of `pcm` (16,000 Hz). */
export function downsampleAt(pcm: Int16Array, from: number, target: Int16Array, at: number, count: number): void {
	for (let i = 0; i < count; i++) {
		const n = from + 2 * i;
		let sum = 0;
		if (n >= 2 * SIDE && n + 2 * SIDE < pcm.length) {
			for (let k = 0; k < SIDE; k++) sum += TAPS[k]! * (pcm[n - 2 * k - 1]! + pcm[n + 2 * k + 1]!);
		} else {
			for (let k = 0; k < SIDE; k++) sum += TAPS[k]! * ((pcm[n - 2 * k - 1] ?? 0) + (pcm[n + 2 * k + 1] ?? 0));
		}
		target[at + i] = clamp16(((pcm[n] ?? 0) + sum) / 2);
	}
}

/** All of it, from 8,000 to 16,000 Hz. */
export function upsample(pcm: Int16Array): Int16Array {
	const out = new Int16Array(2 * pcm.length);
	upsampleAt(pcm, 0, out, 0, out.length);
	return out;
}

/** All of it, from 16,000 to 8,000 Hz. */
export function downsample(pcm: Int16Array): Int16Array {
	const out = new Int16Array(pcm.length >> 1);
	downsampleAt(pcm, 0, out, 0, out.length);
	return out;
}
