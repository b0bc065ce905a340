/** The standard greeting as a caller hears it: measured from the RTP that arrives. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { findBeep } from "../../src/cli/phone/hearing.ts";
import { type Phones, startPhones } from "../support/phone.ts";
import { type Platform, startPlatform } from "../support/platform.ts";
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
	const answeredAt = performance.now();
	await call.hearBeep();
	const beepOverMs = performance.now() - answeredAt;
	const heard = call.heard();
	call.hangUp();
	expect(beepOverMs).toBeLessThanOrEqual(7_200);
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
