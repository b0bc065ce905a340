import { afterAll, beforeAll, expect, test } from "vitest";
import { readAudit } from "../../src/directory/index.ts";
import { openMailboxes, someAudio, type TestMailboxes } from "./support.ts";

let m: TestMailboxes;
beforeAll(async () => {
	m = await openMailboxes();
});
afterAll(() => m[Symbol.asyncDispose]());

test("each change of a mailbox is in the audit log, by API and by phone, and no PIN in any form", async () => {
	const who = { ...m.who, address: "192.0.2.7" };
	await m.mailboxes.activate(who, m.number, undefined, { pin: "4711", email: "a@b.cd" });
	await m.mailboxes.update(who, m.number, undefined, { pin: "9183", email: "" });
	await m.mailboxes.changePin(await m.mailboxIdOf(), "730518");
	await m.mailboxes.setGreeting(await m.mailboxIdOf(), "name", someAudio(1500));
	await m.leaveMessage();
	await m.mailboxes.remove(who, m.number, undefined);
	// Nothing is left to remove: nothing changes, nothing is written down.
	await m.mailboxes.remove(who, m.number, undefined);
	const entries = await readAudit(m.store.db, { number: m.number, limit: 20 });
	expect(entries.map((entry) => [entry.operation, entry.accountKey, entry.address, entry.before, entry.after])).toEqual(
		[
			[
				"deleteVoicemail",
				who.accountKey,
				who.address,
				{ FirstName: null, LastName: null, Email: null, PIN: "set", Messages: 1, Greetings: 1 },
				null,
			],
			["setGreeting", "phone", null, null, { GreetingType: "Name", DurationMs: 1500 }],
			["changePin", "phone", null, { PIN: "set" }, { PIN: "changed" }],
			[
				"updateVoicemail",
				who.accountKey,
				who.address,
				{ FirstName: null, LastName: null, Email: "a@b.cd", PIN: "set" },
				{ Email: null, PIN: "changed" },
			],
			["activateVoicemail", who.accountKey, who.address, null, { Email: "a@b.cd", PIN: "set" }],
			["provisionNumber", who.accountKey, null, null, expect.anything()],
		],
	);
	expect(JSON.stringify(entries)).not.toMatch(/4711|9183|730518|argon2/);
});

test("an operation that fails leaves no entry", async () => {
	const number = await m.nextNumber();
	const entries = async () => (await readAudit(m.store.db, { number, limit: 20 })).length;
	const before = await entries();
	await expect(m.mailboxes.update(m.who, number, undefined, { firstName: "A" })).rejects.toThrow();
	await expect(m.mailboxes.activate(m.who, number, "AID-nobody", {})).rejects.toThrow();
	expect(await entries()).toBe(before);
});
