/** Tones: the beep before a recording, and test signals. */

import { encodeG711 } from "./g711.ts";
import { AUDIO_LIMITS } from "./limits.ts";
import type { G711Audio, G711Encoding } from "./telephone-audio.ts";

export interface ToneOptions {
	/** One or several sines, each at the level; 1 Hz to 3,999 Hz. */
	readonly frequenciesHz: readonly number[];
	readonly durationMs: number;
	/** Root mean square of each sine; -3 is full scale. */
	readonly levelDbfs: number;
	/** Raised-cosine fade at both ends: without it a tone starts and ends with a click. */
	readonly fadeMs?: number;
	readonly encoding?: G711Encoding;
}

/** A tone as G.711 audio. Amplitudes beyond 16 bits are clipped. */
export function makeTone(options: ToneOptions): G711Audio {
	const rate = AUDIO_LIMITS.clockRateHz;
	const length = Math.round((options.durationMs * rate) / 1000);
	const fade = Math.min(Math.round(((options.fadeMs ?? 5) * rate) / 1000), length >> 1);
	const amplitude = 32_768 * Math.SQRT2 * 10 ** (options.levelDbfs / 20);
	const pcm = new Int16Array(length);
	for (let i = 0; i < length; i++) {
		let value = 0;
		for (const frequency of options.frequenciesHz) value += Math.sin((2 * Math.PI * frequency * i) / rate);
		const edge = Math.min(i, length - 1 - i);
		const gain = edge < fade ? (1 - Math.cos((Math.PI * (edge + 0.5)) / fade)) / 2 : 1;
		pcm[i] = Math.max(-32_768, Math.min(32_767, Math.round(value * amplitude * gain)));
	}
	return encodeG711(pcm, options.encoding ?? "PCMU");
}

/**
 * "Speak now": 1 kHz for 300 ms, a little softer than the prompts. 1 kHz is far from the DTMF frequencies, so a phone
 * that listens for keys does not take it for one.
 */
export const makeBeep = (encoding: G711Encoding = "PCMU"): G711Audio =>
	makeTone({ frequenciesHz: [1000], durationMs: 300, levelDbfs: -22, fadeMs: 10, encoding });
