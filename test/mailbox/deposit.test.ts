import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { newId } from "../../src/domain/index.ts";
import { briefly, openMailboxes, someAudio, type TestMailboxes } from "./support.ts";

describe("a deposit", () => {
	let m: TestMailboxes;
	beforeAll(async () => {
		m = await openMailboxes();
	});
	afterAll(() => m[Symbol.asyncDispose]());
	// A mailbox of its own for each test.
	beforeEach(async () => {
		await m.mailboxes.remove(m.who, m.number, undefined);
		await m.activate({ email: "john@example.com", firstName: "John" });
	});

	const jobsOf = async (messageId: string) =>
		(await m.jobs("message.stored")).filter((data) => (data as { messageId: string }).messageId === messageId);

	test("becomes a message with everything that was known, one job, and a lamp", async () => {
		const recording = await m.recordingFor({ redirectReason: "Busy" }, 23_400);
		expect(await m.mailboxes.deposit(recording)).toBe("stored");
		const { messages, newCount, savedCount } = await m.mailboxes.messages(await m.mailboxIdOf());
		expect({ newCount, savedCount }).toEqual({ newCount: 1, savedCount: 0 });
		expect(messages).toEqual([
			{
				messageId: recording.facts.messageId,
				phoneNumber: m.number,
				from: "+18015551234",
				fromName: "Jane Roe",
				receivedOn: new Date(recording.facts.receivedOn),
				durationMs: 23_400,
				sizeBytes: 187_200 + 58,
				status: "New",
				redirectReason: "Busy",
				mailboxSource: "Diversion",
				silent: false,
				filtered: false,
				attestation: null,
				heardOn: null,
				deletedOn: null,
				expiresOn: new Date(Date.parse(recording.facts.receivedOn) + 30 * 86_400_000),
			},
		]);
		expect(await m.mailboxes.audio(recording.facts.messageId, await m.mailboxIdOf())).toEqual(recording.audio);
		expect(await jobsOf(recording.facts.messageId)).toEqual([
			{ messageId: recording.facts.messageId, phoneNumber: m.number },
		]);
		expect(await m.lampVersion()).toBe(1);
	});

	test("done twice, also at once, falls on itself: one message, one job, one step of the lamp", async () => {
		const recording = await m.recordingFor();
		const results = await Promise.all(Array.from({ length: 5 }, () => m.mailboxes.deposit(recording)));
		expect(results).toEqual(Array(5).fill("stored"));
		expect(await m.mailboxes.deposit(recording)).toBe("stored");
		expect((await m.mailboxes.messages(await m.mailboxIdOf())).messages).toHaveLength(1);
		expect(await jobsOf(recording.facts.messageId)).toHaveLength(1);
		expect(await m.lampVersion()).toBe(1);
	});

	test("done again after the subscriber heard or deleted the message changes nothing", async () => {
		const recording = await m.recordingFor();
		await m.mailboxes.deposit(recording);
		await m.mailboxes.setStatus(recording.facts.mailboxId, recording.facts.messageId, "Deleted");
		const lamp = await m.lampVersion();
		expect(await m.mailboxes.deposit(recording)).toBe("stored");
		expect(briefly(await m.mailboxes.listMessages(m.number, 10))).toEqual([[recording.facts.messageId, "Deleted"]]);
		expect(await m.lampVersion()).toBe(lamp);
	});

	test("under the least length is no message and leaves nothing", async () => {
		const recording = await m.recordingFor({ minMessageMs: 2001 });
		expect(await m.mailboxes.deposit(recording)).toBe("tooShort");
		expect(await m.mailboxes.deposit({ ...(await m.recordingFor({ minMessageMs: 0 })), audio: someAudio(0) })).toBe(
			"tooShort",
		);
		expect(await m.mailboxes.listMessages(m.number, 10)).toEqual([]);
		const { messageId } = recording.facts;
		expect(m.hasBlob(`messages/2026-05/${messageId.slice(-2)}/${messageId}.wav`)).toBe(false);
		expect(await m.mailboxes.deposit(await m.recordingFor({ minMessageMs: 2000 }))).toBe("stored");
	});

	test("in which nobody speaks is stored and flagged, never thrown away", async () => {
		const recording = await m.recordingFor();
		await m.mailboxes.deposit({ ...recording, speechMs: 199 });
		const spoken = await m.recordingFor();
		await m.mailboxes.deposit({ ...spoken, speechMs: 200 });
		const { messages } = await m.mailboxes.messages(recording.facts.mailboxId);
		expect(messages.map((each) => each.silent)).toEqual([true, false]);
	});

	test("into a mailbox removed meanwhile, even if activated again, leaves nothing behind", async () => {
		const recording = await m.recordingFor();
		await m.mailboxes.remove(m.who, m.number, undefined);
		expect(await m.mailboxes.deposit(recording)).toBe("mailboxGone");
		await m.activate();
		expect(await m.mailboxes.deposit(recording)).toBe("mailboxGone");
		expect(await m.mailboxes.listMessages(m.number, 10)).toEqual([]);
		expect(await jobsOf(recording.facts.messageId)).toEqual([]);
		const { messageId } = recording.facts;
		expect(m.hasBlob(`messages/2026-05/${messageId.slice(-2)}/${messageId}.wav`)).toBe(false);
	});

	test("while the mailbox is being removed is either removed with it or finds it gone", async () => {
		for (let i = 0; i < 10; i++) {
			await m.activate();
			const recordings = [await m.recordingFor(), await m.recordingFor()];
			const [results] = await Promise.all([
				Promise.all(recordings.map((each) => m.mailboxes.deposit(each))),
				m.mailboxes.remove(m.who, m.number, undefined),
			]);
			expect(await m.store.db.selectFrom("messages").selectAll().execute()).toEqual([]);
			const erased = (await m.jobs("blobs.erase")).flatMap((data) => (data as { blobKeys: string[] }).blobKeys);
			for (const [at, { facts }] of recordings.entries()) {
				const key = `messages/2026-05/${facts.messageId.slice(-2)}/${facts.messageId}.wav`;
				// Stored: its blob is left to the job. Gone: it erased its own.
				expect([m.hasBlob(key), erased.includes(key)]).toEqual(Array(2).fill(results[at] === "stored"));
			}
		}
	});

	test("with an odd envelope is kept: no name that a network sends can lose a message", async () => {
		const mailboxId = await m.mailboxIdOf();
		await m.leaveMessage({ from: null, fromName: null });
		await m.leaveMessage({ from: "anonymous", fromName: "\u0000 Eve\r\n\ud800" });
		await m.leaveMessage({ from: "x".repeat(500), fromName: "\u0007" });
		const { messages } = await m.mailboxes.messages(mailboxId);
		expect(messages.map((each) => [each.from, each.fromName])).toEqual([
			[null, null],
			["anonymous", "Eve \ufffd"],
			["x".repeat(64), null],
		]);
	});

	test("whose header names no message can not reach outside of its folder", async () => {
		for (const messageId of ["VMID-../../../x00", "VMID-", "x", `VMID-${"a".repeat(200)}`]) {
			await expect(m.mailboxes.deposit(await m.recordingFor({ messageId }))).rejects.toMatchObject({
				code: "badInput",
			});
		}
	});

	test("when the transaction fails is not stored in part, and the retry succeeds", async () => {
		const recording = await m.recordingFor();
		await m.store.db.schema.alterTable("messages").renameTo("messages_away").execute();
		await expect(m.mailboxes.deposit(recording)).rejects.toThrow();
		await m.store.db.schema.alterTable("messages_away").renameTo("messages").execute();
		expect(await jobsOf(recording.facts.messageId)).toEqual([]);
		expect(await m.lampVersion()).toBe(0);
		expect(await m.mailboxes.deposit(recording)).toBe("stored");
		expect(await jobsOf(recording.facts.messageId)).toHaveLength(1);
	});
});

