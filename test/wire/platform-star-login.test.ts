/** `*` in the greeting on a platform that runs: to the mailbox's menu by its PIN, where the peers file allows it. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Phones, startPhones } from "../support/phone.ts";
import { type Platform, startPlatform, until } from "../support/platform.ts";
import { HEARD_LIKE, match, pcmOf, speechSignal } from "../support/speech-signal.ts";

const PIN = "4821";
const pbx = (starLogin: boolean) => `[peers.pbx]\naddresses = ["127.0.0.1"]\nstar_login = ${starLogin}\n`;

let folder: string;
let file: string;
let platform: Platform;
let phones: Phones;
let number: string;

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "afterbeep-star-"));
	file = join(folder, "peers.toml");
	await writeFile(file, pbx(true), { mode: 0o600 });
	platform = await startPlatform({
		env: { AFTERBEEP_PEERS: file, AFTERBEEP_GREETING: "standard", AFTERBEEP_DRAIN_SECONDS: "0" },
	});
	phones = await startPhones(platform.sipPort);
	number = await platform.activate({ PIN });
});
afterAll(async () => {
	await phones?.[Symbol.asyncDispose]();
	await platform?.stop();
	await rm(folder, { recursive: true, force: true });
});

const speech = speechSignal(2, 61);

async function leave(): Promise<void> {
	const call = await phones.forwarded(number);
	await call.press("#");
	await call.hearBeep();
	await call.speak(speech);
	call.hangUp();
}

test("a caller presses * in the greeting, keys the PIN and hears the message; no other one is left", async () => {
	await leave();
	await platform.messages(number, 1);
	const call = await phones.forwarded(number);
	await call.press("*");
	await call.hear("enter-pin");
	await call.press(`${PIN}#`);
	await call.hear("only-new-message");
	await call.press("1");
	await call.hear("end-of-message");
	call.hangUp();
	expect(match(pcmOf(speech), call.heard()).correlation).toBeGreaterThan(HEARD_LIKE);
	await platform.untilIdle();
	const messages = await platform.messages(number, 1);
	expect(messages.map((message) => message.Status)).toEqual(["Heard"]);
	expect(await platform.counter("calls", "callsRetrieval")).toBe(1);
});

test("a wrong PIN is refused", async () => {
	const call = await phones.forwarded(number);
	await call.press("*");
	await call.hear("enter-pin");
	await call.press("9999#");
	await call.hear("pin-incorrect");
	call.hangUp();
});

test("once the policy does not allow it any more, * is ignored and a message is left", async () => {
	await writeFile(file, pbx(false));
	platform.signal("SIGHUP");
	await until("the file was read again", 10_000, async () => platform.log().includes("the peers file was read again"));
	const before = (await platform.messages(number, 1)).length;
	const call = await phones.forwarded(number);
	await call.press("*");
	await call.press("#");
	await call.hearBeep();
	await call.speak(speech);
	call.hangUp();
	expect(await platform.messages(number, before + 1)).toHaveLength(before + 1);
});
