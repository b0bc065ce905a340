import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Failure } from "../../src/domain/index.ts";
import { loadPrompts } from "../../src/speech/index.ts";
import { muLaw } from "../../src/speech/mu-law.ts";
import { readWav } from "../../src/speech/wav.ts";

describe("loading the prompts", () => {
	let folder: string;
	beforeEach(() => {
		folder = mkdtempSync(join(tmpdir(), "prompts-test-"));
		cpSync("prompts", folder, { recursive: true });
	});
	afterEach(() => rmSync(folder, { recursive: true }));

	const wav = (id: string): string => join(folder, "audio", "en", `${id}.wav`);
	const failure = async (): Promise<Failure> => {
		const error = await loadPrompts(folder).catch((caught: unknown) => caught);
		expect(error).toBeInstanceOf(Failure);
		return error as Failure;
	};

	test("gives every prompt as µ-law that threads can share", async () => {
		const library = await loadPrompts(folder);
		const beep = library.audio("beep");
		expect(beep.encoding).toBe("PCMU");
		expect(beep.samples.buffer).toBeInstanceOf(SharedArrayBuffer);
		expect(beep.samples.length).toBe(2400);
		expect(beep.samples[0]).toBe(0xff);
		expect(library.durationMs([{ prompt: "beep" }, { pauseMs: 50 }, { audio: beep }])).toBe(650);
	});

	test("names every missing and every broken file, and how to mend it", async () => {
		rmSync(wav("goodbye"));
		rmSync(wav("number-7"));
		writeFileSync(wav("beep"), "not audio");
		const { code, message, mend } = await failure();
		expect(code).toBe("configInvalid");
		for (const id of ["goodbye.wav is missing", "number-7.wav is missing", "beep.wav is no WAV file"]) {
			expect(message).toContain(id);
		}
		expect(mend).toContain("prompts/make.ts");
	});

	test("says so when there is no catalogue, or one that is no catalogue", async () => {
		writeFileSync(join(folder, "catalogue.json"), "{");
		expect((await failure()).message).toContain("catalogue.json");
		rmSync(join(folder, "catalogue.json"));
		expect((await failure()).message).toContain("catalogue.json is missing");
	});

	test("takes the recordings of the language asked for, else the English ones", async () => {
		cpSync(join(folder, "audio", "en"), join(folder, "audio", "fr"), { recursive: true });
		expect((await loadPrompts(folder, { language: "fr-CA" })).language).toBe("fr");
		expect((await loadPrompts(folder, { language: "de" })).language).toBe("en");
		expect((await loadPrompts(folder, { language: "../en" })).language).toBe("en");
	});
});

describe("reading WAV", () => {
	const good = (format: { kind?: number; channels?: number; rateHz?: number; bits?: number } = {}): Buffer => {
		const file = Buffer.alloc(44 + 4);
		file.write("RIFF....WAVEfmt ", 0, "latin1");
		file.writeUInt32LE(16, 16);
		file.writeUInt16LE(format.kind ?? 1, 20);
		file.writeUInt16LE(format.channels ?? 1, 22);
		file.writeUInt32LE(format.rateHz ?? 8000, 24);
		file.writeUInt16LE(format.bits ?? 16, 34);
		file.write("data", 36, "latin1");
		file.writeUInt32LE(4, 40);
		file.writeInt16LE(-32_768, 44);
		file.writeInt16LE(32_767, 46);
		return file;
	};

	test("reads 16-bit PCM, whatever chunk of odd length stands before the data", () => {
		expect([...readWav(good())]).toEqual([-32_768, 32_767]);
		const extra = Buffer.from("LIST\x03\0\0\0abc\0", "latin1");
		expect([...readWav(Buffer.concat([good().subarray(0, 36), extra, good().subarray(36)]))]).toEqual([
			-32_768, 32_767,
		]);
	});

	test.each([
		["another format", good({ kind: 7 }), "format 7"],
		["stereo", good({ channels: 2 }), "2 channels"],
		["another rate", good({ rateHz: 44_100 }), "44100 Hz"],
		["another depth", good({ bits: 8 }), "8 bits"],
		["a file cut short", good().subarray(0, 46), "cut short"],
		["a file without data", good().subarray(0, 36), "no audio data"],
		["another file", Buffer.from("OggS"), "no WAV"],
	])("refuses %s", (_, file, why) => {
		expect(() => readWav(file)).toThrow(why);
	});

	test("answers any bytes with samples or an Error, never with a crash", () => {
		const start = fc.constantFrom(good(), good().subarray(0, 36), Buffer.alloc(0));
		fc.assert(
			fc.property(start, fc.uint8Array({ maxLength: 60 }), fc.nat({ max: 47 }), (base, bytes, at) => {
				const file = Buffer.concat([base.subarray(0, at), bytes]);
				try {
					expect(readWav(file)).toBeInstanceOf(Int16Array);
				} catch (error) {
					expect((error as Error).message).toMatch(/^(is|has) /);
				}
			}),
		);
	});
});

describe("µ-law", () => {
	/** ITU-T G.711 table 2a: the value that a code stands for, on the 16-bit scale. */
	const decode = (code: number): number => {
		const bits = ~code & 0xff;
		const magnitude = ((((bits & 0x0f) << 3) + 132) << ((bits >> 4) & 7)) - 132;
		return bits & 0x80 ? -magnitude : magnitude;
	};

	test.each([
		[0, 0xff],
		[32_767, 0x80],
		[-32_768, 0x00],
		[132, 0xef],
		[-132, 0x6f],
	])("%d is coded as %i", (sample, code) => {
		expect(muLaw(sample)).toBe(code);
	});

	test("every sample comes back within half a step of its segment", () => {
		for (let sample = -32_635; sample <= 32_635; sample++) {
			const stepHalf = 2 ** (31 - Math.clz32(Math.abs(sample) + 132) - 5);
			expect(Math.abs(decode(muLaw(sample)) - sample)).toBeLessThanOrEqual(stepHalf);
		}
	});
});