describe("what a call finds", () => {
	let m: TestMailboxes;
	beforeAll(async () => {
		m = await openMailboxes();
	});
	afterAll(() => m[Symbol.asyncDispose]());

	test("are the live numbers of ours among the candidates, with their mailboxes", async () => {
		const plain = await m.nextNumber();
		await m.activate({ pin: "1234" });
		const found = await m.mailboxes.find(["+4930999999", plain, m.number, "+11234567989", m.number, "'"]);
		expect([...found].sort((a, b) => a.phoneNumber.localeCompare(b.phoneNumber))).toEqual([
			{
				phoneNumber: m.number,
				mailbox: {
					mailboxId: expect.stringMatching(/^MBID-/),
					phoneNumber: m.number,
					full: false,
					pinSet: true,
					pinChangeRequired: true,
					timeZone: "Europe/Berlin",
					language: "en",
					maxMessageMs: 180_000,
					minMessageMs: 1_000,
				},
			},
			{ phoneNumber: plain, mailbox: undefined },
		]);
		expect(await m.mailboxes.find([])).toEqual([]);
	});

	test("is a full mailbox from the greatest number of messages on; deleting one makes room", async () => {
		await m.store.db.updateTable("mailboxes").set({ maxMessages: 2 }).where("phoneNumber", "=", m.number).execute();
		const full = async () => (await m.mailboxes.find([m.number]))[0]!.mailbox!.full;
		const first = await m.leaveMessage();
		expect(await full()).toBe(false);
		await m.leaveMessage();
		expect(await full()).toBe(true);
		await m.mailboxes.setStatus(await m.mailboxIdOf(), first, "Heard");
		expect(await full()).toBe(true);
		await m.mailboxes.setStatus(await m.mailboxIdOf(), first, "Deleted");
		expect(await full()).toBe(false);
	});
});

