/** Silence behind the last word. Pure. */

import { toPcmTable } from "./g711.ts";
import { energyOfDbfs } from "./level.ts";
import { isG711, toLinear } from "./linear.ts";
import { AUDIO_FORMS, durationMsOf, type TelephoneAudio } from "./telephone-audio.ts";

export interface TrimOptions {
	/** What is softer in every block up to the end is silence. Line noise is near -60, the softest speech near -50. */
	readonly silentDbfs: number;
	/** So much silence is left behind the last sound, for the end of a soft word. */
	readonly keepMs: number;
	/** Shorter silence is left alone. */
	readonly trimMsMin: number;
}

export const END_TRIM: TrimOptions = { silentDbfs: -52, keepMs: 500, trimMsMin: 500 };

const BLOCK_MS = 20;

/**
 * The audio without the silence at its end, a view of it; silence inside stays. The very same object where nothing is cut; audio
 * without any sound is left whole, since there is no end to find.
 */
export function trimEnd(audio: TelephoneAudio, options: TrimOptions = END_TRIM): TelephoneAudio {
	const soundMs = lastSoundMs(audio, energyOfDbfs(options.silentDbfs));
	if (soundMs === undefined) return audio;
	const endMs = soundMs + options.keepMs;
	if (durationMsOf(audio) - endMs < options.trimMsMin) return audio;
	return {
		encoding: audio.encoding,
		samples: audio.samples.subarray(0, endMs * AUDIO_FORMS[audio.encoding].octetsPerMs),
	};
}

/** Where the last block with sound ends; undefined where there is none. */
function lastSoundMs(audio: TelephoneAudio, threshold: number): number | undefined {
	const { rateHz } = AUDIO_FORMS[audio.encoding];
	const block = (rateHz * BLOCK_MS) / 1000;
	const table = isG711(audio) ? toPcmTable(audio.encoding) : undefined;
	const pcm = table === undefined ? toLinear(audio).pcm : undefined;
	const count = pcm?.length ?? audio.samples.length;
	for (let end = count - (count % block); end >= block; end -= block) {
		let sum = 0;
		for (let i = end - block; i < end; i++) {
			const sample = pcm === undefined ? table![audio.samples[i]!]! : pcm[i]!;
			sum += sample * sample;
		}
		if (sum / block > threshold) return (end * 1000) / rateHz;
	}
	return undefined;
}
