/** NOTIFY without a subscription, on real sockets and a real database. */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { sql } from "kysely";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { silentLog } from "../../src/domain/index.ts";
import { afterTelling } from "../../src/lamps/announcement.ts";
import { createAnnouncer, type LampMailboxes } from "../../src/lamps/index.ts";
import { LAMP_LIMITS } from "../../src/lamps/limits.ts";
import { createLampNewsRows } from "../../src/platform/lamp-news-rows.ts";
import { startSipUserAgent } from "../../src/sip/index.ts";
import { openMailboxes, type TestMailboxes } from "../mailbox/support.ts";
import { until } from "../support/platform.ts";

describe("a number that was told", () => {
	const told = (status: number, retryAfterMs?: number) => ({ status, retryAfterMs });
	test.each([
		[200, "done"],
		[404, "done"],
		[480, "done"],
		[481, "done"],
		[489, "done"],
		[603, "done"],
		[408, "again"],
		[503, "again"],
		[500, "again"],
	])("%i: %s", (status, next) => {
		expect(afterTelling(0, [told(200), told(status)]).next).toBe(next);
	});

	test("is tried again after ever longer, or as long as the proxy asks, and then given up", () => {
		const waits = LAMP_LIMITS.newsRetriesMs.map((_, attempts) => afterTelling(attempts, [told(408)]));
		expect(waits).toEqual(LAMP_LIMITS.newsRetriesMs.map((afterMs) => ({ next: "again", afterMs })));
		expect(afterTelling(waits.length, [told(408)])).toEqual({ next: "givenUp" });
		expect(afterTelling(0, [told(503, 30_000)])).toEqual({ next: "again", afterMs: 30_000 });
		expect(afterTelling(0, [told(503, 1e9)])).toEqual({ next: "again", afterMs: LAMP_LIMITS.retryAfterMsMax });
	});
});

let m: TestMailboxes;
beforeAll(async () => {
	m = await openMailboxes();
});
afterAll(() => m[Symbol.asyncDispose]());
beforeEach(() => sql`delete from lamp_news`.execute(m.store.db));

/** A proxy that answers as it is told to. */
async function startProxy() {
	const socket = createSocket("udp4").bind(0, "127.0.0.1");
	await once(socket, "listening");
	const seen = new Set<string>();
	const proxy = {
		port: socket.address().port,
		heard: [] as string[],
		whole: [] as string[],
		answerWith: "200 OK",
		[Symbol.asyncDispose]: async () => void socket.close(),
	};
	socket.on("message", (octets: Buffer, from) => {
		const text = octets.toString();
		const kept = text.split("\r\n").filter((line) => /^(via|from|to|call-id|cseq):/i.test(line));
		const answer = `SIP/2.0 ${proxy.answerWith}\r\n${kept.join("\r\n")}\r\nContent-Length: 0\r\n\r\n`;
		socket.send(answer, from.port, from.address);
		const callId = /^Call-ID: (.*)\r$/m.exec(text)![1]!;
		if (seen.has(callId)) return;
		seen.add(callId);
		const number = /^NOTIFY sip:(\+\d+)@/.exec(text)?.[1];
		proxy.heard.push(`${number} ${/^Voice-Message: (\S+)/m.exec(text)?.[1]}`);
		proxy.whole.push(text);
	});
	return proxy;
}

async function startNode(ports: readonly number[], mailboxes: LampMailboxes = m.mailboxes) {
	const agent = await startSipUserAgent({
		listen: [{ transport: "udp", host: "127.0.0.1", port: 0 }],
		isTrusted: () => true,
		onCall: (call) => call.reject(486),
		log: silentLog,
	});
	const announcer = createAnnouncer({
		routes: ports.map((port) => ({ transport: "udp", host: "127.0.0.1", port })),
		mailboxes,
		rows: createLampNewsRows(m.store.db),
		log: silentLog,
		mask: (number) => number ?? "",
	});
	await announcer.start(agent);
	const listening = await m.store.listen("afterbeep_lamp_news", () => announcer.wake());
	return {
		counters: () => announcer.counters(),
		[Symbol.asyncDispose]: async () => {
			await listening[Symbol.asyncDispose]();
			await announcer[Symbol.asyncDispose]();
			await agent[Symbol.asyncDispose]();
		},
	};
}

