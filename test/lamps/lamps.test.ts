/** Lamps on real sockets and a real database: nodes that crash, phones that share a mailbox, counts that can not be read. */
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { sql } from "kysely";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { silentLog, systemClock } from "../../src/domain/index.ts";
import { createLamps, LAMP_EVENTS, type LampMailboxes, type LampPeer } from "../../src/lamps/index.ts";
import { createLampRows } from "../../src/platform/lamp-rows.ts";
import { startSipUserAgent } from "../../src/sip/index.ts";
import { openMailboxes, type TestMailboxes } from "../mailbox/support.ts";
import { until } from "../support/platform.ts";

let m: TestMailboxes;
beforeAll(async () => {
	m = await openMailboxes();
});
afterAll(() => m[Symbol.asyncDispose]());
// What the nodes of one test leave behind is not for those of the next to take over.
beforeEach(() => sql`delete from lamp_subscriptions`.execute(m.store.db));

/** A node: its SIP agent and its lamps. `crash` closes its sockets and leaves its lease as it is. */
async function startNode(name: string, mailboxes: LampMailboxes = m.mailboxes) {
	let address = "";
	const rows = createLampRows({ store: m.store, node: name, address: () => address, alone: false });
	const lamps = createLamps({
		mailboxes,
		rows,
		clock: systemClock,
		log: silentLog,
		mask: (number) => number ?? "",
	});
	const policy = { plan: { country: "US", extensions: {} }, assertsIdentity: true, earlyMedia: false };
	const agent = await startSipUserAgent<LampPeer>({
		listen: [{ transport: "udp", host: "127.0.0.1", port: 0 }],
		isTrusted: () => true,
		peers: { of: () => ({ name: "phone", policy }) },
		onCall: (call) => call.reject(486),
		subscriptions: { events: LAMP_EVENTS, onSubscribe: (subscribe) => lamps.take(subscribe) },
		log: silentLog,
	});
	const { port } = agent.listening[0]!;
	address = `udp:127.0.0.1:${port}`;
	await lamps.start(agent);
	const listening = await m.store.listen("afterbeep_lamps", (mailboxId) => lamps.changed(mailboxId));
	return {
		port,
		lamps,
		crash: async () => {
			await agent[Symbol.asyncDispose]();
			await sql`update lamp_nodes set lease_until = now() - interval '1 second' where node = ${name}`.execute(
				m.store.db,
			);
		},
		[Symbol.asyncDispose]: async () => {
			await listening[Symbol.asyncDispose]();
			await lamps[Symbol.asyncDispose]();
			await agent[Symbol.asyncDispose]();
		},
	};
}

interface Phone extends AsyncDisposable {
	subscribe(port: number, number: string): void;
	/** Each NOTIFY, by CSeq number, once: `1: active 0/0 from 5060`. */
	readonly notifies: string[];
	answerWith: string;
}

async function startPhone(): Promise<Phone> {
	const socket: Socket = createSocket("udp4").bind(0, "127.0.0.1");
	await once(socket, "listening");
	const { port } = socket.address();
	const seen = new Set<string>();
	const phone: Phone = {
		notifies: [],
		answerWith: "200 OK",
		subscribe: (to, number) =>
			socket.send(
				[
					`SUBSCRIBE sip:${number}@127.0.0.1:${to} SIP/2.0`,
					`Via: SIP/2.0/UDP 127.0.0.1:${port};branch=z9hG4bK-${port};rport`,
					`From: <sip:${number}@vm.example.com>;tag=${port}`,
					`To: <sip:${number}@vm.example.com>`,
					`Call-ID: phone-${port}`,
					"CSeq: 1 SUBSCRIBE",
					`Contact: <sip:phone@127.0.0.1:${port}>`,
					"Event: message-summary",
					"Content-Length: 0\r\n\r\n",
				].join("\r\n"),
				to,
				"127.0.0.1",
			),
		[Symbol.asyncDispose]: async () => {
			socket.close();
		},
	};
	socket.on("message", (octets: Buffer, from) => {
		const text = octets.toString();
		if (!text.startsWith("NOTIFY ")) return;
		const kept = text.split("\r\n").filter((line) => /^(via|from|to|call-id|cseq):/i.test(line));
		socket.send(
			`SIP/2.0 ${phone.answerWith}\r\n${kept.join("\r\n")}\r\nContent-Length: 0\r\n\r\n`,
			from.port,
			from.address,
		);
		const of = (pattern: RegExp) => pattern.exec(text)?.[1];
		const cseq = of(/^CSeq: (\d+)/m)!;
		if (seen.has(cseq)) return;
		seen.add(cseq);
		const state = of(/^Subscription-State: (.*?)(?:;expires=\d+)?\r$/m);
		const contact = of(/^Contact: <sip:[^>]*:(\d+)>/m);
		phone.notifies.push(`${cseq}: ${state} ${of(/^Voice-Message: (\S+)/m) ?? "no counts"} from ${contact}`);
	});
	return phone;
}

