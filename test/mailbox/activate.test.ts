import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Principal } from "../../src/domain/index.ts";
import { codeOf } from "../directory/support.ts";
import { openMailboxes, type TestMailboxes } from "./support.ts";

describe("activating voicemail", () => {
	let m: TestMailboxes;
	beforeAll(async () => {
		m = await openMailboxes();
	});
	afterAll(() => m[Symbol.asyncDispose]());

	const info = (number: string) => m.mailboxes.info(m.who, number, undefined);

	test("equips a number with the fields sent; info shows these five and no PIN", async () => {
		expect(await info(m.number)).toEqual({
			phoneNumber: m.number,
			voicemailEnabled: false,
			email: null,
			firstName: null,
			lastName: null,
		});
		await m.activate({ pin: "1234", firstName: " John ", lastName: "Doe", email: "john@example.com" });
		expect(await info(m.number)).toEqual({
			phoneNumber: m.number,
			voicemailEnabled: true,
			email: "john@example.com",
			firstName: "John",
			lastName: "Doe",
		});
	});

	test("again replaces the fields given, keeps the others, and keeps the mailbox", async () => {
		const before = await m.mailboxIdOf();
		await m.activate({ lastName: "Roe", email: "" });
		expect(await info(m.number)).toMatchObject({ firstName: "John", lastName: "Roe", email: null });
		expect(await m.mailboxIdOf()).toBe(before);
		expect(await m.mailboxes.details(m.number)).toMatchObject({ pinSet: true, activatedOn: expect.any(Date) });
	});

	test("needs nothing but the number: messages are taken, retrieval stays shut", async () => {
		const number = await m.nextNumber();
		await m.activate({}, number);
		expect(await m.mailboxes.details(number)).toMatchObject({
			voicemailEnabled: true,
			pinSet: false,
			pinChangeRequired: false,
			accountId: m.first.accountId,
			timeZone: "Europe/Berlin",
			language: "en",
			newMessages: 0,
			totalMessages: 0,
			lockedUntil: null,
			failedAttempts: 0,
		});
		for (const pin of ["", "0000", "1234"]) {
			expect(await m.mailboxes.checkPin(number, pin, "own")).toEqual({ result: "wrong" });
		}
	});

	test("a weak PIN is taken as it is but must be changed; a strong one need not", async () => {
		const number = await m.nextNumber();
		await m.activate({ pin: "1234" }, number);
		expect(await m.mailboxes.details(number)).toMatchObject({ pinSet: true, pinChangeRequired: true });
		await m.activate({ pin: "928371" }, number);
		expect(await m.mailboxes.details(number)).toMatchObject({ pinSet: true, pinChangeRequired: false });
	});

	test("a hundred times at once is the same as once", async () => {
		const number = await m.nextNumber();
		await Promise.all(Array.from({ length: 100 }, () => m.activate({ firstName: "John" }, number)));
		const rows = await m.store.db.selectFrom("mailboxes").selectAll().where("phoneNumber", "=", number).execute();
		expect(rows.map((row) => row.firstName)).toEqual(["John"]);
	});

	test("a field out of bounds changes nothing, and the PIN is not repeated", async () => {
		const number = await m.nextNumber();
		const error = await m.activate({ pin: "12x4", firstName: "John" }, number).catch((thrown: Error) => thrown);
		expect(error).toMatchObject({ code: "badInput" });
		expect(JSON.stringify(error) + (error as Error).message).not.toContain("12x4");
		expect(await info(number)).toMatchObject({ voicemailEnabled: false });
	});
});

describe("updating voicemail", () => {
	let m: TestMailboxes;
	beforeAll(async () => {
		m = await openMailboxes();
		await m.activate({ pin: "928371", firstName: "John", lastName: "Doe", email: "john@example.com" });
	});
	afterAll(() => m[Symbol.asyncDispose]());

	const update = (fields: object) => m.mailboxes.update(m.who, m.number, undefined, fields);

	test("changes what is sent, clears what is sent empty, leaves the rest", async () => {
		await update({ email: "newemail@example.com", lastName: "" });
		expect(await m.mailboxes.info(m.who, m.number, undefined)).toEqual({
			phoneNumber: m.number,
			voicemailEnabled: true,
			email: "newemail@example.com",
			firstName: "John",
			lastName: null,
		});
	});

	test("of nothing but the number is fine and changes nothing", async () => {
		const before = await m.mailboxes.details(m.number);
		await update({});
		expect(await m.mailboxes.details(m.number)).toEqual(before);
		expect(await m.mailboxes.checkPin(m.number, "928371", "own")).toMatchObject({ result: "right" });
	});

	test("of the PIN makes the old one wrong, ends sessions and clears the locks of all channels", async () => {
		const mailboxId = await m.mailboxIdOf();
		for (let i = 0; i < 5; i++) {
			await m.mailboxes.checkPin(m.number, "0000", "own");
			await m.mailboxes.checkPin(m.number, "0000", "foreign");
		}
		expect(await m.mailboxes.details(m.number)).toMatchObject({ failedAttempts: 5, lockedUntil: expect.any(Date) });
		const since = m.clock.now();
		m.clock.advance(1000);
		expect(await m.mailboxes.stillOpen(mailboxId, since)).toBe(true);
		await update({ pin: "5678" });
		expect(await m.mailboxes.stillOpen(mailboxId, since)).toBe(false);
		expect(await m.mailboxes.details(m.number)).toMatchObject({ failedAttempts: 0, lockedUntil: null });
		expect(await m.mailboxes.checkPin(m.number, "928371", "own")).toEqual({ result: "wrong" });
		expect(await m.mailboxes.checkPin(m.number, "5678", "own")).toEqual({ result: "right", pinChangeRequired: true });
		expect(await m.mailboxes.stillOpen(mailboxId, m.clock.now())).toBe(true);
	});

	test("of a PIN that is empty or no PIN is refused", async () => {
		expect(await codeOf(update({ pin: "" }))).toBe("badInput");
		expect(await codeOf(update({ pin: "123" }))).toBe("badInput");
	});

	test("of a number without voicemail is not found, and makes none", async () => {
		const number = await m.nextNumber();
		expect(await codeOf(m.mailboxes.update(m.who, number, undefined, { firstName: "John" }))).toBe("notFound");
		expect(await codeOf(m.mailboxes.update(m.who, number, undefined, { pin: "928371" }))).toBe("notFound");
		expect(await m.mailboxes.details(number)).toBeUndefined();
	});
});

