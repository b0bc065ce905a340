import { sql } from "kysely";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { MESSAGE_STATUSES, newId } from "../../src/domain/index.ts";
import { briefly, openMailboxes, someAudio, type TestMailboxes } from "./support.ts";

const DAY_MS = 86_400_000;

describe("the messages of a mailbox", () => {
	let m: TestMailboxes;
	let mailboxId: string;
	beforeAll(async () => {
		m = await openMailboxes();
	});
	afterAll(() => m[Symbol.asyncDispose]());
	beforeEach(async () => {
		await m.mailboxes.remove(m.who, m.number, undefined);
		await m.activate();
		mailboxId = await m.mailboxIdOf();
	});

	const inbox = async () => briefly((await m.mailboxes.messages(mailboxId)).messages);
	const set = (messageId: string, status: (typeof MESSAGE_STATUSES)[number]) =>
		m.mailboxes.setStatus(mailboxId, messageId, status);

	test("are heard new ones first, each group oldest first, deleted ones not at all", async () => {
		const ids = [];
		for (let i = 0; i < 5; i++) ids.push(await m.leaveMessage());
		const [a, b, c, d, e] = ids as [string, string, string, string, string];
		await set(a, "Saved");
		await set(c, "Heard");
		await set(d, "Deleted");
		expect(await inbox()).toEqual([
			[b, "New"],
			[e, "New"],
			[a, "Saved"],
			[c, "Heard"],
		]);
		const { newCount, savedCount } = await m.mailboxes.messages(mailboxId);
		expect({ newCount, savedCount }).toEqual({ newCount: 2, savedCount: 2 });
		expect(await m.mailboxes.details(m.number)).toMatchObject({ newMessages: 2, totalMessages: 4 });
	});

	test("are listed for the CLI newest first with the deleted ones, of one number or of all", async () => {
		const [first, second] = [await m.leaveMessage(), await m.leaveMessage()];
		await set(first, "Deleted");
		const other = await m.nextNumber();
		await m.activate({}, other);
		const third = await m.leaveMessage({ phoneNumber: other, mailboxId: await m.mailboxIdOf(other) });
		const deleted = [first, "Deleted"];
		expect(briefly(await m.mailboxes.listMessages(m.number, 10))).toEqual([[second, "New"], deleted]);
		expect(briefly(await m.mailboxes.listMessages(undefined, 10))).toEqual([[third, "New"], [second, "New"], deleted]);
		expect(briefly(await m.mailboxes.listMessages(undefined, 1))).toEqual([[third, "New"]]);
		await m.mailboxes.remove(m.who, other, undefined);
	});

	test("heard: the moment of the first hearing stays; made new again it is forgotten", async () => {
		const id = await m.leaveMessage();
		const heardOn = async () => (await m.mailboxes.messages(mailboxId)).messages[0]!.heardOn;
		expect(await heardOn()).toBeNull();
		await set(id, "Heard");
		const first = m.clock.now();
		m.clock.advance(1000);
		await set(id, "Saved");
		expect(await heardOn()).toEqual(first);
		await set(id, "New");
		expect(await heardOn()).toBeNull();
	});

	test.each(["New", "Heard", "Saved"] as const)("deleted and restored: a %s one is what it was", async (status) => {
		const id = await m.leaveMessage();
		await set(id, status);
		const before = await m.mailboxes.messages(mailboxId);
		await set(id, "Deleted");
		const deletedOn = m.clock.now();
		m.clock.advance(1000);
		await set(id, "Deleted");
		expect(await inbox()).toEqual([]);
		const [deleted] = await m.mailboxes.listMessages(m.number, 1);
		expect(deleted).toMatchObject({
			status: "Deleted",
			deletedOn,
			expiresOn: new Date(deletedOn.getTime() + 7 * DAY_MS),
		});
		expect(await m.mailboxes.audio(id, mailboxId)).toEqual(someAudio(2000));
		await set(id, status);
		expect(await m.mailboxes.messages(mailboxId)).toEqual(before);
	});

	test("the lamp steps when the number of new or of old messages changes, and only then", async () => {
		const id = await m.leaveMessage();
		const steps: number[] = [];
		let before = await m.lampVersion();
		for (const status of ["New", "Heard", "Heard", "Saved", "Deleted", "Deleted", "Saved", "Heard", "New"] as const) {
			await set(id, status);
			const after = await m.lampVersion();
			steps.push(after - before);
			before = after;
		}
		expect(steps).toEqual([0, 1, 0, 0, 1, 0, 1, 0, 1]);
	});

	test("set at once in many ways end in one of them, and the lamp never loses a step of another message", async () => {
		const ids = await Promise.all(Array.from({ length: 8 }, () => m.leaveMessage()));
		const before = await m.lampVersion();
		await Promise.all(ids.map((id) => set(id, "Heard")));
		expect(await m.lampVersion()).toBe(before + 8);
		await Promise.all(MESSAGE_STATUSES.map((status) => set(ids[0]!, status)));
		expect(MESSAGE_STATUSES).toContain((await m.mailboxes.listMessages(m.number, 100)).at(-1)!.status);
	});

	test("of another mailbox can be neither heard nor changed, and unknown ones are ignored", async () => {
		const id = await m.leaveMessage();
		const other = await m.nextNumber();
		await m.activate({}, other);
		const stranger = await m.mailboxIdOf(other);
		expect(await m.mailboxes.audio(id, stranger)).toBeUndefined();
		await m.mailboxes.setStatus(stranger, id, "Deleted");
		await set(newId("message"), "Deleted");
		await m.mailboxes.setStatus("MBID-none", id, "Deleted");
		expect(await inbox()).toEqual([[id, "New"]]);
		expect((await m.mailboxes.messages("MBID-none")).messages).toEqual([]);
		await m.mailboxes.remove(m.who, other, undefined);
	});
});

