/**
 * Comfort noise (RFC 3389): a peer that pauses says how loud its background was. The pause is filled with noise of that
 * level, softer than anything that counts as speech. Its colour is left out: so soft, nobody hears it.
 */
import { AUDIO_FORMS, fromLinear } from "../../audio/index.ts";
import { MEDIA_LIMITS } from "../limits.ts";
import type { LogRecording } from "../recording-log/index.ts";

const STEP_MS = 20;

export class ComfortNoise {
	/** Undefined until the peer names a level: its pauses are silent. */
	levelDbfs: number | undefined;
	#state = 1;

	/** Adds `octets` of pause to the recording. */
	fill(recording: LogRecording, octets: number): void {
		const { comfortNoiseDbfsMax, comfortNoiseDbfsMin, comfortNoiseMsMax } = MEDIA_LIMITS;
		const level = Math.min(this.levelDbfs ?? Number.NEGATIVE_INFINITY, comfortNoiseDbfsMax);
		const { octetsPerMs, octetsPerSample, rateHz } = AUDIO_FORMS[recording.encoding];
		let left = level < comfortNoiseDbfsMin ? 0 : Math.min(octets, comfortNoiseMsMax * octetsPerMs);
		const silent = octets - left;
		// Evenly spread between plus and minus this, noise has the level as its root mean square.
		const amplitude = 32_768 * 10 ** (level / 20) * Math.sqrt(3);
		while (left > 0) {
			const count = Math.min(left, STEP_MS * octetsPerMs);
			const pcm = Int16Array.from({ length: count / octetsPerSample }, () => Math.round(amplitude * this.#next()));
			recording.append(fromLinear({ rateHz, pcm }, recording.encoding).samples, 0, count);
			left -= count;
		}
		recording.skip(silent);
	}

	/** -1 to 1: a linear congruential generator (Numerical Recipes), since noise needs no more and a test the same twice. */
	#next(): number {
		this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) | 0;
		return this.#state / 0x8000_0000;
	}
}
