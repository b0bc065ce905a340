/** The standard greeting as a caller hears it: measured from the RTP that arrives. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findBeep } from "../../src/cli/phone/hearing.ts";
import { type Phones, startPhones } from "../support/phone.ts";
import { type Platform, projectRoot, startPlatform } from "../support/platform.ts";
import { HEARD_LIKE, match, pcmOf, speechSignal } from "../support/speech-signal.ts";

let platform: Platform;
let phones: Phones;

beforeAll(async () => {
	platform = await startPlatform({ env: { AFTERBEEP_GREETING: "standard" } });
	phones = await startPhones(platform.sipPort);
});
afterAll(async () => {
	await phones?.[Symbol.asyncDispose]();
	await platform?.stop();
});

test("greeting and beep together last at most 7 s, at about -20 dBFS, without clipping", async () => {
	const number = await platform.activate();
	const call = await phones.forwarded(number);
	await call.hearBeep();
	const heard = call.heard();
	call.hangUp();
	// Measured in the audio, from the answer on: a clock of this process would measure its load too.
	const beep = findBeep(heard);
	expect(beep!.endMs).toBeLessThanOrEqual(7_000);
	expect(beep!.endMs - beep!.startMs).toBeGreaterThanOrEqual(200);
	const greeting = heard.subarray(0, beep!.startMs * 8);
	// Long enough to be a greeting that names a number.
	expect(greeting.length / 8000).toBeGreaterThan(2);
	expect(speechLevelDbfs(greeting)).toBeGreaterThan(-23);
	expect(speechLevelDbfs(greeting)).toBeLessThan(-17);
	expect(greeting.reduce((peak, sample) => Math.max(peak, Math.abs(sample)), 0)).toBeLessThan(32_000);
});

test("records a greeting, and the next caller hears it", async () => {
	const number = await platform.activate({ PIN: "4821" });
	const greeting = speechSignal(2, 41);
	const call = await phones.ownPhone(number);
	await call.hear("enter-pin");
	await call.press("4821#");
	await call.hear("main-menu");
	await call.press("4");
	await call.hear("options-menu");
	await call.press("1");
	await call.hear("greeting-record");
	await call.hearBeep();
	await call.speak(greeting);
	await call.press("#");
	await call.hear("greeting-menu");
	await call.press("1");
	await call.hear("greeting-saved");
	call.hangUp();
	const caller = await phones.forwarded(number);
	await caller.hearBeep();
	caller.hangUp();
	expect(match(pcmOf(greeting), caller.heard()).correlation).toBeGreaterThan(HEARD_LIKE);
});

/** Of the frames that hold speech: pauses between words say nothing of how loud a voice is. */
function speechLevelDbfs(pcm: Int16Array): number {
	const frames: Int16Array[] = [];
	for (let at = 0; at + 160 <= pcm.length; at += 160) {
		const frame = pcm.subarray(at, at + 160);
		if (levelDbfs(frame) > -40) frames.push(frame);
	}
	const speech = new Int16Array(frames.length * 160);
	for (const [i, frame] of frames.entries()) speech.set(frame, i * 160);
	return levelDbfs(speech);
}

function levelDbfs(pcm: Int16Array): number {
	const power = pcm.reduce((sum, sample) => sum + sample * sample, 0) / pcm.length;
	return 10 * Math.log10(power / 32_768 ** 2);
}

test("Ctrl-C in `afterbeep call` hangs up and leaves nothing in the temp folder", async () => {
	const number = await platform.activate();
	const temp = mkdtempSync(join(tmpdir(), "afterbeep-test-"));
	const program = join(projectRoot, "src/cli/main.ts");
	const child = spawn(process.execPath, [program, "call", number, "--to", `udp:127.0.0.1:${platform.sipPort}`], {
		env: { ...process.env, AFTERBEEP_DATA: platform.data, TMPDIR: temp },
		stdio: ["ignore", "ignore", "pipe"],
	});
	let said = "";
	child.stderr.on("data", (chunk: Buffer) => {
		said += chunk.toString();
		if (/ answered\n/.test(said) && !child.killed) child.kill("SIGINT");
	});
	const [code] = (await once(child, "close")) as [number | null];
	expect(said).toContain("stopped by hand");
	expect(code).toBe(130);
	expect(readdirSync(temp)).toEqual([]);
	// At once, and not when the platform has missed RTP for long enough.
	await platform.untilIdle();
	rmSync(temp, { recursive: true });
});
