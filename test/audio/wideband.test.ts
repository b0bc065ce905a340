import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
	conceal,
	concealReach,
	decodeWav,
	downsample,
	durationMsOf,
	encodeG711,
	encodeWav,
	fromLinear,
	G722Decoder,
	G722Encoder,
	l16ToPcm,
	makeTone,
	measureLevel,
	measurePcm,
	normaliseLevel,
	speechLevelDbfs,
	type TelephoneAudio,
	toLinear,
	trimEnd,
	upsample,
} from "../../src/audio/index.ts";
import { hearOver, segmentalSnrDb } from "../support/lossy-call.ts";
import { sine, snrDb, wideSignal } from "./signals.ts";

const vector = (name: string): Uint8Array => readFileSync(join(import.meta.dirname, "vectors", name));

describe("G.722 (ITU-T G.722, mode 1)", () => {
	test("every octet is that of another implementation", () => {
		const pcm = wideSignal(0.5);
		const octets = new Uint8Array(pcm.length / 2);
		new G722Encoder().encode(pcm, 0, pcm.length, octets, 0);
		expect(Buffer.compare(octets, vector("wide-signal.g722"))).toBe(0);
	});

	test("every sample is that of another implementation", () => {
		const octets = vector("wide-signal.g722");
		const pcm = new Int16Array(2 * octets.length);
		new G722Decoder().decode(octets, 0, octets.length, pcm, 0);
		expect(Buffer.compare(Buffer.from(pcm.buffer), vector("wide-signal.s16"))).toBe(0);
	});

	test("packets of any length make the same stream", () => {
		const octets = vector("wide-signal.g722");
		const pcm = new Int16Array(2 * octets.length);
		const decoder = new G722Decoder();
		for (let at = 0; at < octets.length; ) {
			const end = Math.min(octets.length, at + 80 + (at % 7));
			decoder.decode(octets, at, end, pcm, 2 * at);
			at = end;
		}
		expect(Buffer.compare(Buffer.from(pcm.buffer), vector("wide-signal.s16"))).toBe(0);
	});
});

describe("between 8,000 and 16,000 Hz", () => {
	test.each([300, 1000, 3000, 3400])("a tone of %i Hz comes back as it was", (hz) => {
		const tone = sine(hz, 8000, 0.5);
		const back = downsample(upsample(tone));
		expect(snrDb(tone.subarray(200, 3800), back.subarray(200, 3800))).toBeGreaterThan(45);
	});

	test("a tone that 8,000 Hz cannot hold is gone, not folded back", () => {
		expect(measurePcm(downsample(sine(6000, 16_000, 0.5)).subarray(100, 3900)).rmsDbfs).toBeLessThan(-60);
	});

	test("a tone keeps its level, and has no mirror above 4 kHz", () => {
		const up = upsample(sine(1000, 8000, 0.5));
		expect(snrDb(sine(1000, 16_000, 0.5).subarray(400, 7600), up.subarray(400, 7600))).toBeGreaterThan(50);
	});
});

describe("wideband audio at rest", () => {
	const wide: TelephoneAudio = fromLinear({ rateHz: 16_000, pcm: wideSignal(1) }, "L16");

	test("is a second long, and a WAV file of 16,000 Hz that is read back octet for octet", () => {
		expect(durationMsOf(wide)).toBe(1000);
		const file = Buffer.from(encodeWav(wide));
		expect([file.readUInt16LE(20), file.readUInt32LE(24), file.readUInt16LE(34)]).toEqual([1, 16_000, 16]);
		expect(Buffer.compare(decodeWav(file, { encoding: "L16" }).samples, wide.samples)).toBe(0);
	});

	test("becomes narrowband where a file must be small, and keeps its length", () => {
		const file = Buffer.from(encodeWav(wide, "g711"));
		expect([file.readUInt16LE(20), file.readUInt32LE(24)]).toEqual([7, 8000]);
		expect(decodeWav(file).samples.length).toBe(8000);
	});

	test("octets that are not aligned are read all the same", () => {
		const shifted = new Uint8Array(wide.samples.length + 1);
		shifted.set(wide.samples, 1);
		expect(l16ToPcm(shifted.subarray(1))).toEqual(l16ToPcm(wide.samples));
	});
});