describe("greetings", () => {
	let m: TestMailboxes;
	let mailboxId: string;
	beforeAll(async () => {
		m = await openMailboxes();
		await m.activate();
		mailboxId = await m.mailboxIdOf();
	});
	afterAll(() => m[Symbol.asyncDispose]());

	test("are none at first, then what the subscriber recorded; the one before is erased", async () => {
		expect(await m.mailboxes.greetings(mailboxId)).toEqual({});
		const [one, two, name] = [someAudio(1000, 1), someAudio(1500, 2), someAudio(500, 3)];
		await m.mailboxes.setGreeting(mailboxId, "unavailable", one);
		await m.mailboxes.setGreeting(mailboxId, "name", name);
		expect(await m.mailboxes.greetings(mailboxId)).toEqual({ unavailable: one, name });
		expect(await m.jobs("blobs.erase")).toEqual([]);
		await m.mailboxes.setGreeting(mailboxId, "unavailable", two);
		expect(await m.mailboxes.greetings(mailboxId)).toEqual({ unavailable: two, name });
		const rows = await m.store.db.selectFrom("greetings").select("blobKey").execute();
		const [{ blobKeys }] = (await m.jobs("blobs.erase")) as [{ blobKeys: string[] }];
		expect(blobKeys).toHaveLength(1);
		expect(rows.map((row) => row.blobKey)).not.toContain(blobKeys[0]);
	});

	test("beyond the greatest length are cut, empty ones are refused", async () => {
		await m.mailboxes.setGreeting(mailboxId, "name", someAudio(11_000));
		await m.mailboxes.setGreeting(mailboxId, "unavailable", someAudio(121_000));
		const { name, unavailable } = await m.mailboxes.greetings(mailboxId);
		expect([name?.samples.length, unavailable?.samples.length]).toEqual([80_000, 960_000]);
		await expect(m.mailboxes.setGreeting(mailboxId, "name", someAudio(0))).rejects.toMatchObject({ code: "badInput" });
	});

	test("that can not be read are as if there were none, and are logged", async () => {
		const { blobKey } = await m.store.db
			.selectFrom("greetings")
			.select("blobKey")
			.where("greetingType", "=", "Name")
			.executeTakeFirstOrThrow();
		await m.store.blobs.put(blobKey, new Uint8Array([1, 2, 3]));
		expect((await m.mailboxes.greetings(mailboxId)).name).toBeUndefined();
		expect(m.log.lines.at(-1)).toContain("a blob is damaged");
	});

	test("for a mailbox removed meanwhile are not kept", async () => {
		await m.mailboxes.remove(m.who, m.number, undefined);
		await expect(m.mailboxes.setGreeting(mailboxId, "name", someAudio(500))).rejects.toMatchObject({
			code: "mailboxGone",
		});
		expect(await m.store.db.selectFrom("greetings").selectAll().execute()).toEqual([]);
	});
});

