/** Random numbers that a seed brings back: mulberry32, good enough for choosing what a caller does. */
export interface SeededRandom {
	/** 0 to below 1. */
	next(): number;
	/** Whole number, both ends included. */
	between(min: number, max: number): number;
	pick<T>(from: readonly T[]): T;
	chance(probability: number): boolean;
}

export function seededRandom(seed: number): SeededRandom {
	let state = seed >>> 0;
	const next = () => {
		state = (state + 0x6d2b79f5) >>> 0;
		let t = state;
		t = Math.imul(t ^ (t >>> 15), t | 1);
		t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
		return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
	};
	return {
		next,
		between: (min, max) => min + Math.floor(next() * (max - min + 1)),
		pick: (from) => from[Math.floor(next() * from.length)]!,
		chance: (probability) => next() < probability,
	};
}

/** Runs `body` for each seed; a failure names the seed that brings it back. */
export function forSeeds(count: number, body: (random: SeededRandom, seed: number) => void): void {
	for (let seed = 1; seed <= count; seed++) {
		try {
			body(seededRandom(seed), seed);
		} catch (error) {
			throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error });
		}
	}
}