async function newMailbox() {
	const number = await m.nextNumber();
	await m.activate({}, number);
	return { number, mailboxId: await m.mailboxIdOf(number) };
}
const heard = (proxy: { heard: string[] }, line: string) => until(line, 15_000, async () => proxy.heard.includes(line));
const rowsLeft = async () => (await sql`select 1 from lamp_news`.execute(m.store.db)).rows.length;

describe("proxies", () => {
	test("are all told every change of a mailbox, its end and its move included, by one of the nodes", async () => {
		await using one = await startProxy();
		await using two = await startProxy();
		await using _a = await startNode([one.port, two.port]);
		await using _b = await startNode([one.port, two.port]);
		const { number, mailboxId } = await newMailbox();
		const messageId = await m.leaveMessage({ mailboxId, phoneNumber: number });
		await heard(one, `${number} 1/0`);
		await m.mailboxes.setStatus(mailboxId, messageId, "Saved");
		await heard(one, `${number} 0/1`);
		const next = await m.nextNumber();
		await m.store.transaction((tx) => m.mailboxes.numberHooks.onNumberMoved(tx, number, next));
		await heard(one, `${next} 0/1`);
		await heard(one, `${number} 0/0`);
		await m.mailboxes.remove(m.who, next, undefined);
		await heard(one, `${next} 0/0`);
		await until("nothing is left to tell", 15_000, async () => (await rowsLeft()) === 0);
		expect(new Set(two.heard)).toEqual(new Set(one.heard));
		expect(new Set(one.heard).size).toBe(5);
		expect(one.whole[0]).toMatch(/^Subscription-State: terminated\r$/m);
		expect(one.whole[0]).toMatch(/^Event: message-summary\r$/m);
		expect(one.whole[0]).toMatch(/^To: <sip:\+\d+@127\.0\.0\.1>\r$/m);
	});

	test("that fail are asked again, with the counts of then; a refusal is an answer", async () => {
		await using proxy = await startProxy();
		proxy.answerWith = "503 Service Unavailable";
		await using node = await startNode([proxy.port]);
		const { number, mailboxId } = await newMailbox();
		await m.leaveMessage({ mailboxId, phoneNumber: number });
		await heard(proxy, `${number} 1/0`);
		await until("the failure is written down", 10_000, async () => (node.counters().newsFailed ?? 0) > 0);
		proxy.answerWith = "480 Temporarily Unavailable";
		await m.leaveMessage({ mailboxId, phoneNumber: number });
		await heard(proxy, `${number} 2/0`);
		await until("nothing is left to tell", 10_000, async () => (await rowsLeft()) === 0);
	});

	test("are told nothing while the counts can not be read, and the right ones when they can", async () => {
		await using proxy = await startProxy();
		let broken = true;
		const reading: LampMailboxes["lampReading"] = (id) =>
			broken ? Promise.reject(new Error("no database")) : m.mailboxes.lampReading(id);
		await using node = await startNode([proxy.port], { find: m.mailboxes.find, lampReading: reading });
		const { number, mailboxId } = await newMailbox();
		await m.leaveMessage({ mailboxId, phoneNumber: number });
		await until("a failure", 10_000, async () => (node.counters().newsFailed ?? 0) > 0);
		expect(proxy.heard).toEqual([]);
		broken = false;
		await sql`update lamp_news set claimed_until = now()`.execute(m.store.db); // the lease runs out
		await heard(proxy, `${number} 1/0`);
	});

	test("hear what changed while no node was there; without proxies nothing is written down", async () => {
		await using proxy = await startProxy();
		const first = await startNode([proxy.port]);
		await first[Symbol.asyncDispose]();
		const { number, mailboxId } = await newMailbox();
		await m.leaveMessage({ mailboxId, phoneNumber: number });
		expect(await rowsLeft()).toBe(1);
		const second = await startNode([proxy.port]);
		await heard(proxy, `${number} 1/0`);
		await second[Symbol.asyncDispose]();
		const third = await startNode([]);
		await m.leaveMessage({ mailboxId, phoneNumber: number });
		expect(await rowsLeft()).toBe(0);
		await third[Symbol.asyncDispose]();
	});
});
