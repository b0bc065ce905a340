import path from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { decodeG711, makeBeep, makeTone } from "../../src/audio/index.ts";
import { createPromptRecogniser, findBeep, type KnownPrompt, likeness } from "../../src/cli/phone/hearing.ts";
import { loadPrompts, type PromptLibrary } from "../../src/speech/index.ts";

const FOLDER = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../../prompts");
const silence = (ms: number): Uint8Array => new Uint8Array(ms * 8).fill(0xff);
let prompts: PromptLibrary;

beforeAll(async () => {
	prompts = await loadPrompts(FOLDER);
});

const pcm = (...parts: Uint8Array[]): Int16Array => decodeG711({ encoding: "PCMU", samples: Buffer.concat(parts) });

describe("The ear of the test phone", () => {
	test("finds the beep behind a greeting, and where it is", () => {
		const greeting = prompts.audio("greeting-leave-message").samples;
		const beep = findBeep(pcm(greeting, makeBeep().samples, silence(300)));
		expect(beep?.hz).toBeGreaterThan(980);
		expect(beep?.hz).toBeLessThan(1020);
		expect(Math.abs(beep!.startMs - greeting.length / 8)).toBeLessThanOrEqual(40);
	});

	test("takes no prompt of the catalogue for a beep", () => {
		const ids = [
			"main-menu",
			"message-help",
			"deposit-menu",
			"demo-message",
			"goodbye",
			"digit-0",
			"number-20",
		] as const;
		expect(ids.filter((id) => findBeep(pcm(prompts.audio(id).samples)) !== undefined)).toEqual([]);
	});

	test("takes DTMF and silence for no beep", () => {
		const dtmf = makeTone({ frequenciesHz: [770, 1336], durationMs: 300, levelDbfs: -12 });
		expect(findBeep(pcm(silence(200), dtmf.samples, silence(500)))).toBeUndefined();
	});

	test("knows prompts again, in order, also one that was cut", () => {
		const known = (["enter-pin", "pin-must-change", "new-message"] as const).map(
			(id): KnownPrompt => ({ id, text: id, samples: prompts.audio(id).samples }),
		);
		const recognise = createPromptRecogniser(known);
		const cut = prompts.audio("enter-pin").samples.subarray(8000);
		const heard = Buffer.concat([cut, silence(400), prompts.audio("pin-must-change").samples, silence(10)]);
		const found = recognise(heard);
		expect(found.map((prompt) => prompt.id)).toEqual(["enter-pin", "pin-must-change"]);
		expect(found[0]!.atMs).toBe(-1000);
		expect(found[1]!.atMs).toBe(cut.length / 8 + 400);
	});

	test("tells audio that came whole from audio that lost 60 ms or is another", () => {
		const spoken = prompts.audio("demo-message").samples;
		const around = [silence(730), spoken, silence(200)];
		expect(likeness(pcm(spoken), pcm(...around))).toEqual({ correlation: 1, offsetMs: 730 });
		const torn = Buffer.concat([spoken.subarray(0, 8000), spoken.subarray(8480)]);
		expect(likeness(pcm(spoken), pcm(silence(100), torn, silence(500)))!.correlation).toBeLessThan(0.9);
		const other = prompts.audio("main-menu").samples;
		expect(likeness(pcm(spoken), pcm(other))?.correlation ?? 0).toBeLessThan(0.3);
		expect(likeness(pcm(spoken), pcm(spoken.subarray(8000)))).toBeUndefined();
	});
});
