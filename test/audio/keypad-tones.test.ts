import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
	decodeG711,
	decodeWav,
	encodeG711,
	KeypadToneDetector,
	type SampleRateHz,
	upsample,
} from "../../src/audio/index.ts";
import { projectRoot } from "../support/platform.ts";
import { seededRandom } from "../support/seeded-random.ts";

const LOW = [697, 770, 852, 941];
const HIGH = [1209, 1336, 1477, 1633];
const KEYS = ["123A", "456B", "789C", "*0#D"];
const ALL_KEYS = "0123456789*#ABCD";

interface Press {
	readonly rateHz?: SampleRateHz;
	readonly toneMs?: number;
	readonly pauseMs?: number;
	/** Of the low tone, amplitude; the high one is this much stronger. */
	readonly highDb?: number;
	readonly noiseAmplitude?: number;
	/** Both frequencies are off by this. */
	readonly offPercent?: number;
	readonly seed?: number;
}

function pressed(keys: string, press: Press = {}): Int16Array {
	const { rateHz = 8000, toneMs = 80, pauseMs = 80, highDb = 0, noiseAmplitude = 0, offPercent = 0, seed = 1 } = press;
	const random = seededRandom(seed);
	const perKey = ((toneMs + pauseMs) * rateHz) / 1000;
	const lead = Math.round(random.next() * 200);
	const pcm = new Int16Array(lead + keys.length * perKey + (200 * rateHz) / 1000);
	for (let i = 0; i < pcm.length; i++) {
		const at = (i - lead) / perKey;
		const within = ((at - Math.floor(at)) * perKey * 1000) / rateHz;
		const row = KEYS.findIndex((keysOfRow) => at >= 0 && keysOfRow.includes(keys[Math.floor(at)] ?? "none"));
		let value = noiseAmplitude * (2 * random.next() - 1);
		if (row >= 0 && within < toneMs) {
			const off = 1 + offPercent / 100;
			const column = KEYS[row]!.indexOf(keys[Math.floor(at)]!);
			value += 3000 * Math.sin((2 * Math.PI * LOW[row]! * off * i) / rateHz);
			value += 3000 * 10 ** (highDb / 20) * Math.sin((2 * Math.PI * HIGH[column]! * off * i) / rateHz);
		}
		pcm[i] = Math.round(value);
	}
	return pcm;
}

/** In packets, as a call brings them. */
function heard(pcm: Int16Array, rateHz: SampleRateHz = 8000): string {
	const detector = new KeypadToneDetector(rateHz);
	const step = rateHz / 50;
	let keys = "";
	for (let at = 0; at < pcm.length; at += step) keys += detector.hear(pcm.subarray(at, at + step));
	return keys;
}

describe("keys by their tones (ITU-T Q.23, Q.24)", () => {
	test.each<[string, Press]>([
		["at 8,000 Hz", {}],
		["at 16,000 Hz", { rateHz: 16_000 }],
		["of 45 ms with pauses of 45 ms", { toneMs: 45, pauseMs: 45 }],
		["of half a second, once each", { toneMs: 500 }],
		["whose high tone is 7 dB softer", { highDb: -7 }],
		["whose high tone is 5 dB louder", { highDb: 5 }],
		["1.5 % too high", { offPercent: 1.5 }],
		["1.5 % too low", { offPercent: -1.5 }],
		["in noise of 15 dB below", { noiseAmplitude: 920 }],
	])("all sixteen are heard: %s", (_, press) => {
		for (const seed of [1, 2, 3]) {
			const pcm = pressed(ALL_KEYS, { ...press, seed });
			expect(heard(pcm, press.rateHz)).toBe(ALL_KEYS);
		}
	});

	test("they are heard through both laws of G.711", () => {
		const pcm = pressed(ALL_KEYS);
		for (const law of ["PCMU", "PCMA"] as const) expect(heard(decodeG711(encodeG711(pcm, law)))).toBe(ALL_KEYS);
	});

	test("the same key twice is two presses", () => {
		expect(heard(pressed("1122"))).toBe("1122");
	});

	test.each<[string, Press]>([
		["shorter than 20 ms", { toneMs: 18 }],
		["4 % off", { offPercent: 4 }],
		["with one tone 15 dB below the other", { highDb: -15 }],
		["deep in noise", { noiseAmplitude: 9000 }],
	])("tones %s are no keys", (_, press) => {
		expect(heard(pressed(ALL_KEYS, press))).toBe("");
	});

	test("talk-off: in all that our prompts say, at 8,000 and at 16,000 Hz, there is no key", () => {
		const folder = join(projectRoot, "prompts/audio/en");
		let seconds = 0;
		for (const name of readdirSync(folder).filter((file) => file.endsWith(".wav"))) {
			const pcm = decodeG711(decodeWav(readFileSync(join(folder, name))));
			seconds += pcm.length / 8000;
			expect([name, heard(pcm), heard(upsample(pcm), 16_000)]).toEqual([name, "", ""]);
		}
		expect(seconds).toBeGreaterThan(100);
	});
});
