/**
 * G.722 at 64 kbit/s (ITU-T G.722 (09/2012), mode 1): wideband speech at 16,000 Hz. Two quadrature mirror filters halve
 * the band; each half is coded by adaptive differential PCM, the lower one with 6 bits, the upper one with 2. Integer
 * arithmetic as the Recommendation lays it down, so that every octet and sample is the reference's.
 *
 * One octet is two samples. RTP counts 8,000 ticks a second all the same, one an octet: RFC 1890 said so by mistake, and
 * RFC 3551 §4.5.2 keeps it.
 */

/** Half of the symmetric filter of 24 taps (table 11). */
const QMF = Int32Array.of(3, -11, 12, 32, -210, 951, 3876, -805, 362, -156, 53, -11);
const QMF_TAPS = 24;

/** Decision levels of the lower band's quantizer (table 14). */
const LOWER_LEVELS = Int32Array.of(
	...[0, 35, 72, 110, 150, 190, 233, 276, 323, 370, 422, 473, 530, 587, 650, 714],
	...[786, 858, 940, 1023, 1121, 1219, 1339, 1458, 1612, 1765, 1980, 2195, 2557, 2919],
);
/** Codes of the intervals, for negative and for positive differences (table 15). */
const LOWER_CODES_NEGATIVE = Uint8Array.from({ length: 31 }, (_, i) => (i === 0 ? 0 : i <= 2 ? 64 - i : 34 - i));
const LOWER_CODES_POSITIVE = Uint8Array.from({ length: 31 }, (_, i) => (i === 0 ? 0 : 62 - i));

/** Reconstruction levels for 6, 4 and 2 bits (tables 17 to 19). */
const INVERSE_6 = Int32Array.of(
	...[
		-136, -136, -136, -136, -24808, -21904, -19008, -16704, -14984, -13512, -12280, -11192, -10232, -9360, -8576, -7856,
	],
	...[-7192, -6576, -6000, -5456, -4944, -4464, -4008, -3576, -3168, -2776, -2400, -2032, -1688, -1360, -1040, -728],
	...[24808, 21904, 19008, 16704, 14984, 13512, 12280, 11192, 10232, 9360, 8576, 7856, 7192, 6576, 6000, 5456],
	...[4944, 4464, 4008, 3576, 3168, 2776, 2400, 2032, 1688, 1360, 1040, 728, 432, 136, -432, -136],
);
const INVERSE_4 = Int32Array.of(
	...[0, -20456, -12896, -8968, -6288, -4240, -2584, -1200],
	...[20456, 12896, 8968, 6288, 4240, 2584, 1200, 0],
);
const INVERSE_2 = Int32Array.of(-7408, -1616, 7408, 1616);

/** By how much the logarithm of the step grows, by the code's four upper bits (lower band) or its bits (upper band). */
const LOWER_GROWTH = Int32Array.of(
	...[-60, 3042, 1198, 538, 334, 172, 58, -30],
	...[3042, 1198, 538, 334, 172, 58, -30, -60],
);
const UPPER_GROWTH = Int32Array.of(798, -214, 798, -214);
const LOWER_LOG_MAX = 18_432;
const UPPER_LOG_MAX = 22_528;
/** 2^11 * 2^(i/32): the step's mantissa (table 21). */
const MANTISSA = Int32Array.from({ length: 32 }, (_, i) => Math.round(2048 * 2 ** (i / 32)));

const saturate = (value: number): number => (value > 32_767 ? 32_767 : Math.max(value, -32_768));
const limit15 = (value: number): number => (value > 16_383 ? 16_383 : Math.max(value, -16_384));

/** The adaptive predictor and step size of one half of the band (Recommendation §3.5, §3.6). */
class Band {
	/** Prediction of the next sample, and its part from the six zeros. */
	estimate = 0;
	step: number;
	#zeroPart = 0;
	#log = 0;
	readonly #logMax: number;
	/** Right shift of a full-scale mantissa. */
	readonly #shift: number;
	#pole1 = 0;
	#pole2 = 0;
	/** Reconstructed and partly reconstructed samples, one and two ago. */
	#sample1 = 0;
	#sample2 = 0;
	#partial1 = 0;
	#partial2 = 0;
	readonly #zeros = new Int32Array(6);
	readonly #differences = new Int32Array(6);

	constructor(step: number, logMax: number, shift: number) {
		this.step = step;
		this.#logMax = logMax;
		this.#shift = shift;
	}

