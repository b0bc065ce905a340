/** What a caller can make of the audio that it hears: a beep, prompts it knows, the likeness of two recordings. Pure. */

const RATE_HZ = 8000;
const FRAME = 160;
const FRAME_MS = 20;
/** A beep lasts at least this long; a vowel keeps one pitch for less. */
const BEEP_MS_MIN = 100;
/** RMS of 16-bit samples, about -43 dBFS. */
const BEEP_RMS_MIN = 220;
/** Share of a frame's power in one frequency. */
const BEEP_PURITY_MIN = 0.85;
const BEEP_HZ = { from: 300, to: 2200, step: 12 } as const;

export interface Beep {
	readonly startMs: number;
	readonly endMs: number;
	readonly hz: number;
}

/** The last beep in 16-bit samples of 8,000 Hz: one steady frequency and hardly anything beside it. */
export function findBeep(pcm: Int16Array): Beep | undefined {
	let found: Beep | undefined;
	let run: { startMs: number; hz: number } | undefined;
	for (let at = 0; at + FRAME <= pcm.length; at += FRAME) {
		const atMs = (at / FRAME) * FRAME_MS;
		const hz = pureTone(pcm.subarray(at, at + FRAME));
		const steady = hz !== undefined && run !== undefined && Math.abs(hz - run.hz) <= 2 * BEEP_HZ.step;
		if (!steady) run = hz === undefined ? undefined : { startMs: atMs, hz };
		const endMs = atMs + FRAME_MS;
		if (run !== undefined && endMs - run.startMs >= BEEP_MS_MIN) found = { ...run, endMs };
	}
	return found;
}

/** Frequency of a frame that is a pure tone. */
function pureTone(frame: Int16Array): number | undefined {
	let energy = 0;
	for (const sample of frame) energy += sample * sample;
	if (Math.sqrt(energy / frame.length) < BEEP_RMS_MIN) return undefined;
	let best = 0;
	let bestHz = 0;
	for (let hz = BEEP_HZ.from; hz <= BEEP_HZ.to; hz += BEEP_HZ.step) {
		const power = goertzel(frame, hz);
		if (power > best) {
			best = power;
			bestHz = hz;
		}
	}
	// Of a sine with energy E over N samples the bin's power is E * N / 2.
	return best / (energy * (frame.length / 2)) >= BEEP_PURITY_MIN ? bestHz : undefined;
}

function goertzel(frame: Int16Array, hz: number): number {
	const factor = 2 * Math.cos((2 * Math.PI * hz) / RATE_HZ);
	let last = 0;
	let beforeLast = 0;
	for (const sample of frame) {
		const next = sample + factor * last - beforeLast;
		beforeLast = last;
		last = next;
	}
	return last * last + beforeLast * beforeLast - factor * last * beforeLast;
}

export interface KnownPrompt {
	readonly id: string;
	readonly text: string;
	/** G.711 octets in the encoding that is heard. */
	readonly samples: Uint8Array;
}

export interface RecognisedPrompt {
	readonly id: string;
	readonly text: string;
	/** Negative where its beginning was before what was heard. */
	readonly atMs: number;
}

/** Octets of a prompt by which it is known again: 60 ms. */
const PRINT_OCTETS = 480;
/** One print in each half second, so that a prompt that was cut is known too. */
const PRINT_EVERY_OCTETS = 4000;

interface Print {
	readonly prompt: KnownPrompt;
	readonly offset: number;
	readonly octets: Buffer;
}

/**
 * Which known prompts are in what was heard, in order. A prompt that crossed the network as G.711 without loss is the
 * same octets again, so prints of its liveliest parts are looked for as they stand.
 */
export function createPromptRecogniser(prompts: readonly KnownPrompt[]): (heard: Uint8Array) => RecognisedPrompt[] {
	const prints = prompts.flatMap(printsOf);
	return (heard) => {
		const buffer = Buffer.from(heard.buffer, heard.byteOffset, heard.byteLength);
		const found: RecognisedPrompt[] = [];
		for (const { prompt, offset, octets } of prints) {
			for (let at = buffer.indexOf(octets); at !== -1; at = buffer.indexOf(octets, at + octets.length)) {
				found.push({ id: prompt.id, text: prompt.text, atMs: (at - offset) / (RATE_HZ / 1000) });
			}
		}
		found.sort((a, b) => a.atMs - b.atMs);
		// Prints of one prompt, and prompts of the same recording ("one" as a digit and as a count), lead to one place.
		return found.filter((prompt, i) => i === 0 || prompt.atMs - found[i - 1]!.atMs > FRAME_MS);
	};
}

