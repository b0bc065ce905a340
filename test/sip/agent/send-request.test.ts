/** Where our requests in a dialog go: RFC 3263 §4.3 and RFC 3261 §18.1.1, on real sockets with a name server of our own. */
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { createServer, type Socket as Stream } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { type IncomingCall, type SipUserAgent, startSipUserAgent } from "../../../src/sip/index.ts";
import { type DnsRecord, startDnsServer } from "../../support/dns-server.ts";
import { request, SDP } from "./wire.ts";

const opened: { close(): unknown }[] = [];
afterEach(async () => {
	for (const one of opened.splice(0).reverse()) await one.close();
});

interface Phone {
	readonly port: number;
	readonly received: string[];
	/** The first message received that starts so. */
	first(start: string): Promise<string>;
	send(text: string, port: number): void;
}

/** @param answer status line's status for each BYE; undefined stays silent. */
async function phone(answer: number | undefined): Promise<Phone> {
	const socket: Socket = createSocket("udp4");
	opened.push({ close: () => socket.close() });
	const received: string[] = [];
	socket.on("message", (octets, from) => {
		const text = String(octets);
		received.push(text);
		if (text.startsWith("BYE") && answer !== undefined) {
			socket.send(text.replace(/^BYE .*\r\n/, `SIP/2.0 ${answer} Answer\r\n`), from.port, from.address);
		}
	});
	socket.bind(0, "127.0.0.1");
	await once(socket, "listening");
	return {
		port: socket.address().port,
		received,
		first: async (start) => {
			for (;;) {
				const found = received.find((text) => text.startsWith(start));
				if (found !== undefined) return found;
				await once(socket, "message", { signal: AbortSignal.timeout(10_000) });
			}
		},
		send: (text, port) => socket.send(text, port, "127.0.0.1"),
	};
}

interface Started {
	readonly agent: SipUserAgent;
	readonly port: number;
	/** A call of the phone, confirmed, whose requests go to this Contact. */
	call(from: Phone, contact: string, more?: readonly string[]): Promise<IncomingCall>;
}

let calls = 0;

async function start(records: Readonly<Record<string, readonly DnsRecord[]>> = {}, t1Ms = 500): Promise<Started> {
	const dns = await startDnsServer(records);
	opened.push({ close: () => dns[Symbol.asyncDispose]() });
	const quiet = (): void => {};
	const waiting = new Map<string, (call: IncomingCall) => void>();
	const agent = await startSipUserAgent({
		listen: [
			{ transport: "udp", host: "127.0.0.1", port: 0 },
			{ transport: "tcp", host: "127.0.0.1", port: 0 },
		],
		isTrusted: () => true,
		log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
		dnsServers: [dns.address],
		t1Ms,
		onCall: (call) => {
			call.handlers = { onConfirmed: () => waiting.get(call.callId)?.(call) };
			call.answer(SDP);
		},
	});
	opened.push({ close: () => agent[Symbol.asyncDispose]() });
	const port = agent.listening[0]?.port ?? 0;
	return {
		agent,
		port,
		call: async (from, contact, more = []) => {
			const callId = `call-${++calls}`;
			const confirmed = new Promise<IncomingCall>((resolve) => waiting.set(callId, resolve));
			const parts = { callId, contact, more };
			from.send(request("INVITE", { ...parts, body: SDP }), port);
			while (!from.received.some((text) => text.startsWith("SIP/2.0 200") && text.includes(callId))) {
				await from.first("SIP/2.0 200");
				await new Promise((resolve) => setTimeout(resolve, 5));
			}
			const accepted = from.received.find((text) => text.startsWith("SIP/2.0 200") && text.includes(callId));
			from.send(request("ACK", { ...parts, toTag: `;tag=${/To: .*;tag=(\w+)/.exec(accepted ?? "")?.[1]}` }), port);
			return confirmed;
		},
	};
}

const srv = (priority: number, port: number): DnsRecord => ({
	type: "SRV",
	priority,
	weight: 0,
	port,
	target: "host.test",
});
const HOST = { "host.test": [{ type: "A", address: "127.0.0.1" }] } as const;
const branchOf = (text: string): string => /branch=(\S+?);/.exec(text)?.[1] ?? "";