describe("the purge", () => {
	test("erases what was deleted longer ago than its mailbox keeps it, with its audio, and nothing else", async () => {
		await using m = await openMailboxes();
		await m.activate();
		const mailboxId = await m.mailboxIdOf();
		const [old, young, kept] = [await m.leaveMessage(), await m.leaveMessage(), await m.leaveMessage()];
		const oldKey = await m.blobKeyOf(old);
		await m.mailboxes.setStatus(mailboxId, old, "Deleted");
		m.clock.advance(DAY_MS);
		await m.mailboxes.setStatus(mailboxId, young, "Deleted");
		m.clock.advance(6 * DAY_MS);
		expect(await m.mailboxes.purge()).toBe(0);
		m.clock.advance(1000);
		expect(await m.mailboxes.purge()).toBe(1);
		expect(await m.jobs("blobs.erase")).toEqual([{ blobKeys: [oldKey] }]);
		expect(briefly(await m.mailboxes.listMessages(m.number, 10))).toEqual([
			[kept, "New"],
			[young, "Deleted"],
		]);
		await m.store.db.updateTable("mailboxes").set({ deletedRetentionDays: 0 }).execute();
		expect(await m.mailboxes.purge()).toBe(1);
		expect(await m.mailboxes.purge()).toBe(0);
		expect(briefly(await m.mailboxes.listMessages(m.number, 10))).toEqual([[kept, "New"]]);
	});

	test("erases new and heard messages that are older than their mailbox keeps them; saved ones stay", async () => {
		await using m = await openMailboxes();
		await m.activate();
		const mailboxId = await m.mailboxIdOf();
		const [unheard, heard, saved] = [await m.leaveMessage(), await m.leaveMessage(), await m.leaveMessage()];
		await m.mailboxes.setStatus(mailboxId, heard, "Heard");
		await m.mailboxes.setStatus(mailboxId, saved, "Saved");
		const listed = await m.mailboxes.listMessages(m.number, 10);
		const expiry = (id: string) => {
			const message = listed.find((each) => each.messageId === id)!;
			return message.expiresOn && (message.expiresOn.getTime() - message.receivedOn.getTime()) / DAY_MS;
		};
		expect([unheard, heard, saved].map(expiry)).toEqual([30, 30, null]);

		m.clock.advance(30 * DAY_MS - 5_000);
		expect(await m.mailboxes.purge()).toBe(0);
		const keys = [await m.blobKeyOf(unheard), await m.blobKeyOf(heard)];
		const lamp = await m.lampVersion();
		m.clock.advance(10_000);
		expect(await m.mailboxes.purge()).toBe(2);
		expect(await m.lampVersion()).toBe(lamp + 1);
		expect(briefly(await m.mailboxes.listMessages(m.number, 10))).toEqual([[saved, "Saved"]]);
		for (const { blobKeys } of (await m.jobs("blobs.erase")) as { blobKeys: string[] }[]) {
			expect(blobKeys.sort()).toEqual(keys.sort());
			await m.mailboxes.eraseBlobs(blobKeys);
			await m.mailboxes.eraseBlobs(blobKeys);
		}
		expect(keys.map(m.hasBlob)).toEqual([false, false]);
		m.clock.advance(3650 * DAY_MS);
		expect(await m.mailboxes.purge()).toBe(0);
	});

	test("goes by the retention of each mailbox", async () => {
		await using m = await openMailboxes();
		await m.activate();
		const id = await m.leaveMessage();
		await m.store.db.updateTable("mailboxes").set({ retentionDays: 365 }).execute();
		m.clock.advance(100 * DAY_MS);
		expect(await m.mailboxes.purge()).toBe(0);
		await m.store.db.updateTable("mailboxes").set({ retentionDays: 99 }).execute();
		expect(await m.mailboxes.purge()).toBe(1);
		expect(await m.mailboxes.notice(id, m.number)).toBeUndefined();
	});

	test("of many at once, by several nodes, erases each once", async () => {
		await using m = await openMailboxes();
		await m.activate();
		const one = await m.leaveMessage();
		await m.mailboxes.setStatus(await m.mailboxIdOf(), one, "Deleted");
		await sql`
			insert into messages
			select (jsonb_populate_record(messages, jsonb_build_object('id', id || n, 'blob_key', blob_key || n))).*
			from messages, generate_series(1, 1200) as n
		`.execute(m.store.db);
		m.clock.advance(8 * DAY_MS);
		const erased = await Promise.all([m.mailboxes.purge(), m.mailboxes.purge()]);
		const rest = await m.mailboxes.purge();
		expect(erased[0] + erased[1] + rest).toBe(1201);
		const jobs = (await m.jobs("blobs.erase")) as { blobKeys: string[] }[];
		expect(new Set(jobs.flatMap((job) => job.blobKeys)).size).toBe(1201);
		expect(Math.max(...jobs.map((job) => job.blobKeys.length))).toBeLessThanOrEqual(100);
	});
});
