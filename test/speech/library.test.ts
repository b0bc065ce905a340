import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Failure } from "../../src/domain/index.ts";
import { loadPrompts } from "../../src/speech/index.ts";

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
		for (const id of [
			"goodbye.wav is missing",
			"number-7.wav is missing",
			"beep.wav cannot be used (This is not a WAV file",
		]) {
			expect(message).toContain(id);
		}
		expect(mend).toContain("prompts/make.ts");
	});

	test("names a few of many missing files, and how many more there are", async () => {
		rmSync(join(folder, "audio", "en"), { recursive: true });
		const { message } = await failure();
		expect(message).toMatch(/missing; and \d{3} more\.$/);
		expect(message.length).toBeLessThan(500);
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