async function newMailbox(): Promise<{ readonly number: string; readonly mailboxId: string }> {
	const number = await m.nextNumber();
	await m.activate({}, number);
	return { number, mailboxId: await m.mailboxIdOf(number) };
}

const told = (phone: Phone, count: number) =>
	until(`${count} NOTIFY requests`, 10_000, async () => phone.notifies.length >= count);

describe("phones", () => {
	test("of one mailbox are all told, also at another node, and until the mailbox is removed", async () => {
		await using a = await startNode("a1");
		await using b = await startNode("b1");
		await using phone = await startPhone();
		await using other = await startPhone();
		const { number, mailboxId } = await newMailbox();
		phone.subscribe(a.port, number);
		other.subscribe(b.port, number);
		await told(phone, 1);
		await told(other, 1);
		const messageId = await m.leaveMessage({ mailboxId, phoneNumber: number });
		await told(phone, 2);
		await told(other, 2);
		await m.mailboxes.setStatus(mailboxId, messageId, "Saved");
		await told(phone, 3);
		await told(other, 3);
		await m.mailboxes.remove(m.who, number, undefined);
		await told(phone, 4);
		await told(other, 4);
		const expected = (port: number) => [
			`1: active 0/0 from ${port}`,
			`2: active 1/0 from ${port}`,
			`3: active 0/1 from ${port}`,
			`4: terminated;reason=noresource no counts from ${port}`,
		];
		expect(phone.notifies).toEqual(expected(a.port));
		expect(other.notifies).toEqual(expected(b.port));
	});

	test("of a node that crashed are told by another one, which goes on numbering and names itself", async () => {
		await using a = await startNode("a2");
		await using phone = await startPhone();
		const { number, mailboxId } = await newMailbox();
		phone.subscribe(a.port, number);
		await told(phone, 1);
		await a.crash();
		await m.leaveMessage({ mailboxId, phoneNumber: number });
		await using b = await startNode("b2");
		await told(phone, 2);
		expect(phone.notifies[0]).toBe(`1: active 0/0 from ${a.port}`);
		// The crashed one may have written down a number that it could not send.
		expect(phone.notifies[1]).toMatch(new RegExp(`^[23]: active 1/0 from ${b.port}$`));
	});

	test("are told nothing while the counts can not be read, and the right ones afterwards", async () => {
		const trouble = { on: false, readings: 0 };
		const unreliable: LampMailboxes = {
			find: (numbers) => m.mailboxes.find(numbers),
			lampReading: async (mailboxId) => {
				trouble.readings++;
				if (trouble.on) throw new Error("the database is away");
				return m.mailboxes.lampReading(mailboxId);
			},
		};
		await using a = await startNode("a3", unreliable);
		await using phone = await startPhone();
		const { number, mailboxId } = await newMailbox();
		phone.subscribe(a.port, number);
		await told(phone, 1);
		trouble.on = true;
		trouble.readings = 0;
		await m.leaveMessage({ mailboxId, phoneNumber: number });
		await until("a reading that failed", 5_000, async () => trouble.readings > 0);
		trouble.on = false;
		await m.leaveMessage({ mailboxId, phoneNumber: number });
		await told(phone, 2);
		expect(phone.notifies[1]).toBe(`2: active 2/0 from ${a.port}`);
	});

	test("that answer 481 to a NOTIFY are forgotten, row and all", async () => {
		await using a = await startNode("a4");
		await using phone = await startPhone();
		const { number } = await newMailbox();
		phone.answerWith = "481 Gone";
		phone.subscribe(a.port, number);
		await told(phone, 1);
		await until("the lamp is gone", 5_000, async () => a.lamps.counters().lampsHeld === 0);
		const left = await m.store.db.selectFrom("lampSubscriptions").select("id").where("node", "=", "a4").execute();
		expect(left).toEqual([]);
	});
});
