/** How loud audio is. 0 dBFS is the amplitude 32,768; a full-scale sine is -3 dBFS (RMS). */

import { alawToPcm, ulawToPcm } from "./g711.ts";
import { toLinear } from "./linear.ts";
import type { G711Encoding, TelephoneAudio } from "./telephone-audio.ts";

/** What digital silence measures: below one step of 16 bits. */
export const FLOOR_DBFS = -96;

export interface AudioLevel {
	/** Root mean square, never below -96. */
	readonly rmsDbfs: number;
	/** Largest amplitude, never below -96. */
	readonly peakDbfs: number;
}

const toDbfs = (amplitude: number): number =>
	amplitude <= 0 ? FLOOR_DBFS : Math.max(FLOOR_DBFS, 20 * Math.log10(amplitude / 32_768));

/** Level of 16-bit samples; of none at all it is the floor. */
export function measurePcm(pcm: Int16Array): AudioLevel {
	let sum = 0;
	let peak = 0;
	for (const sample of pcm) {
		sum += sample * sample;
		peak = Math.max(peak, Math.abs(sample));
	}
	return { rmsDbfs: toDbfs(pcm.length === 0 ? 0 : Math.sqrt(sum / pcm.length)), peakDbfs: toDbfs(peak) };
}

/** Level of audio. */
export const measureLevel = (audio: TelephoneAudio): AudioLevel => measurePcm(toLinear(audio).pcm);

const energyOf = (pcm: Int16Array): Float64Array => Float64Array.from(pcm, (sample) => sample * sample);
const ENERGY: Readonly<Record<G711Encoding, Float64Array>> = {
	PCMU: energyOf(ulawToPcm),
	PCMA: energyOf(alawToPcm),
};

/** Squared amplitude of each octet. */
export const energyTable = (encoding: G711Encoding): Float64Array => ENERGY[encoding];

/**
 * Mean squared amplitude, from every third octet: the level of each packet is wanted thousands of times a second, and
 * speech has no energy that a third of the samples (2.7 kHz) would hide. Three is coprime to the periods of the
 * common test tones, which every fourth octet would meet at the same phase.
 */
export function packetEnergy(energy: Float64Array, octets: Uint8Array, start: number, end: number): number {
	let sum = 0;
	let count = 0;
	for (let i = start; i < end; i += 3) {
		sum += energy[octets[i]!]!;
		count++;
	}
	return count === 0 ? 0 : sum / count;
}

/** As `packetEnergy`, of linear samples. */
export function linearEnergy(pcm: Int16Array): number {
	let sum = 0;
	let count = 0;
	for (let i = 0; i < pcm.length; i += 3) {
		sum += pcm[i]! * pcm[i]!;
		count++;
	}
	return count === 0 ? 0 : sum / count;
}

/** Mean squared amplitude of a level. */
export const energyOfDbfs = (dbfs: number): number => (32_768 * 10 ** (dbfs / 20)) ** 2;
