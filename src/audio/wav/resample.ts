/**
 * Change of sampling rate by a windowed-sinc filter in polyphase form: what lies above half the lower rate is removed
 * before samples are dropped; left in, it would fold back as hiss and false tones.
 */

/** Zero crossings of the sinc on each side; with Kaiser beta 8 the stop band is some 80 dB down. */
const ZERO_CROSSINGS = 24;
const KAISER_BETA = 8;
/** The pass band ends at this part of half the lower rate: 3.7 kHz of 8 kHz. */
const PASS = 0.925;
/** Rates without a small common divisor would need a table per output sample; 512 phases err below -80 dB. */
const PHASES_MAX = 512;

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

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));

interface Filter {
	readonly phases: number;
	/** Input samples on each side of the output's position. */
	readonly half: number;
	readonly taps: Float64Array;
}

function designFilter(fromHz: number, toHz: number): Filter {
	const cutoff = (PASS * Math.min(1, toHz / fromHz)) / 2; // cycles per input sample
	const half = Math.ceil(ZERO_CROSSINGS / (2 * cutoff));
	const phases = Math.min(PHASES_MAX, toHz / gcd(fromHz, toHz));
	const width = 2 * half;
	const taps = new Float64Array(phases * width);
	const windowScale = bessel0(KAISER_BETA);
	for (let phase = 0; phase < phases; phase++) {
		let sum = 0;
		for (let k = 0; k < width; k++) {
			const x = k - half + 1 - phase / phases;
			const ratio = x / half;
			const window = Math.abs(ratio) >= 1 ? 0 : bessel0(KAISER_BETA * Math.sqrt(1 - ratio * ratio)) / windowScale;
			const sinc = x === 0 ? 2 * cutoff : Math.sin(2 * Math.PI * cutoff * x) / (Math.PI * x);
			taps[phase * width + k] = sinc * window;
			sum += sinc * window;
		}
		// Unity gain at 0 Hz in each phase, or a constant input would come out with a ripple.
		for (let k = 0; k < width; k++) taps[phase * width + k]! /= sum;
	}
	return { phases, half, taps };
}

/**
 * @param pcm 16-bit samples of one channel.
 * @param fromHz,toHz whole numbers above 0.
 * @returns round(length * toHz / fromHz) samples; the very same array where the rates are equal.
 */
export function resample(pcm: Int16Array, fromHz: number, toHz: number): Int16Array {
	if (fromHz === toHz) return pcm;
	const { phases, half, taps } = designFilter(fromHz, toHz);
	const width = 2 * half;
	const out = new Int16Array(Math.round((pcm.length * toHz) / fromHz));
	for (let n = 0; n < out.length; n++) {
		const position = (n * fromHz) / toHz;
		let base = Math.floor(position);
		let phase = Math.round((position - base) * phases);
		if (phase === phases) {
			phase = 0;
			base++;
		}
		const first = base - half + 1;
		const from = Math.max(0, -first);
		const to = Math.min(width, pcm.length - first);
		let sum = 0;
		for (let k = from; k < to; k++) sum += pcm[first + k]! * taps[phase * width + k]!;
		out[n] = Math.max(-32_768, Math.min(32_767, Math.round(sum)));
	}
	return out;
}
