/**
 * Keys heard as tones: DTMF (ITU-T Q.23) by the Goertzel algorithm, judged as Q.24 asks: each key is one low and one high
 * tone, 40 ms or longer, within 1.5 % of its frequency, the two not too far apart in level. Pure.
 *
 * Voices hold such pairs for moments too (talk-off). What they do not have: two tones that are nearly all of the
 * sound, steady over four overlapping windows, and nothing at the double of the higher one.
 */
import { energyOfDbfs } from "./level.ts";
import type { SampleRateHz } from "./telephone-audio.ts";

const LOW_HZ = [697, 770, 852, 941] as const;
const HIGH_HZ = [1209, 1336, 1477, 1633] as const;
const KEYS = ["123A", "456B", "789C", "*0#D"] as const;

/** One window: long enough to tell 697 from 770 Hz, short enough to forgive 1.5 %. Windows overlap by half. */
const WINDOW_MS = 13;
/** Windows in a row that hear the same key before it counts, 32.5 ms; and that do not before it is over. */
const WINDOWS_TO_PRESS = 4;
const WINDOWS_TO_RELEASE = 4;

/** Both tones together; Q.24 has receivers work down to about -29 dBm each. */
const LEVEL_DBFS_MIN = -38;
/** Part of the sound's energy that the two tones have. */
const DOMINANCE_MIN = 0.7;
/** A line of copper takes more of the high tone: it may be 8 dB below the low one, and 6 dB above (Q.24 table A-1). */
const TWIST_DB_LOW_ABOVE_MAX = 9;
const TWIST_DB_HIGH_ABOVE_MAX = 7;
/** By how much each tone is above the others of its group. */
const OTHER_DB_MIN = 6;
/** A voice has overtones; a key has none. Those of the low tones lie among the high ones and say nothing. */
const OVERTONE_DB_MIN = 12;

const ratio = (db: number): number => 10 ** (db / 10);

export class KeypadToneDetector {
	readonly #window: Int16Array;
	readonly #coefficients: Float64Array;
	readonly #energyMin = energyOfDbfs(LEVEL_DBFS_MIN);
	#filled = 0;
	/** The key of the windows just heard, and how many in a row. */
	#candidate: string | undefined;
	#inRow = 0;
	/** The key that is held. */
	#held: string | undefined;
	#without = 0;

	constructor(rateHz: SampleRateHz) {
		this.#window = new Int16Array((rateHz * WINDOW_MS) / 1000);
		this.#coefficients = Float64Array.from(
			[...LOW_HZ, ...HIGH_HZ, ...HIGH_HZ.map((hz) => 2 * hz)],
			(hz) => 2 * Math.cos((2 * Math.PI * hz) / rateHz),
		);
	}

	/** @returns the keys whose press was recognised within these samples, mostly none. */
	hear(pcm: Int16Array): string {
		const window = this.#window;
		let keys = "";
		for (let at = 0; at < pcm.length; ) {
			const count = Math.min(window.length - this.#filled, pcm.length - at);
			window.set(pcm.subarray(at, at + count), this.#filled);
			this.#filled += count;
			at += count;
			if (this.#filled < window.length) break;
			keys += this.#judge(this.#keyOf(window)) ?? "";
			const half = window.length >> 1;
			window.copyWithin(0, half);
			this.#filled = window.length - half;
		}
		return keys;
	}

	/** A pause in the stream: no press goes on across it. */
	pause(): void {
		this.#filled = 0;
		this.#candidate = undefined;
		this.#inRow = 0;
		this.#held = undefined;
	}

	/** @returns a key, once for each press. */
	#judge(key: string | undefined): string | undefined {
		this.#inRow = key === this.#candidate ? this.#inRow + 1 : 1;
		this.#candidate = key;
		if (this.#held !== undefined) {
			this.#without = key === this.#held ? 0 : this.#without + 1;
			if (this.#without < WINDOWS_TO_RELEASE) return undefined;
			this.#held = undefined;
		}
		if (key === undefined || this.#inRow < WINDOWS_TO_PRESS) return undefined;
		this.#held = key;
		this.#without = 0;
		return key;
	}

	#keyOf(window: Int16Array): string | undefined {
		let energy = 0;
		for (const sample of window) energy += sample * sample;
		if (energy < this.#energyMin * window.length) return undefined;
		// Most windows of speech end here: the energies of eight tones come to less than the dominance asks for.
		const powers = new Float64Array(8);
		for (let i = 0; i < 8; i++) powers[i] = this.#power(window, i);
		const low = strongest(powers, 0);
		const high = strongest(powers, 4);
		const lowPower = powers[low]!;
		const highPower = powers[high]!;
		// A sine of energy E within the window has the power E * length / 2.
		if (2 * (lowPower + highPower) < DOMINANCE_MIN * energy * window.length) return undefined;
		if (lowPower > highPower * ratio(TWIST_DB_LOW_ABOVE_MAX)) return undefined;
		if (highPower > lowPower * ratio(TWIST_DB_HIGH_ABOVE_MAX)) return undefined;
		for (let i = 0; i < 8; i++) {
			const own = i < 4 ? low : high;
			if (i !== own && powers[i]! * ratio(OTHER_DB_MIN) > powers[own]!) return undefined;
		}
		if (this.#power(window, 4 + high) * ratio(OVERTONE_DB_MIN) > highPower) return undefined;
		return KEYS[low]![high - 4];
	}

	/** Goertzel: the power of one frequency in the window. */
	#power(window: Int16Array, tone: number): number {
		const coefficient = this.#coefficients[tone]!;
		let one = 0;
		let two = 0;
		for (let i = 0; i < window.length; i++) {
			const next = window[i]! + coefficient * one - two;
			two = one;
			one = next;
		}
		return one * one + two * two - coefficient * one * two;
	}
}

function strongest(powers: Float64Array, from: number): number {
	let best = from;
	for (let i = from + 1; i < from + 4; i++) if (powers[i]! > powers[best]!) best = i;
	return best;
}
