/** The recordings as a machine hears them: level, peaks, edges, lengths. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { decodeG711, decodeWav, type TelephoneAudio } from "../../src/audio/index.ts";
import { loadPrompts, type PromptId, standardGreeting } from "../../src/speech/index.ts";

const FOLDER = "prompts";
const AUDIO = join(FOLDER, "audio", "en");
const FULL_SCALE = 32_768;
const SAMPLES_PER_MS = 8;

const catalogue = JSON.parse(readFileSync(join(FOLDER, "catalogue.json"), "utf8")) as Record<string, string>;
const ids = Object.keys(catalogue) as PromptId[];
const recordings = new Map(ids.map((id) => [id, decodeG711(decodeWav(readFileSync(join(AUDIO, `${id}.wav`))))]));

const dbfs = (value: number): number => 20 * Math.log10(value / FULL_SCALE);

/** Level over the 20 ms frames within 30 dB of the loudest one. */
function speechLevelDbfs(samples: Int16Array): number {
	const frames: number[] = [];
	for (let at = 0; at < samples.length; at += 160) {
		const frame = samples.subarray(at, at + 160);
		frames.push(frame.reduce((sum, x) => sum + x * x, 0) / frame.length);
	}
	const threshold = Math.max(...frames) / 1000;
	const speech = frames.filter((power) => power >= threshold);
	return dbfs(Math.sqrt(speech.reduce((sum, power) => sum + power, 0) / speech.length));
}

/** All prompts that break a rule, so that one failure names them all. */
function offenders(breaks: (samples: Int16Array, id: PromptId) => boolean): PromptId[] {
	return ids.filter((id) => breaks(recordings.get(id)!, id));
}

describe("the recordings", () => {
	test("are those of the catalogue, no more and no less", () => {
		expect(readdirSync(AUDIO).toSorted()).toEqual(ids.map((id) => `${id}.wav`).toSorted());
	});

	test("speak at -20 dBFS RMS, within 3 dB", () => {
		expect(offenders((samples) => Math.abs(speechLevelDbfs(samples) + 20) > 3)).toEqual([]);
	});

	test("peak below -1 dBFS", () => {
		expect(offenders((samples) => dbfs(samples.reduce((peak, x) => Math.max(peak, Math.abs(x)), 1)) >= -1)).toEqual([]);
	});

	test("begin and end at silence, so that no join clicks", () => {
		// the outermost millisecond stays 46 dB below full scale, 26 dB below the speech beside it
		const loud = (edge: Int16Array): boolean => edge.some((x) => Math.abs(x) > FULL_SCALE / 200);
		expect(offenders((samples) => loud(samples.subarray(0, 8)) || loud(samples.subarray(-8)))).toEqual([]);
		expect(offenders((samples) => samples.at(0) !== 0 || samples.at(-1) !== 0)).toEqual([]);
	});

	test("have no step inside that a voice cannot make", () => {
		// a cut without a fade, or a wrapped sample, jumps by more than the loudest vowel at 4 kHz
		const jump = (samples: Int16Array): number =>
			samples.reduce((most, x, i) => Math.max(most, Math.abs(x - (samples[i - 1] ?? 0))), 0);
		expect(offenders((samples) => jump(samples) > FULL_SCALE * 0.9)).toEqual([]);
	});

	test("carry no constant offset", () => {
		expect(
			offenders((samples) => Math.abs(samples.reduce((sum, x) => sum + x, 0) / samples.length) > FULL_SCALE / 1000),
		).toEqual([]);
	});

	test("last as long as their text asks for: 25 ms a letter at least, 300 ms and 130 more a letter at most", () => {
		const letters = (id: PromptId): number => catalogue[id]!.replaceAll(/[^a-z0-9]/gi, "").length;
		const spoken = offenders((samples, id) => {
			if (id === "beep") return false;
			const ms = samples.length / SAMPLES_PER_MS;
			return ms < 100 || ms < 25 * letters(id) || ms > 300 + 130 * letters(id);
		});
		expect(spoken).toEqual([]);
	});

	test("hold no silence at their start, and at their end only the gap behind a statement", () => {
		const quiet = FULL_SCALE / 1000;
		expect(offenders((samples) => samples.findIndex((x) => Math.abs(x) > quiet) > 40 * SAMPLES_PER_MS)).toEqual([]);
		expect(
			offenders((samples) => samples.length - samples.findLastIndex((x) => Math.abs(x) > quiet) > 200 * SAMPLES_PER_MS),
		).toEqual([]);
	});

	test("take no more room than a package can carry", () => {
		const bytes = [...recordings.values()].reduce((sum, samples) => sum + samples.byteLength, 0);
		expect(bytes).toBeLessThan(4.5 * 1024 * 1024);
	});
});

describe("the tone", () => {
	/** Share of the power that lies at one frequency. */
	const powerShare = (samples: Int16Array, frequencyHz: number): number => {
		let [re, im, all] = [0, 0, 0];
		for (const [i, x] of samples.entries()) {
			const phase = (2 * Math.PI * frequencyHz * i) / 8000;
			re += x * Math.cos(phase);
			im += x * Math.sin(phase);
			all += x * x;
		}
		return (2 * (re * re + im * im)) / (samples.length * all);
	};

	test("is 1000 Hz for 0.3 s and no DTMF frequency", () => {
		const beep = recordings.get("beep")!;
		expect(beep.length / SAMPLES_PER_MS).toBe(300);
		expect(powerShare(beep, 1000)).toBeGreaterThan(0.9);
		for (const dtmf of [697, 770, 852, 941, 1209, 1336, 1477, 1633]) expect(powerShare(beep, dtmf)).toBeLessThan(0.01);
	});
});

describe("the standard greeting as it is heard", () => {
	// "you have reached", eleven digits, "please leave a message", the tone
	const WHOLE_GREETING_PROMPTS = 14;

	test.each(["+18015551234", "+11234567890", "+10000000000", "+19999999999"])(
		"%s: greeting and tone are at most 7 s",
		async (number) => {
			const library = await loadPrompts(FOLDER);
			const greeting = standardGreeting(number, undefined, library, 7000);
			expect(library.durationMs(greeting)).toBeLessThanOrEqual(7000);
			expect(greeting.filter((item) => "prompt" in item).length).toBeGreaterThanOrEqual(WHOLE_GREETING_PROMPTS);
			expect(greeting.at(-2)).toEqual({ prompt: "greeting-leave-message" });
		},
	);

	test("no number of up to 15 digits, and no recorded name, makes it longer", async () => {
		const library = await loadPrompts(FOLDER);
		const name: TelephoneAudio = { encoding: "PCMU", samples: new Uint8Array(10_000 * SAMPLES_PER_MS) };
		for (const number of ["+17777777777", "+777777777777777", "+12"]) {
			expect(library.durationMs(standardGreeting(number, undefined, library, 7000))).toBeLessThanOrEqual(7000);
			expect(library.durationMs(standardGreeting(number, name, library, 7000))).toBeLessThanOrEqual(7000);
		}
	});
});
