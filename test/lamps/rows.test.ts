import { sql } from "kysely";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { LampRows, NewLamp } from "../../src/lamps/index.ts";
import { createLampRows } from "../../src/platform/lamp-rows.ts";
import { openMailboxes, type TestMailboxes } from "../mailbox/support.ts";
import { until } from "../support/platform.ts";

let m: TestMailboxes;
beforeAll(async () => {
	m = await openMailboxes();
	await m.activate();
});
afterAll(() => m[Symbol.asyncDispose]());
beforeEach(async () => {
	await sql`delete from lamp_subscriptions`.execute(m.store.db);
	await sql`delete from lamp_nodes`.execute(m.store.db);
});

const DIALOG = {
	callId: "call-1",
	localTag: "ours",
	remoteTag: "theirs",
	localParty: "<sip:100@vm>;tag=ours",
	remoteParty: '"J\u00f6rg" <sip:100@vm>;tag=theirs',
	routeSet: ["<sip:192.0.2.1;lr>", "<sip:192.0.2.2;lr>"],
	remoteTarget: "sip:phone@192.0.2.9",
	localCseq: 0,
	remoteCseq: 5,
};
const PATH = { transport: "udp", address: "192.0.2.9", port: 5062 } as const;

async function lamp(over: Partial<NewLamp> = {}): Promise<NewLamp> {
	return {
		id: "lamp-1",
		mailboxId: await m.mailboxIdOf(),
		phoneNumber: m.number,
		account: `sip:${m.number}@vm`,
		eventId: "",
		dialog: DIALOG,
		path: PATH,
		expiresSeconds: 3600,
		...over,
	};
}

const node = (name: string, alone = false, address = "udp:192.0.2.50:5060"): LampRows =>
	createLampRows({ store: m.store, node: name, address: () => address, alone });

async function nodes(...names: string[]): Promise<LampRows[]> {
	const made = names.map((name) => node(name));
	for (const rows of made) await rows.beat(30);
	return made;
}

/** Time that passes, as the database sees it. */
const leaseRunsOut = (name: string) =>
	sql`update lamp_nodes set lease_until = now() - interval '1 second' where node = ${name}`.execute(m.store.db);

describe("the rows of subscriptions", () => {
	test("number NOTIFY requests one after the other, written down before they are sent", async () => {
		const [a] = await nodes("a");
		await a!.add(await lamp(), 10);
		expect([await a!.nextCseq("lamp-1"), await a!.nextCseq("lamp-1")]).toEqual([1, 2]);
		expect(await a!.nextCseq("another")).toBeUndefined();
	});

	test("a node keeps its subscriptions while its lease holds", async () => {
		const [a, b] = await nodes("a", "b");
		await a!.add(await lamp(), 10);
		expect(await b!.takeOver(10)).toEqual([]);
	});

	test("of a node whose lease is over go to another one, whole; from then on only that one may number", async () => {
		const [a, b] = await nodes("a", "b");
		await a!.add(await lamp({ eventId: "7" }), 10);
		await a!.nextCseq("lamp-1");
		await leaseRunsOut("a");
		const taken = await b!.takeOver(10);
		const row = await lamp({ eventId: "7" });
		expect(taken).toEqual([
			{
				row: {
					id: "lamp-1",
					mailboxId: row.mailboxId,
					phoneNumber: m.number,
					account: row.account,
					eventId: "7",
					dialog: { ...DIALOG, localCseq: 1 },
					path: PATH,
					expiresInMs: expect.closeTo(3_600_000, -5),
					toldVersion: undefined,
				},
				elsewhere: false,
			},
		]);
		expect(await b!.takeOver(10)).toEqual([]);
		expect(await a!.nextCseq("lamp-1")).toBeUndefined();
		expect(await b!.nextCseq("lamp-1")).toBe(2);
		await a!.remove("lamp-1");
		expect(await b!.nextCseq("lamp-1")).toBe(3);
	});

	test("two nodes share the orphans: each goes to one of them", async () => {
		const [a, b, c] = await nodes("a", "b", "c");
		for (let i = 0; i < 20; i++) {
			await a!.add(await lamp({ id: `lamp-${i}`, dialog: { ...DIALOG, callId: `call-${i}` } }), 100);
		}
		await leaseRunsOut("a");
		const shares = await Promise.all([b!.takeOver(20), c!.takeOver(20), b!.takeOver(20), c!.takeOver(20)]);
		const ids = shares.flat().map(({ row }) => row.id);
		expect(ids).toHaveLength(20);
		expect(new Set(ids).size).toBe(20);
	});

	test("a node that stops in order gives its lease up at once; phones learn the address of its heir", async () => {
		const [a] = await nodes("a");
		await a!.add(await lamp(), 10);
		await a!.release();
		const heir = node("b", false, "udp:192.0.2.60:5060");
		await heir.beat(30);
		expect(await heir.takeOver(10)).toMatchObject([{ elsewhere: true }]);
	});

	test("alone on its database, a node need not wait for the lease of its crashed forerunner", async () => {
		const [a] = await nodes("a");
		await a!.add(await lamp(), 10);
		const next = node("b", true);
		await next.beat(30);
		expect(await next.takeOver(10)).toHaveLength(1);
	});

	test("a refresh moves the subscription to the node that got it, with the phone's new address", async () => {
		const [a, b] = await nodes("a", "b");
		await a!.add(await lamp(), 10);
		const moved = { ...DIALOG, remoteCseq: 6, remoteTarget: "sip:phone@192.0.2.77", remoteParty: "other" };
		const result = await b!.refresh(moved, { ...PATH, port: 9999 }, 60);
		expect(result).toMatchObject({
			result: "refreshed",
			row: {
				dialog: { remoteTarget: "sip:phone@192.0.2.77", remoteCseq: 6, remoteParty: DIALOG.remoteParty },
				path: { port: 9999 },
			},
		});
		expect(await a!.nextCseq("lamp-1")).toBeUndefined();
	});

	test.each([
		["of an unknown dialog", { callId: "other" }, "unknown"],
		["with another tag", { localTag: "guessed" }, "unknown"],
		["that is not newer than the last one (RFC 3261 §12.2.2)", { remoteCseq: 5 }, "outOfOrder"],
	] as const)("a refresh %s changes nothing", async (_, over, result) => {
		const [a] = await nodes("a");
		await a!.add(await lamp(), 10);
		expect(await a!.refresh({ ...DIALOG, remoteCseq: 6, ...over }, PATH, 60)).toEqual({ result });
	});

	test("a refresh without Contact leaves the target; one after the end finds nothing", async () => {
		const [a] = await nodes("a");
		await a!.add(await lamp(), 10);
		const kept = await a!.refresh({ ...DIALOG, remoteCseq: 6, remoteTarget: "" }, PATH, 60);
		expect(kept).toMatchObject({ row: { dialog: { remoteTarget: DIALOG.remoteTarget } } });
		await sql`update lamp_subscriptions set expires_on = now() - interval '1 second'`.execute(m.store.db);
		expect(await a!.refresh({ ...DIALOG, remoteCseq: 7 }, PATH, 60)).toEqual({ result: "unknown" });
	});

	test("of one mailbox are bounded: the oldest makes room", async () => {
		const [a] = await nodes("a");
		const gone = [];
		for (let i = 0; i < 4; i++) {
			gone.push(await a!.add(await lamp({ id: `lamp-${i}`, dialog: { ...DIALOG, callId: `call-${i}` } }), 3));
		}
		expect(gone).toEqual([[], [], [], ["lamp-0"]]);
	});

	test("are stale until the phone acknowledged the mailbox as it is", async () => {
		const [a] = await nodes("a");
		await a!.add(await lamp(), 10);
		expect(await a!.stale()).toEqual(["lamp-1"]);
		const read = async () => (await m.mailboxes.lampReading(await m.mailboxIdOf()))!;
		await a!.told("lamp-1", (await read()).version);
		expect(await a!.stale()).toEqual([]);
		await m.leaveMessage();
		expect(await a!.stale()).toEqual(["lamp-1"]);
	});
});