function printsOf(prompt: KnownPrompt): Print[] {
	const { samples } = prompt;
	const prints: Print[] = [];
	for (let from = 0; from === 0 || from + PRINT_EVERY_OCTETS <= samples.length; from += PRINT_EVERY_OCTETS) {
		const offset = liveliestPart(samples, from, Math.min(samples.length, from + PRINT_EVERY_OCTETS));
		if (offset === undefined) continue;
		prints.push({ prompt, offset, octets: Buffer.from(samples.subarray(offset, offset + PRINT_OCTETS)) });
	}
	return prints;
}

/** Where a print is taken; undefined for what is too short or silent. */
function liveliestPart(samples: Uint8Array, from: number, to: number): number | undefined {
	let best: number | undefined;
	let bestChanges = PRINT_OCTETS / 2;
	for (let at = from; at + PRINT_OCTETS <= to; at += FRAME) {
		let changes = 0;
		for (let i = at + 1; i < at + PRINT_OCTETS; i++) if (samples[i] !== samples[i - 1]) changes++;
		if (changes > bestChanges) {
			best = at;
			bestChanges = changes;
		}
	}
	return best;
}

export interface Likeness {
	/** Normalised cross-correlation at the best alignment, -1 to 1. */
	readonly correlation: number;
	/** Where the wanted audio starts in the heard one. */
	readonly offsetMs: number;
}

/** Samples of the part by which the two are aligned: half a second. */
const ALIGN_SAMPLES = 4000;

/**
 * How like a part of what was heard is to what was spoken: aligned by the loudest half second, then compared as a whole.
 *
 * @returns undefined where either is shorter than half a second, or what was spoken is not wholly in what was heard.
 */
export function likeness(spoken: Int16Array, heard: Int16Array): Likeness | undefined {
	if (spoken.length < ALIGN_SAMPLES || heard.length < spoken.length) return undefined;
	const anchor = loudestWindow(spoken);
	const place = bestPlace(spoken.subarray(anchor, anchor + ALIGN_SAMPLES), heard);
	const start = place - anchor;
	if (start < 0 || start + spoken.length > heard.length) return undefined;
	const correlation = correlate(spoken, heard.subarray(start, start + spoken.length));
	return { correlation, offsetMs: start / (RATE_HZ / 1000) };
}

function loudestWindow(pcm: Int16Array): number {
	let best = 0;
	let bestEnergy = -1;
	for (let at = 0; at + ALIGN_SAMPLES <= pcm.length; at += 400) {
		let energy = 0;
		for (let i = at; i < at + ALIGN_SAMPLES; i++) energy += pcm[i]! * pcm[i]!;
		if (energy > bestEnergy) {
			best = at;
			bestEnergy = energy;
		}
	}
	return best;
}

/** Coarse to fine: every sixteenth sample of the window decides among all places, then all samples among the best ones. */
function bestPlace(window: Int16Array, heard: Int16Array): number {
	const places = Array.from({ length: heard.length - window.length + 1 }, (_, at) => ({
		at,
		match: correlate(window, heard.subarray(at, at + window.length), 16),
	}));
	const promising = places.sort((a, b) => b.match - a.match).slice(0, 50);
	let best = { at: 0, match: -2 };
	for (const { at } of promising) {
		const match = correlate(window, heard.subarray(at, at + window.length));
		if (match > best.match) best = { at, match };
	}
	return best.at;
}

function correlate(a: Int16Array, b: Int16Array, step = 1): number {
	let ab = 0;
	let aa = 0;
	let bb = 0;
	for (let i = 0; i < a.length; i += step) {
		const x = a[i]!;
		const y = b[i]!;
		ab += x * y;
		aa += x * x;
		bb += y * y;
	}
	return aa === 0 || bb === 0 ? 0 : ab / Math.sqrt(aa * bb);
}