describe("what an e-mail says", () => {
	let m: TestMailboxes;
	beforeAll(async () => {
		m = await openMailboxes();
		await m.activate({ email: "john@example.com", firstName: "John", lastName: "Doe" });
	});
	afterAll(() => m[Symbol.asyncDispose]());

	const blobPath = async (messageId: string) => join(m.dataFolder, "blobs", await m.blobKeyOf(messageId));

	test("is read when it is sent", async () => {
		const recording = await m.recordingFor();
		await m.mailboxes.deposit(recording);
		await m.leaveMessage();
		await m.mailboxes.update(m.who, m.number, undefined, { email: "new@example.com" });
		expect(await m.mailboxes.notice(recording.facts.messageId, m.number)).toEqual({
			message: expect.objectContaining({ messageId: recording.facts.messageId, status: "New", durationMs: 2000 }),
			audio: recording.audio,
			email: "new@example.com",
			firstName: "John",
			lastName: "Doe",
			timeZone: "Europe/Berlin",
			language: "en",
			attachAudio: true,
			newMessages: 2,
		});
	});

	test("is nothing for a message deleted or unknown", async () => {
		const messageId = await m.leaveMessage();
		await m.mailboxes.setStatus(await m.mailboxIdOf(), messageId, "Deleted");
		expect(await m.mailboxes.notice(messageId, m.number)).toBeUndefined();
		expect(await m.mailboxes.notice(newId("message"), m.number)).toBeUndefined();
	});

	test("has no address where none is known or none is wanted", async () => {
		const messageId = await m.leaveMessage();
		const wanted = (emailNotification: boolean) =>
			m.store.db.updateTable("mailboxes").set({ emailNotification }).where("phoneNumber", "=", m.number).execute();
		await wanted(false);
		expect((await m.mailboxes.notice(messageId, m.number))?.email).toBeNull();
		await wanted(true);
		await m.mailboxes.update(m.who, m.number, undefined, { email: "" });
		expect((await m.mailboxes.notice(messageId, m.number))?.email).toBeNull();
	});

	test("fails clearly while the audio can not be had; others asking for it hear that it is not there", async () => {
		const [missing, damaged] = [await m.leaveMessage(), await m.leaveMessage()];
		await rm(await blobPath(missing));
		await writeFile(await blobPath(damaged), "RIFF, but no more");
		for (const messageId of [missing, damaged]) {
			await expect(m.mailboxes.notice(messageId, m.number)).rejects.toMatchObject({ code: "blobMissing" });
			expect(await m.mailboxes.audio(messageId, await m.mailboxIdOf())).toBeUndefined();
			expect(await m.mailboxes.messageAudio(messageId)).toBeUndefined();
		}
		expect(m.log.lines.filter((line) => line.includes("a blob is missing"))).toHaveLength(3);
		expect(m.log.lines.filter((line) => line.includes("a blob is damaged"))).toHaveLength(3);
	});
});