describe("removing voicemail", () => {
	test("takes settings, messages, greetings, PIN and audio along; the next activation starts empty", async () => {
		await using m = await openMailboxes();
		await m.activate({ pin: "928371", firstName: "John", email: "john@example.com" });
		const before = await m.mailboxIdOf();
		const messageId = await m.leaveMessage();
		await m.mailboxes.setGreeting(before, "name", { encoding: "PCMA", samples: new Uint8Array(800) });
		await m.mailboxes.checkPin(m.number, "0000", "own");
		const messageBlob = await m.blobKeyOf(messageId);
		await m.mailboxes.remove(m.who, m.number, undefined);

		expect(await m.mailboxes.info(m.who, m.number, undefined)).toMatchObject({ voicemailEnabled: false, email: null });
		expect(await m.mailboxes.messageAudio(messageId)).toBeUndefined();
		expect(await m.mailboxes.notice(messageId, m.number)).toBeUndefined();
		expect(await m.mailboxes.stillOpen(before, m.clock.now())).toBe(false);
		const [job] = await m.jobs("blobs.erase");
		expect(job).toEqual({ blobKeys: [messageBlob, expect.stringMatching(/^greetings\//)] });

		await m.activate();
		expect(await m.mailboxIdOf()).not.toBe(before);
		expect(await m.mailboxes.details(m.number)).toMatchObject({ pinSet: false, firstName: null, totalMessages: 0 });
		expect(await m.mailboxes.greetings(await m.mailboxIdOf())).toEqual({});
		expect(await m.mailboxes.checkPin(m.number, "928371", "own")).toEqual({ result: "wrong" });
	});

	test("of what is not there is harmless, and so is doing it many times at once", async () => {
		await using m = await openMailboxes();
		await m.mailboxes.remove(m.who, m.number, undefined);
		await m.activate();
		await Promise.all(Array.from({ length: 10 }, () => m.mailboxes.remove(m.who, m.number, undefined)));
		expect(await m.mailboxes.details(m.number)).toBeUndefined();
		expect(await m.jobs("blobs.erase")).toEqual([]);
	});
});

describe("numbers of others", () => {
	let m: TestMailboxes;
	let other: Principal;
	beforeAll(async () => {
		m = await openMailboxes();
		await m.activate({ pin: "928371", firstName: "John" });
		other = await m.addOperator("other");
		await m.addAccount("AID-second");
	});
	afterAll(() => m[Symbol.asyncDispose]());

	const verbs = {
		activate: (who: Principal, number: string, accountId?: string) =>
			m.mailboxes.activate(who, number, accountId, { pin: "5678", firstName: "Eve" }),
		info: (who: Principal, number: string, accountId?: string) => m.mailboxes.info(who, number, accountId),
		update: (who: Principal, number: string, accountId?: string) =>
			m.mailboxes.update(who, number, accountId, { pin: "5678", firstName: "Eve" }),
		remove: (who: Principal, number: string, accountId?: string) => m.mailboxes.remove(who, number, accountId),
	};

	test.each(Object.keys(verbs) as (keyof typeof verbs)[])(
		"%s answers for another operator's, another account's, a cancelled, a pool and an unknown number exactly alike",
		async (name) => {
			const verb = verbs[name];
			const failure = (work: Promise<unknown>) =>
				work.then(
					() => "fine",
					(error: Error) => ({ ...error, message: error.message }),
				);
			const unknown = await failure(verb(m.who, "+4930999999"));
			expect(unknown).toMatchObject({ code: "notFound" });
			expect(await failure(verb(other, m.number))).toEqual(unknown);
			expect(await failure(verb({ ...m.who, accountId: "AID-second" }, m.number))).toEqual(unknown);
			expect(await failure(verb(m.who, m.number, "AID-second"))).toEqual(unknown);
			expect(await failure(verb(m.who, "+11234567899"))).toEqual(unknown);
			const cancelled = "+11234567891";
			await m.store.db
				.updateTable("numbers")
				.set({ status: "Cancelled", accountId: m.first.accountId })
				.where("number", "=", cancelled)
				.execute();
			expect(await failure(verb(m.who, cancelled))).toEqual(unknown);
			expect(await codeOf(verb(m.who, m.number, "AID-other"))).toBe("badInput");
			expect(await codeOf(verb(m.who, "0049 30"))).toBe("badInput");
			expect(await m.mailboxes.details(m.number)).toMatchObject({ firstName: "John" });
			expect(await m.mailboxes.checkPin(m.number, "928371", "own")).toMatchObject({ result: "right" });
		},
	);

	test("a parked number keeps its voicemail", async () => {
		await m.store.db.updateTable("numbers").set({ status: "Parked" }).where("number", "=", m.number).execute();
		await m.activate({ lastName: "Doe" });
		expect(await m.mailboxes.find([m.number])).toMatchObject([{ mailbox: { phoneNumber: m.number } }]);
	});
});