	/** Adapts to a quantized difference, and predicts the next sample. */
	adapt(difference: number, growth: number): void {
		const log = ((this.#log * 127) >> 7) + growth;
		this.#log = log < 0 ? 0 : Math.min(log, this.#logMax);
		this.#scale();
		const sample = saturate(this.estimate + difference);
		const partial = saturate(this.#zeroPart + difference);
		this.#adaptPoles(partial);
		this.#adaptZeros(difference);
		this.#partial2 = this.#partial1;
		this.#partial1 = partial;
		this.#sample2 = this.#sample1;
		this.#sample1 = sample;
		const polePart = saturate(
			((this.#pole1 * saturate(2 * this.#sample1)) >> 15) + ((this.#pole2 * saturate(2 * this.#sample2)) >> 15),
		);
		this.estimate = saturate(polePart + this.#zeroPart);
	}

	#scale(): void {
		const mantissa = MANTISSA[(this.#log >> 6) & 31]!;
		const shift = this.#shift - (this.#log >> 11);
		this.step = (shift < 0 ? mantissa << -shift : mantissa >> shift) << 2;
	}

	#adaptPoles(partial: number): void {
		const sameAsLast = partial < 0 === this.#partial1 < 0;
		const sameAsBefore = partial < 0 === this.#partial2 < 0;
		const scaled = saturate(4 * this.#pole1);
		const turned = sameAsLast ? Math.min(-scaled, 32_767) : scaled;
		const second = (turned >> 7) + (sameAsBefore ? 128 : -128) + ((this.#pole2 * 32_512) >> 15);
		this.#pole2 = second > 12_288 ? 12_288 : Math.max(second, -12_288);
		const first = saturate((sameAsLast ? 192 : -192) + ((this.#pole1 * 32_640) >> 15));
		// Without this bound the filter could ring (§3.6.3).
		const bound = saturate(15_360 - this.#pole2);
		this.#pole1 = first > bound ? bound : Math.max(first, -bound);
	}

	#adaptZeros(difference: number): void {
		const zeros = this.#zeros;
		const differences = this.#differences;
		const grow = difference === 0 ? 0 : 128;
		let before = difference;
		let sum = 0;
		for (let i = 0; i < 6; i++) {
			const own = differences[i]!;
			const towards = own < 0 === difference < 0 ? grow : -grow;
			const zero = saturate(towards + ((zeros[i]! * 32_640) >> 15));
			zeros[i] = zero;
			differences[i] = before;
			sum += (zero * saturate(2 * before)) >> 15;
			before = own;
		}
		this.#zeroPart = saturate(sum);
	}
}

const lowerBand = (): Band => new Band(32, LOWER_LOG_MAX, 8);
const upperBand = (): Band => new Band(8, UPPER_LOG_MAX, 10);

/** The decoder of one stream. */
export class G722Decoder {
	readonly #lower = lowerBand();
	readonly #upper = upperBand();
	/** The filter's past, kept twice as long as needed so that it moves once in a while only. */
	readonly #past = new Int32Array(QMF_TAPS);

	/** Two samples of each octet `start` up to `end` go to `target` from `at`. */
	decode(octets: Uint8Array, start: number, end: number, target: Int16Array, at: number): void {
		const past = this.#past;
		for (let i = start; i < end; i++) {
			const octet = octets[i]!;
			const lowerCode = octet & 0x3f;
			const low = limit15(this.#lower.estimate + ((this.#lower.step * INVERSE_6[lowerCode]!) >> 15));
			const core = lowerCode >> 2;
			this.#lower.adapt((this.#lower.step * INVERSE_4[core]!) >> 15, LOWER_GROWTH[core]!);
			const upperCode = octet >> 6;
			const upperDifference = (this.#upper.step * INVERSE_2[upperCode]!) >> 15;
			const high = limit15(this.#upper.estimate + upperDifference);
			this.#upper.adapt(upperDifference, UPPER_GROWTH[upperCode]!);
			past.copyWithin(0, 2);
			past[22] = low + high;
			past[23] = low - high;
			let even = 0;
			let odd = 0;
			for (let tap = 0; tap < 12; tap++) {
				odd += past[2 * tap]! * QMF[tap]!;
				even += past[2 * tap + 1]! * QMF[11 - tap]!;
			}
			target[at++] = saturate(even >> 11);
			target[at++] = saturate(odd >> 11);
		}
	}
}

/** The encoder of one stream. */
export class G722Encoder {
	readonly #lower = lowerBand();
	readonly #upper = upperBand();
	readonly #past = new Int32Array(QMF_TAPS);

	/** One octet of each two samples `start` up to `end` (an even count) goes to `target` from `at`. */
	encode(pcm: Int16Array, start: number, end: number, target: Uint8Array, at: number): void {
		const past = this.#past;
		for (let i = start; i < end; i += 2) {
			past.copyWithin(0, 2);
			past[22] = pcm[i]!;
			past[23] = pcm[i + 1]!;
			let even = 0;
			let odd = 0;
			for (let tap = 0; tap < 12; tap++) {
				odd += past[2 * tap]! * QMF[tap]!;
				even += past[2 * tap + 1]! * QMF[11 - tap]!;
			}
			target[at++] = (this.#encodeUpper((even - odd) >> 14) << 6) | this.#encodeLower((even + odd) >> 14);
		}
	}

	#encodeLower(low: number): number {
		const { step } = this.#lower;
		const error = saturate(low - this.#lower.estimate);
		const magnitude = error >= 0 ? error : -(error + 1);
		let interval = 1;
		while (interval < 30 && magnitude >= (LOWER_LEVELS[interval]! * step) >> 12) interval++;
		const code = error < 0 ? LOWER_CODES_NEGATIVE[interval]! : LOWER_CODES_POSITIVE[interval]!;
		const core = code >> 2;
		this.#lower.adapt((step * INVERSE_4[core]!) >> 15, LOWER_GROWTH[core]!);
		return code;
	}

	#encodeUpper(high: number): number {
		const { step } = this.#upper;
		const error = saturate(high - this.#upper.estimate);
		const magnitude = error >= 0 ? error : -(error + 1);
		const large = magnitude >= (564 * step) >> 12;
		const code = error < 0 ? (large ? 0 : 1) : large ? 2 : 3;
		this.#upper.adapt((step * INVERSE_2[code]!) >> 15, UPPER_GROWTH[code]!);
		return code;
	}
}
