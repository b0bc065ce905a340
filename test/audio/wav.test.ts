import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
	decodeG711,
	decodeWav,
	encodeWav,
	makeTone,
	measureLevel,
	transcode,
	WavError,
	type WavForm,
} from "../../src/audio/index.ts";

interface PcmFile {
	readonly rateHz: number;
	readonly channels?: number;
	readonly bits?: number;
	readonly code?: number;
	readonly seconds?: number;
	readonly toneHz: number;
	readonly dataSize?: number;
}

/** A WAV file with a sine of -20 dBFS, written apart from the code under test. */
function pcmFile({ rateHz, channels = 1, bits = 16, code = 1, seconds = 1, toneHz, dataSize }: PcmFile): Buffer {
	const frames = Math.round(rateHz * seconds);
	const data = Buffer.alloc((frames * channels * bits) / 8);
	for (let i = 0; i < frames; i++) {
		const value = Math.round(32_768 * Math.SQRT2 * 0.1 * Math.sin((2 * Math.PI * toneHz * i) / rateHz));
		for (let c = 0; c < channels; c++) {
			if (bits === 16) data.writeInt16LE(value, 2 * (i * channels + c));
			else data[i * channels + c] = 128 + (value >> 8);
		}
	}
	const head = Buffer.alloc(44);
	head.write("RIFF");
	head.writeUInt32LE(36 + data.length, 4);
	head.write("WAVEfmt ", 8);
	head.writeUInt32LE(16, 16);
	head.writeUInt16LE(code, 20);
	head.writeUInt16LE(channels, 22);
	head.writeUInt32LE(rateHz, 24);
	head.writeUInt32LE((rateHz * channels * bits) / 8, 28);
	head.writeUInt16LE((channels * bits) / 8, 32);
	head.writeUInt16LE(bits, 34);
	head.write("data", 36);
	head.writeUInt32LE(dataSize ?? data.length, 40);
	return Buffer.concat([head, data]);
}

const tone = makeTone({ frequenciesHz: [440, 1000], durationMs: 505, levelDbfs: -20 });

describe("writing WAV", () => {
	test.each<["PCMU" | "PCMA", WavForm]>([
		["PCMU", "g711"],
		["PCMA", "g711"],
		["PCMU", "pcm16"],
		["PCMA", "pcm16"],
	])("%s as %s is read back octet for octet", (encoding, form) => {
		const audio = transcode(tone, encoding);
		const back = decodeWav(encodeWav(audio, form), { encoding });
		expect(back.encoding).toBe(encoding);
		expect(Buffer.compare(back.samples, audio.samples)).toBe(0);
	});

	test("an odd number of octets is padded, and the length says so", () => {
		const file = Buffer.from(encodeWav({ encoding: "PCMU", samples: new Uint8Array(5) }, "g711"));
		expect(file.length % 2).toBe(0);
		expect(file.readUInt32LE(4)).toBe(file.length - 8);
		expect(decodeWav(file).samples.length).toBe(5);
	});
});

describe("reading WAV", () => {
	test.each([6000, 8000, 11_025, 16_000, 22_050, 44_100, 48_000, 44_101])(
		"a tone at %i Hz keeps level and length",
		(rateHz) => {
			const audio = decodeWav(pcmFile({ rateHz, toneHz: 1000 }));
			expect(Math.abs(audio.samples.length - 8000)).toBeLessThanOrEqual(1);
			expect(Math.abs(measureLevel(audio).rmsDbfs + 20)).toBeLessThan(0.3);
		},
	);

	test.each([16_000, 22_050, 44_100, 48_000])(
		"what 8 kHz cannot carry is gone from %i Hz, not folded back",
		(rateHz) => {
			// Apart from the ends, where the tone is cut off hard: that click is audible at any rate.
			const samples = decodeWav(pcmFile({ rateHz, toneHz: 5000 })).samples.subarray(500, 7500);
			const level = measureLevel({ encoding: "PCMU", samples });
			expect(level.rmsDbfs).toBeLessThan(-75);
		},
	);

	test("a sine comes out of 44,100 Hz with a clean shape", () => {
		const pcm = decodeG711(decodeWav(pcmFile({ rateHz: 44_100, toneHz: 700 })));
		let error = 0;
		let signal = 0;
		for (let i = 200; i < 7800; i++) {
			const ideal = 32_768 * Math.SQRT2 * 0.1 * Math.sin((2 * Math.PI * 700 * i) / 8000);
			error += (pcm[i]! - ideal) ** 2;
			signal += ideal ** 2;
		}
		// µ-law itself allows 37 dB.
		expect(10 * Math.log10(signal / error)).toBeGreaterThan(34);
	});

	test("stereo becomes the mean of both channels, 8 bits are read", () => {
		for (const form of [{ channels: 2 }, { bits: 8 }]) {
			const level = measureLevel(decodeWav(pcmFile({ rateHz: 16_000, toneHz: 1000, ...form })));
			expect(Math.abs(level.rmsDbfs + 20)).toBeLessThan(0.5);
		}
	});

	test("a size left open by a program that wrote into a pipe means: to the end", () => {
		for (const dataSize of [0, 0xffff_ffff]) {
			expect(decodeWav(pcmFile({ rateHz: 8000, toneHz: 440, dataSize })).samples.length).toBe(8000);
		}
	});

	test.each([
		["no RIFF", Buffer.from("hello, this is no audio at all"), /not a WAV file/],
		["empty", Buffer.alloc(0), /not a WAV file/],
		["24 bits", pcmFile({ rateHz: 8000, toneHz: 440, bits: 16, code: 3 }), /format 3 with 16 bits/],
		["three channels", pcmFile({ rateHz: 8000, toneHz: 440, channels: 3 }), /3 channels/],
		["1 kHz", pcmFile({ rateHz: 1000, toneHz: 100 }), /1000 Hz/],
		["no data", pcmFile({ rateHz: 8000, toneHz: 440 }).subarray(0, 36), /no audio data/],
	])("%s is refused with a sentence", (_, file, message) => {
		expect(() => decodeWav(file)).toThrow(WavError);
		expect(() => decodeWav(file)).toThrow(message);
	});

	test("longer audio than allowed is refused before it is decoded", () => {
		expect(() => decodeWav(pcmFile({ rateHz: 8000, toneHz: 440, seconds: 2 }), { maxMs: 1999 })).toThrow(/longer than/);
	});

	test("arbitrary octets behind a WAV head give audio or a WavError, nothing else", () => {
		fc.assert(
			fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(43), (noise, at) => {
				const file = pcmFile({ rateHz: 8000, toneHz: 440, seconds: 0.01 });
				file.set(noise.subarray(0, file.length - at), at);
				try {
					decodeWav(file);
				} catch (error) {
					expect(error).toBeInstanceOf(WavError);
				}
			}),
		);
	});
});