describe("the counts", () => {
	test("are those of the moment, under a version that changes with them", async () => {
		const id = await m.mailboxIdOf();
		const before = (await m.mailboxes.lampReading(id))!;
		const messageId = await m.leaveMessage();
		const left = (await m.mailboxes.lampReading(id))!;
		await m.mailboxes.setStatus(id, messageId, "Heard");
		const heard = (await m.mailboxes.lampReading(id))!;
		await m.mailboxes.setStatus(id, messageId, "Deleted");
		const deleted = (await m.mailboxes.lampReading(id))!;
		expect(
			[left, heard, deleted].map(({ counts }) => [counts.new - before.counts.new, counts.old - before.counts.old]),
		).toEqual([
			[1, 0],
			[0, 1],
			[0, 0],
		]);
		expect(new Set([before, left, heard, deleted].map(({ version }) => version)).size).toBe(4);
	});

	test("a caller whom the subscriber keeps out lights no lamp", async () => {
		const id = await m.mailboxIdOf();
		const before = (await m.mailboxes.lampReading(id))!;
		await m.leaveMessage({ filtered: true });
		expect((await m.mailboxes.lampReading(id))!.counts).toEqual(before.counts);
	});

	test("of a mailbox that is gone are undefined, not zero", async () => {
		expect(await m.mailboxes.lampReading("MBID-none")).toBeUndefined();
	});

	test("a change raises a notice where a phone watches, also the mailbox's end; elsewhere none", async () => {
		const heard: (string | undefined)[] = [];
		await using _listening = await m.store.listen("afterbeep_lamps", (payload) => heard.push(payload));
		const watched = await m.nextNumber();
		const unwatched = m.number;
		await m.activate({}, watched);
		const mailboxId = await m.mailboxIdOf(watched);
		const [a] = await nodes("a");
		await a!.add(await lamp({ mailboxId, phoneNumber: watched }), 10);
		await m.leaveMessage({ mailboxId: await m.mailboxIdOf(unwatched) });
		await m.leaveMessage({ mailboxId, phoneNumber: watched });
		await m.mailboxes.remove(m.who, watched, undefined);
		await until("two notices", 5_000, async () => heard.length >= 3);
		expect(heard).toEqual([undefined, mailboxId, mailboxId]);
	});
});
