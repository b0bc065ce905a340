/**
 * How loud a message is to the ear, and the same message at the level of the prompts. Pure; the audio given is never
 * touched.
 *
 * Measured with the gates of EBU R 128 (ITU-R BS.1770-4): blocks of 400 ms, those of silence left out, then those more
 * than 10 dB below the mean of the rest. Without the K-weighting of BS.1770, which mends what a head does to music; of
 * telephone speech it changes little.
 */

import { toG711Table, toPcmTable } from "./g711.ts";
import { letGo } from "./let-go.ts";
import { FLOOR_DBFS } from "./level.ts";
import { fromLinear, isG711, toLinear } from "./linear.ts";
import type { G711Audio, LinearAudio, TelephoneAudio } from "./telephone-audio.ts";

const BLOCK_MS = 400;
const HOP_MS = 100;
/** What is softer is no speech, but line noise. */
const ABSOLUTE_GATE_DBFS = -55;
const RELATIVE_GATE_DB = 10;

export interface NormaliseOptions {
	/** Root mean square of speech; 0 dBFS is the amplitude 32,768. */
	readonly targetDbfs: number;
	readonly gainDbMin: number;
	/** More would raise the noise of a line into a roar. */
	readonly gainDbMax: number;
	/** No sample is louder. */
	readonly peakDbfs: number;
}

export const PLAYBACK_LEVEL: NormaliseOptions = { targetDbfs: -20, gainDbMin: -12, gainDbMax: 18, peakDbfs: -1 };
/** Less is not heard. */
const GAIN_DB_HEARD = 0.5;

/** Limiter: it looks so far ahead, and lets go so slowly. */
const ATTACK_MS = 5;
const RELEASE_MS = 80;

const dbfs = (meanSquare: number): number => Math.max(FLOOR_DBFS, 10 * Math.log10(meanSquare / 32_768 ** 2));

/** Gated level of speech; undefined where there is none. */
export function speechLevelDbfs({ pcm, rateHz }: LinearAudio): number | undefined {
	const hop = (rateHz * HOP_MS) / 1000;
	const energies: number[] = [];
	for (let at = 0; at < pcm.length; at += hop) {
		let sum = 0;
		const end = Math.min(at + hop, pcm.length);
		for (let i = at; i < end; i++) sum += pcm[i]! * pcm[i]!;
		energies.push(sum / hop);
	}
	const hopsPerBlock = BLOCK_MS / HOP_MS;
	const blocks: number[] = [];
	for (let i = 0; i + Math.min(hopsPerBlock, energies.length) <= energies.length; i++) {
		const part = energies.slice(i, i + hopsPerBlock);
		blocks.push(part.reduce((sum, energy) => sum + energy, 0) / part.length);
	}
	const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
	const loud = blocks.filter((energy) => dbfs(energy) > ABSOLUTE_GATE_DBFS);
	if (loud.length === 0) return undefined;
	const gate = dbfs(mean(loud)) - RELATIVE_GATE_DB;
	return dbfs(mean(loud.filter((energy) => dbfs(energy) > gate)));
}

/** By how much `normaliseLevel` would raise the audio. */
export function playbackGainDb(audio: LinearAudio, options: NormaliseOptions = PLAYBACK_LEVEL): number {
	const level = speechLevelDbfs(audio);
	if (level === undefined) return 0;
	return Math.max(options.gainDbMin, Math.min(options.gainDbMax, options.targetDbfs - level));
}

/** The audio at the target level, peaks held by a limiter; the very same object where the ear would hear no difference. */
export function normaliseLevel(audio: TelephoneAudio, options: NormaliseOptions = PLAYBACK_LEVEL): TelephoneAudio {
	const linear = toLinear(audio);
	const levelled = atLevel(audio, linear, options);
	if (isG711(audio)) letGo(linear.pcm);
	return levelled;
}

function atLevel(audio: TelephoneAudio, linear: LinearAudio, options: NormaliseOptions): TelephoneAudio {
	const gainDb = playbackGainDb(linear, options);
	if (Math.abs(gainDb) < GAIN_DB_HEARD) return audio;
	const ceiling = 32_768 * 10 ** (options.peakDbfs / 20);
	const gain = 10 ** (gainDb / 20);
	// Mostly no peak meets the ceiling: then each of the 256 octets of G.711 becomes another one, and that is all.
	if (isG711(audio) && peakOf(linear.pcm) * gain <= ceiling) return mapped(audio, gain);
	return fromLinear({ rateHz: linear.rateHz, pcm: amplified(linear, gain, ceiling) }, audio.encoding);
}

function peakOf(pcm: Int16Array): number {
	let peak = 0;
	for (let i = 0; i < pcm.length; i++) {
		const sample = pcm[i]!;
		if (sample > peak) peak = sample;
		else if (-sample > peak) peak = -sample;
	}
	return peak;
}

function mapped({ encoding, samples }: G711Audio, gain: number): G711Audio {
	const linear = toPcmTable(encoding);
	const octets = toG711Table(encoding);
	const table = Uint8Array.from(linear, (sample) => octets[Math.round(sample * gain) & 0xffff]!);
	const out = new Uint8Array(samples.length);
	for (let i = 0; i < out.length; i++) out[i] = table[samples[i]!]!;
	return { encoding, samples: out };
}

function amplified({ pcm, rateHz }: LinearAudio, gain: number, ceiling: number): Int16Array {
	const block = (rateHz * ATTACK_MS) / 1000;
	const blocks = Math.ceil(pcm.length / block);
	/** Gain that each block may have at most. */
	const allowed = new Float64Array(blocks + 2).fill(gain);
	for (let b = 0; b < blocks; b++) {
		const end = Math.min((b + 1) * block, pcm.length);
		const peak = peakOf(pcm.subarray(b * block, end));
		if (peak * gain > ceiling) allowed[b] = ceiling / peak;
	}
	// At the border of two blocks the gain fits the softer-held of both; between borders it goes in a straight line, so
	// that it is down when the peak comes.
	const release = (gain * ATTACK_MS) / RELEASE_MS;
	const out = new Int16Array(pcm.length);
	let from = allowed[0]!;
	for (let b = 0; b < blocks; b++) {
		const to = Math.min(allowed[b]!, allowed[b + 1]!, from + release);
		const first = b * block;
		const end = Math.min(first + block, pcm.length);
		for (let i = first; i < end; i++) {
			const value = pcm[i]! * (from + ((to - from) * (i - first)) / block);
			out[i] = Math.max(-ceiling, Math.min(ceiling, Math.round(value)));
		}
		from = to;
	}
	return out;
}