describe("what stands in for lost audio", () => {
	test.each([8000, 16_000] as const)("a steady voice at %i Hz goes on nearly as it was", (rateHz) => {
		const voice = Int16Array.from(
			sine(140, rateHz, 0.3),
			(sample, i) => sample + Math.round(3000 * Math.sin((2 * Math.PI * 420 * i) / rateHz)),
		);
		const from = rateHz * 0.15;
		const count = rateHz * 0.02;
		const reach = concealReach(rateHz);
		const made = conceal(voice.subarray(from - reach, from), voice.subarray(from + count), count, rateHz);
		expect(snrDb(voice.subarray(from, from + count), made)).toBeGreaterThan(10);
	});

	test("nothing is made of nothing, and what has no future fades away", () => {
		expect(conceal(new Int16Array(0), new Int16Array(0), 160, 8000).every((sample) => sample === 0)).toBe(true);
		const made = conceal(sine(200, 8000, 0.1), new Int16Array(0), 800, 8000);
		expect(measurePcm(made.subarray(0, 80)).rmsDbfs).toBeGreaterThan(-20);
		expect(measurePcm(made.subarray(600)).rmsDbfs).toBe(-96);
	});

	test("speech with 5 % loss and 60 ms of jitter: lost segments at least 2 dB nearer than silence", () => {
		const prompts = join(import.meta.dirname, "../../prompts/audio/en");
		const parts = ["greeting-leave-message", "greeting-reached", "deposit-menu"].map(
			(id) => toLinear(decodeWav(readFileSync(join(prompts, `${id}.wav`)))).pcm,
		);
		const speech = Int16Array.from(parts.flatMap((part) => [...part]));
		for (const seed of [1, 2, 3]) {
			const { sent, ours, plain, isLost } = hearOver(speech, { seed, lossPercent: 5, jitterMs: 60, plainWaitMs: 40 });
			expect(segmentalSnrDb(sent, ours, isLost) - segmentalSnrDb(sent, plain, isLost)).toBeGreaterThan(2);
			expect(segmentalSnrDb(sent, ours) - segmentalSnrDb(sent, plain)).toBeGreaterThan(2);
			// Jitter alone costs nothing: what came is there, sample for sample.
			expect(ours.every((sample, i) => isLost[i] === 1 || sample === sent[i])).toBe(true);
		}
	});
});

describe("levels made even for playback", () => {
	const tone = (levelDbfs: number, durationMs = 3000) => makeTone({ frequenciesHz: [700], durationMs, levelDbfs });

	test.each([-35, -28, -12])("speech at %i dBFS is played at -20 dBFS; the original is not touched", (levelDbfs) => {
		const audio = tone(levelDbfs);
		const before = audio.samples.slice();
		expect(Math.abs(measureLevel(normaliseLevel(audio)).rmsDbfs + 20)).toBeLessThan(0.5);
		expect(audio.samples).toEqual(before);
	});

	test("pauses do not count: half a minute of them leaves the level of speech as it is", () => {
		const speech = tone(-30);
		const samples = new Uint8Array(speech.samples.length + 240_000).fill(0xff);
		samples.set(speech.samples);
		const even = toLinear(normaliseLevel({ encoding: "PCMU", samples }));
		expect(Math.abs(speechLevelDbfs(even)! + 20)).toBeLessThan(0.7);
	});

	test("the gain is bounded, noise of a line stays noise, and what is right already is the very same object", () => {
		expect(measureLevel(normaliseLevel(tone(-50))).rmsDbfs).toBeLessThan(-31);
		const noise = tone(-62);
		expect(normaliseLevel(noise)).toBe(noise);
		const right = tone(-20);
		expect(normaliseLevel(right)).toBe(right);
	});

	test("peaks are held by the limiter, not cut off", () => {
		const soft = toLinear(tone(-34, 4000)).pcm.slice();
		// Claps of full scale in soft speech.
		for (let at = 8000; at < 30_000; at += 8000) for (let i = 0; i < 8; i++) soft[at + i] = i % 2 ? 30_000 : -30_000;
		const even = toLinear(normaliseLevel(encodeG711(soft, "PCMU")));
		expect(measurePcm(even.pcm).peakDbfs).toBeLessThan(-0.5);
		expect(Math.abs(measurePcm(even.pcm.subarray(2000, 7000)).rmsDbfs + 20)).toBeLessThan(6);
	});
});

describe("silence at the end", () => {
	const parts = (...lengthsMs: readonly number[]): TelephoneAudio => {
		const samples = lengthsMs.map((ms, i) =>
			i % 2 === 0
				? makeTone({ frequenciesHz: [500], durationMs: ms, levelDbfs: -25 }).samples
				: new Uint8Array(ms * 8).fill(0xff),
		);
		return { encoding: "PCMU", samples: new Uint8Array(Buffer.concat(samples)) };
	};

	test("is cut, but for half a second; silence inside stays", () => {
		expect(durationMsOf(trimEnd(parts(3000, 4000, 2000, 8000)))).toBeCloseTo(9500, -2);
	});

	test("of under a second is left, and so is a recording without any sound", () => {
		for (const audio of [parts(3000, 900), parts(3000), parts(0, 5000)]) expect(trimEnd(audio)).toBe(audio);
	});

	test("is cut off wideband audio too", () => {
		const pcm = new Int16Array(16_000 * 6);
		pcm.set(sine(500, 16_000, 2));
		expect(durationMsOf(trimEnd(fromLinear({ rateHz: 16_000, pcm }, "L16")))).toBeCloseTo(2500, -2);
	});
});
