/** What callers and subscribers do with keys: the menu after `#`, the PIN, messages, PIN change, own greeting. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Phones, startPhones, type TestCall } from "../support/phone.ts";
import { type Platform, startPlatform, until } from "../support/platform.ts";
import { HEARD_LIKE, match, pcmOf, speechSignal } from "../support/speech-signal.ts";

const PIN = "4821";
let platform: Platform;
let phones: Phones;

beforeAll(async () => {
	platform = await startPlatform();
	phones = await startPhones(platform.sipPort);
});
afterAll(async () => {
	await phones?.[Symbol.asyncDispose]();
	await platform?.stop();
});

async function leave(number: string, speech: Uint8Array): Promise<void> {
	const call = await phones.forwarded(number);
	await call.hearBeep();
	await call.speak(speech);
	call.hangUp();
}

async function login(number: string, pin = PIN): Promise<TestCall> {
	const call = await phones.ownPhone(number);
	await call.hear("enter-pin");
	await call.press(`${pin}#`);
	return call;
}

const likenessOf = (speech: Uint8Array, heard: Int16Array): number => match(pcmOf(speech), heard).correlation;

describe.concurrent("by keys", () => {
	async function upToMenu(number: string, speech: Uint8Array): Promise<TestCall> {
		const call = await phones.forwarded(number);
		await call.hearBeep();
		await call.speak(speech);
		await call.press("#");
		await call.hear("deposit-menu");
		return call;
	}

	test("after # 2 plays what was said, 1 keeps it", async () => {
		const number = await platform.activate();
		const speech = speechSignal(2, 21);
		const call = await upToMenu(number, speech);
		await call.press("2");
		await call.hear("deposit-menu");
		expect(likenessOf(speech, call.heard())).toBeGreaterThan(HEARD_LIKE);
		await call.press("1");
		await call.hear("deposit-saved");
		expect(await call.over).toBe("bye");
		const [message, ...others] = await platform.messages(number, 1);
		expect(others).toEqual([]);
		expect(likenessOf(speech, await platform.audio(message!.MessageId))).toBeGreaterThan(0.99);
	});

	test("after # 3 records again, and the second take is the message", async () => {
		const number = await platform.activate();
		const [first, second] = [speechSignal(2, 22), speechSignal(3, 23)];
		const call = await upToMenu(number, first);
		await call.press("3");
		await call.hear("deposit-record-again");
		await call.hearBeep();
		await call.speak(second);
		call.hangUp();
		const [message, ...others] = await platform.messages(number, 1);
		expect(others).toEqual([]);
		const audio = await platform.audio(message!.MessageId);
		expect(likenessOf(second, audio)).toBeGreaterThan(0.99);
		expect(likenessOf(first, audio)).toBeLessThan(0.5);
	});

	test("after # 7 discards it", async () => {
		const number = await platform.activate();
		const call = await upToMenu(number, speechSignal(2, 24));
		await call.press("7");
		await call.hear("deposit-discarded");
		expect(await call.over).toBe("bye");
		expect(await platform.messages(number, 0)).toEqual([]);
	});

	test("after # a hang-up keeps the message", async () => {
		const number = await platform.activate();
		const speech = speechSignal(2, 25);
		(await upToMenu(number, speech)).hangUp();
		const [message] = await platform.messages(number, 1);
		expect(likenessOf(speech, await platform.audio(message!.MessageId))).toBeGreaterThan(0.99);
	});

	test("a subscriber hears the messages, deletes one with 7, saves one with 9, and what was not touched stays new", async () => {
		const number = await platform.activate({ PIN });
		const speeches = [speechSignal(1.5, 31), speechSignal(1.5, 32), speechSignal(1.5, 33)];
		for (const speech of speeches) await leave(number, speech);
		await platform.messages(number, 3);
		const call = await login(number);
		await call.hear("first-new-message");
		await call.hear("end-of-message");
		await call.press("7");
		await call.hear("message-deleted");
		await call.press("#");
		await call.hear("next-new-message");
		await call.hear("end-of-message");
		await call.press("9");
		await call.hear("message-saved");
		await call.press("#");
		await call.hear("last-new-message");
		call.hangUp();
		const heard = call.heard();
		const likenesses = speeches.map((speech) => likenessOf(speech, heard));
		// The oldest is the first; the last one was not waited for.
		expect(likenesses[0]).toBeGreaterThan(HEARD_LIKE);
		expect(likenesses[1]).toBeGreaterThan(HEARD_LIKE);
		const statuses = await until("both statuses", 5_000, async () => {
			const found = (await platform.messages(number, 3)).map((message) => message.Status).sort();
			return found.includes("Deleted") && found.includes("Saved") && found;
		});
		expect(statuses).toEqual(["Deleted", "New", "Saved"]);
	});

	test("who keys a wrong PIN thrice is out", async () => {
		const number = await platform.activate({ PIN });
		const call = await login(number, "9999");
		await call.hear("pin-incorrect");
		await call.press("9998#");
		await call.hear("pin-incorrect");
		await call.press("9997#");
		await call.hear("too-many-attempts");
		expect(await call.over).toBe("bye");
	});

	test("a subscriber changes the PIN; then only the new one is right", async () => {
		const number = await platform.activate({ PIN });
		const call = await login(number);
		await call.hear("main-menu");
		await call.press("4");
		await call.hear("options-menu");
		await call.press("3");
		await call.hear("pin-enter-new");
		await call.press("5938#");
		await call.hear("pin-enter-again");
		await call.press("5938#");
		await call.hear("pin-changed");
		call.hangUp();
		const old = await login(number);
		await old.hear("pin-incorrect");
		await old.press("5938#");
		await old.hear("no-messages");
		old.hangUp();
	});

	test("a subscriber calls from elsewhere with number and PIN", async () => {
		const number = await platform.activate({ PIN });
		const call = await phones.dial({ user: "*86", from: "+15557770001" });
		await call.hear("enter-mailbox");
		await call.press(`${number.slice(1)}#`);
		await call.hear("enter-pin");
		await call.press(`${PIN}#`);
		await call.hear("no-messages");
		call.hangUp();
	});

	test("5 wrong PINs over several calls lock the mailbox for those from elsewhere, not for its own phone", async () => {
		locked = await platform.activate({ PIN });
		expect(await tryFromElsewhere(locked, ["9991", "9992", "9993"])).not.toBe("no-messages");
		expect(await tryFromElsewhere(locked, ["9994", "9995"])).not.toBe("no-messages");
		expect(await tryFromElsewhere(locked, [PIN])).not.toBe("no-messages");
		const own = await login(locked);
		expect(await own.hear("no-messages", "mailbox-locked", "pin-incorrect")).toBe("no-messages");
		own.hangUp();
	});
});

test("a locked mailbox is locked after a restart, too", async () => {
	await phones[Symbol.asyncDispose]();
	platform = await platform.again();
	phones = await startPhones(platform.sipPort);
	expect(await tryFromElsewhere(locked, [PIN])).not.toBe("no-messages");
});

let locked = "";

async function tryFromElsewhere(number: string, pins: readonly string[]) {
	const call = await phones.dial({ user: "*86", from: "+15557770002" });
	for (const [i, pin] of pins.entries()) {
		await call.hear("enter-mailbox");
		await call.press(`${number.slice(1)}#`);
		await call.hear("enter-pin");
		await call.press(`${pin}#`);
		if (i < pins.length - 1) await call.hear("login-incorrect");
	}
	const said = await call.hear("too-many-attempts", "mailbox-locked", "login-incorrect", "no-messages");
	call.hangUp();
	return said;
}