describe("a BYE to a name", () => {
	test("that nobody answers goes on to the next target with a branch of its own; the next BYE spares the dead one", async () => {
		const [caller, dead, alive] = [await phone(undefined), await phone(undefined), await phone(200)];
		// 64*T1 is how long the dead one is waited for.
		const { call } = await start({ ...HOST, "_sip._udp.phones.test": [srv(1, dead.port), srv(2, alive.port)] }, 40);
		(await call(caller, "<sip:100@phones.test;transport=udp>")).hangUp();
		const [lost, taken] = [await dead.first("BYE"), await alive.first("BYE")];
		expect(branchOf(taken)).not.toBe(branchOf(lost));
		const without = (text: string): string => text.replace(/^Via.*$/m, "");
		expect(without(taken)).toBe(without(lost));
		const sent = dead.received.length;
		(await call(caller, "<sip:100@phones.test;transport=udp>")).hangUp();
		while (alive.received.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
		expect(dead.received.length).toBe(sent);
	});

	test("that is answered 503 goes on to the next target; any other answer is final", async () => {
		const [caller, full, gone, never] = [await phone(undefined), await phone(503), await phone(481), await phone(200)];
		const targets = [srv(1, full.port), srv(2, gone.port), srv(3, never.port)];
		const { call, agent } = await start({ ...HOST, "_sip._udp.phones.test": targets });
		(await call(caller, "<sip:100@phones.test;transport=udp>")).hangUp();
		await gone.first("BYE");
		await agent[Symbol.asyncDispose]();
		expect(never.received).toEqual([]);
	});

	test("that leads nowhere goes back the way that the dialog came by", async () => {
		const caller = await phone(200);
		const { call } = await start();
		(await call(caller, "<sip:100@pbx.internal>")).hangUp();
		expect(await caller.first("BYE")).toContain("BYE sip:100@pbx.internal SIP/2.0");
	});

	test("goes by the topmost Route of its dialog, not by the target", async () => {
		const [caller, proxy] = [await phone(undefined), await phone(200)];
		const { call } = await start({ ...HOST, "_sip._udp.proxy.test": [srv(1, proxy.port)] });
		const more = ["Record-Route: <sip:proxy.test;transport=udp;lr>"];
		(await call(caller, "<sip:100@192.0.2.99>", more)).hangUp();
		const bye = await proxy.first("BYE");
		expect(bye).toContain("BYE sip:100@192.0.2.99 SIP/2.0");
		expect(bye).toContain("Route: <sip:proxy.test;transport=udp;lr>");
	});
});

describe("a request that is too large for a datagram (RFC 3261 §18.1.1)", () => {
	const large = (port: number): string => `<sip:${"1".repeat(1_400)}@127.0.0.1:${port}>`;

	test("goes by TCP, and says so in its Via", async () => {
		const caller = await phone(200);
		const server = createServer();
		server.listen(caller.port, "127.0.0.1");
		await once(server, "listening");
		opened.push({ close: () => server.close() });
		const { call } = await start();
		const incoming = await call(caller, large(caller.port));
		const connected = once(server, "connection");
		incoming.hangUp();
		const [connection] = (await connected) as [Stream];
		opened.push({ close: () => connection.destroy() });
		expect(String((await once(connection, "data"))[0])).toMatch(/^BYE [^\r]*\r\nVia: SIP\/2\.0\/TCP 127\.0\.0\.1:/);
		expect(caller.received.some((text) => text.startsWith("BYE"))).toBe(false);
	});

	test("goes by UDP where the peer has no TCP", async () => {
		const caller = await phone(200);
		const { call } = await start();
		(await call(caller, large(caller.port))).hangUp();
		expect(await caller.first("BYE")).toMatch(/\r\nVia: SIP\/2\.0\/UDP /);
	});
});

describe("a datagram that is too large", () => {
	const ask = async (message: string): Promise<string> => {
		const [caller, { port }] = [await phone(undefined), await start()];
		caller.send(message, port);
		return caller.first("SIP/2.0 ");
	};
	const whole = (userBytes: number): string =>
		request("OPTIONS", { more: [`Subject: ${"x".repeat(userBytes)}`], body: SDP });

	test.each([
		["was cut in its body", whole(1_300).slice(0, -40)],
		["was cut in its header", whole(1_300).slice(0, 1_350)],
		["leaves no room for its answer", request("OPTIONS", { more: Array<string>(8).fill(`X: ${"x".repeat(7_900)}`) })],
	])("because it %s gets 513, so that its sender turns to TCP", async (_why, message) => {
		expect(await ask(message)).toMatch(
			/^SIP\/2\.0 513 Message Too Large For UDP\r\nVia: SIP\/2\.0\/UDP 192\.0\.2\.9:5062;branch=/,
		);
	});

	test("a small one with a wrong Content-Length is badly written: 400 (§18.3)", async () => {
		expect(await ask(whole(10).slice(0, -40))).toMatch(/^SIP\/2\.0 400 /);
	});

	test("one whole of some kilobytes is taken", async () => {
		expect(await ask(whole(6_000))).toMatch(/^SIP\/2\.0 200 /);
	});
});
