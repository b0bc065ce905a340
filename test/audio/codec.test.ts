import { describe, expect, test } from "vitest";
import {
	alawToPcm,
	alawToUlaw,
	decodeG711,
	makeBeep,
	makeTone,
	measureLevel,
	pcmToAlaw,
	pcmToUlaw,
	SILENCE_OCTET,
	shareAudio,
	transcode,
	ulawToAlaw,
	ulawToPcm,
} from "../../src/audio/index.ts";

describe("G.711", () => {
	test("µ-law has the decoder values of ITU-T G.711 table 2a, stretched to 16 bits", () => {
		expect([0x80, 0x8f, 0x90, 0xf0, 0xfe, 0xff].map((octet) => ulawToPcm[octet])).toEqual([
			32_124, 16_764, 15_996, 120, 8, 0,
		]);
		expect([0x00, 0x7e, 0x7f].map((octet) => ulawToPcm[octet])).toEqual([-32_124, -8, 0]);
	});

	test("A-law has the decoder values of ITU-T G.711 table 1a, stretched to 16 bits", () => {
		expect([0xaa, 0xd5, 0xd4, 0x2a, 0x55].map((octet) => alawToPcm[octet])).toEqual([32_256, 8, 24, -32_256, -8]);
	});

	test("every octet survives decoding and encoding, but for µ-law's second zero", () => {
		for (let octet = 0; octet < 256; octet++) {
			if (octet !== 0x7f) expect(pcmToUlaw[ulawToPcm[octet]! & 0xffff]).toBe(octet);
			expect(pcmToAlaw[alawToPcm[octet]! & 0xffff]).toBe(octet);
		}
	});

	test("no sample is off by more than half its step, full scale by what the law clips", () => {
		for (let sample = -32_768; sample <= 32_767; sample += 7) {
			const allowed = Math.max(16, Math.abs(sample) / 16) + 8;
			expect(Math.abs(ulawToPcm[pcmToUlaw[sample & 0xffff]!]! - sample)).toBeLessThanOrEqual(allowed);
			expect(Math.abs(alawToPcm[pcmToAlaw[sample & 0xffff]!]! - sample)).toBeLessThanOrEqual(allowed);
		}
	});

	test("from one law to the other and back loses less than one step", () => {
		for (let octet = 0; octet < 256; octet++) {
			const there = alawToPcm[ulawToAlaw[octet]!]!;
			const back = ulawToPcm[alawToUlaw[ulawToAlaw[octet]!]!]!;
			const sample = ulawToPcm[octet]!;
			expect(Math.abs(there - sample)).toBeLessThanOrEqual(Math.max(16, Math.abs(sample) / 16));
			expect(Math.abs(back - sample)).toBeLessThanOrEqual(Math.max(24, Math.abs(sample) / 16));
		}
	});

	test("audio that has the wanted encoding is handed back as it is", () => {
		const tone = makeBeep("PCMA");
		expect(transcode(tone, "PCMA")).toBe(tone);
		expect(measureLevel(transcode(tone, "PCMU")).rmsDbfs).toBeCloseTo(measureLevel(tone).rmsDbfs, 1);
	});

	test("shared audio has the same octets in shared memory", () => {
		const shared = shareAudio(makeBeep());
		expect(shared.samples.buffer).toBeInstanceOf(SharedArrayBuffer);
		expect(Buffer.compare(shared.samples, makeBeep().samples)).toBe(0);
		expect(shareAudio(shared)).toBe(shared);
	});
});

describe("levels and tones", () => {
	test.each([-6, -20, -40])("a tone of %i dBFS measures so, its peak 3 dB above", (levelDbfs) => {
		const level = measureLevel(makeTone({ frequenciesHz: [440], durationMs: 1000, levelDbfs, fadeMs: 0 }));
		expect(Math.abs(level.rmsDbfs - levelDbfs)).toBeLessThan(0.3);
		expect(Math.abs(level.peakDbfs - levelDbfs - 3)).toBeLessThan(0.5);
	});

	test("silence measures the floor, not minus infinity", () => {
		const samples = new Uint8Array(800).fill(SILENCE_OCTET.PCMU);
		expect(measureLevel({ encoding: "PCMU", samples })).toEqual({ rmsDbfs: -96, peakDbfs: -96 });
		expect(measureLevel({ encoding: "PCMU", samples: new Uint8Array(0) }).rmsDbfs).toBe(-96);
	});

	test("the beep lasts 300 ms and starts and ends without a click", () => {
		const pcm = decodeG711(makeBeep());
		expect(pcm.length).toBe(2400);
		expect(Math.abs(pcm[0]!)).toBeLessThan(100);
		expect(Math.abs(pcm.at(-1)!)).toBeLessThan(100);
	});
});
