/** The user agent on real sockets of this machine. */
import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { afterEach, describe, expect, test } from "vitest";
import {
	type IncomingCall,
	type ListenAddress,
	parseListenAddress,
	type SipUserAgent,
	type SipUserAgentOptions,
	startSipUserAgent,
} from "../../../src/sip/index.ts";
import { hasIpv6 } from "../../support/tools.ts";
import { request, SDP } from "../agent/wire.ts";

const opened: { close(): unknown }[] = [];
afterEach(async () => {
	for (const one of opened.splice(0).reverse()) await one.close();
});

const UDP: ListenAddress = { transport: "udp", host: "127.0.0.1", port: 0 };
const TCP: ListenAddress = { transport: "tcp", host: "127.0.0.1", port: 0 };

interface Started {
	readonly agent: SipUserAgent;
	readonly port: number;
	readonly calls: IncomingCall[];
	readonly warnings: string[];
}

async function start(options: Partial<SipUserAgentOptions> = {}): Promise<Started> {
	const calls: IncomingCall[] = [];
	const warnings: string[] = [];
	const log = {
		debug: () => {},
		info: () => {},
		warn: (_: object, text: string) => warnings.push(text),
		error: (_: object, text: string) => warnings.push(text),
	};
	const agent = await startSipUserAgent({
		listen: [UDP],
		isTrusted: () => true,
		log,
		onCall: (call) => {
			calls.push(call);
			call.answer(SDP);
		},
		...options,
	});
	opened.push({ close: () => agent[Symbol.asyncDispose]() });
	return { agent, port: agent.listening[0]?.port ?? 0, calls, warnings };
}

async function udpPeer(): Promise<{
	readonly socket: UdpSocket;
	readonly port: number;
	ask(text: string, port: number): Promise<string>;
}> {
	const socket = createSocket("udp4");
	opened.push({ close: () => socket.close() });
	socket.bind(0, "127.0.0.1");
	await once(socket, "listening");
	return {
		socket,
		port: socket.address().port,
		ask: async (text, port) => {
			const answer = once(socket, "message");
			socket.send(Buffer.from(text, "latin1"), port, "127.0.0.1");
			return String((await answer)[0]);
		},
	};
}

async function tcpPeer(
	port: number,
): Promise<{ readonly socket: Socket; readonly received: () => string; until(text: string): Promise<string> }> {
	const socket = connect(port, "127.0.0.1");
	opened.push({ close: () => socket.destroy() });
	await once(socket, "connect");
	let received = "";
	socket.on("error", () => {});
	socket.on("data", (octets) => {
		received += octets.toString("latin1");
	});
	return {
		socket,
		received: () => received,
		until: async (text) => {
			while (!received.includes(text)) await once(socket, "data", { signal: AbortSignal.timeout(5_000) });
			return received;
		},
	};
}

describe("trust", () => {
	test("a datagram of an unknown source is dropped unanswered, counted, and warned of once a minute with the line that admits it", async () => {
		const asked: string[] = [];
		const isTrusted = (address: string): boolean => {
			asked.push(address);
			return asked.length > 3;
		};
		const { agent, port, warnings } = await start({ isTrusted });
		const peer = await udpPeer();
		for (let i = 0; i < 3; i++) peer.socket.send(request("OPTIONS"), port, "127.0.0.1");
		const answer = await peer.ask(request("OPTIONS", { callId: "trusted" }), port);
		expect(answer).toContain("Call-ID: trusted");
		expect(asked).toEqual(Array(4).fill("127.0.0.1"));
		expect(agent.counters()).toMatchObject({ untrustedDropped: 3, sipRequestsReceived: 1 });
		expect(agent.refusedSources()).toMatchObject([{ address: "127.0.0.1", transport: "udp", count: 3 }]);
		expect(warnings).toHaveLength(1);
		expect(warnings[0]).toContain("AFTERBEEP_SIP_PEERS=127.0.0.1");
	});

	test("a connection of an unknown source is closed", async () => {
		const { agent, port } = await start({ listen: [TCP], isTrusted: () => false });
		const { socket } = await tcpPeer(port);
		await once(socket, "close");
		expect(agent.refusedSources()).toMatchObject([{ transport: "tcp", count: 1 }]);
	});
});

describe("responses over UDP go", () => {
	test("to the source port where rport asks for it (RFC 3581 §4)", async () => {
		const { port } = await start();
		const peer = await udpPeer();
		const answer = await peer.ask(request("OPTIONS"), port);
		expect(answer).toMatch(/^SIP\/2\.0 200 OK\r\n/);
		expect(answer).toContain(`;rport=${peer.port};received=127.0.0.1`);
	});

	test("to the port of sent-by otherwise (RFC 3261 §18.2.2)", async () => {
		const { port } = await start();
		const [sender, receiver] = [await udpPeer(), await udpPeer()];
		const answer = once(receiver.socket, "message");
		sender.socket.send(request("OPTIONS").replace(/5062(;branch=.*);rport/, `${receiver.port}$1`), port, "127.0.0.1");
		expect(String((await answer)[0])).toMatch(/^SIP\/2\.0 200 OK\r\n/);
	});
});

describe("the address that peers are told", () => {
	test("is the one of the route to the peer where the bind is a wildcard", async () => {
		const { calls, port } = await start({ listen: [{ transport: "udp", host: "0.0.0.0", port: 0 }] });
		const peer = await udpPeer();
		const received: string[] = [];
		peer.socket.on("message", (octets) => received.push(String(octets)));
		peer.socket.send(request("INVITE", { body: SDP }), port, "127.0.0.1");
		while (!received.some((text) => text.includes("200 OK"))) await once(peer.socket, "message");
		expect(calls[0]?.localAddress).toBe("127.0.0.1");
		expect(received.join("")).toContain(`Contact: <sip:127.0.0.1:${port}>`);
	});

	test("is the IPv4 one for an IPv4 peer of a dual-stack socket", async () => {
		const { calls, port } = await start({ listen: [{ transport: "udp", host: "::", port: 0 }] });
		const peer = await udpPeer();
		peer.socket.send(request("INVITE", { body: SDP }), port, "127.0.0.1");
		const [trying] = await once(peer.socket, "message");
		expect(String(trying)).toContain("received=127.0.0.1");
		expect(calls[0]).toMatchObject({ localAddress: "127.0.0.1", source: { address: "127.0.0.1" } });
	});

	test("is the advertised one where that is set", async () => {
		const { calls, port } = await start({ advertise: "sip.example.net:5099" });
		const peer = await udpPeer();
		const received: string[] = [];
		peer.socket.on("message", (octets) => received.push(String(octets)));
		peer.socket.send(request("INVITE", { body: SDP }), port, "127.0.0.1");
		while (!received.some((text) => text.includes("200 OK"))) await once(peer.socket, "message");
		expect(calls[0]?.localAddress).toBe("sip.example.net");
		expect(received.join("")).toContain("Contact: <sip:sip.example.net:5099>");
	});
});

describe.skipIf(!hasIpv6())("IPv6", () => {
	const UDP6: ListenAddress = { transport: "udp", host: "::1", port: 0 };
	const ask6 = async (text: string, port: number): Promise<string> => {
		const socket = createSocket("udp6");
		opened.push({ close: () => socket.close() });
		const answer = once(socket, "message");
		socket.send(Buffer.from(text, "latin1"), port, "::1");
		return String((await answer)[0]);
	};

	test("received has no brackets, Contact and Via have (RFC 5118 §4.5)", async () => {
		const { port, agent } = await start({ listen: [UDP6], onCall: (call) => call.progress(180) });
		const trying = await ask6(request("INVITE", { body: SDP }).replace("192.0.2.9:5062", "[2001:db8::9]:5062"), port);
		expect(trying).toMatch(/Via: SIP\/2\.0\/UDP \[2001:db8::9\]:5062;branch=\S+;rport=\d+;received=::1\r\n/);
		const socket = createSocket("udp6");
		opened.push({ close: () => socket.close() });
		socket.bind(0, "::1");
		await once(socket, "listening");
		const invite = once(socket, "message");
		agent.placeCall({
			uri: "sip:1@[::1]",
			next: { transport: "udp", host: "[::1]", port: socket.address().port },
			from: "<sip:2@[::1]>",
			sdp: SDP,
			handlers: {},
		});
		const text = String((await invite)[0]);
		expect(text).toContain(`Via: SIP/2.0/UDP [::1]:${port};branch=`);
		expect(text).toContain(`Contact: <sip:[::1]:${port}>`);
	});

	test("sent-by that is the source, in brackets, gets no received", async () => {
		const { port } = await start({ listen: [UDP6] });
		const socket = createSocket("udp6");
		opened.push({ close: () => socket.close() });
		socket.bind(0, "::1");
		await once(socket, "listening");
		const answer = once(socket, "message");
		const sentBy = `[::1]:${socket.address().port}`;
		socket.send(request("OPTIONS").replace("192.0.2.9:5062", sentBy).replace(";rport", ""), port, "::1");
		expect(String((await answer)[0])).toMatch(/Via: SIP\/2\.0\/UDP \[::1\]:\d+;branch=[^;\r]+\r\n/);
	});
});

describe("several listen addresses", () => {
	test.skipIf(!hasIpv6())("each tells what it advertises, the others what holds for all of their family", async () => {
		const listen: ListenAddress[] = [
			{ ...UDP, advertise: "203.0.113.7:5070" },
			UDP,
			{ ...UDP, host: "127.0.0.2" },
			{ transport: "udp", host: "::1", port: 0 },
		];
		const { agent, calls } = await start({ listen, advertise: ["198.51.100.1:5090"] });
		const contacts: string[] = [];
		for (const { host, port } of agent.listening) {
			const socket = createSocket(host === "::1" ? "udp6" : "udp4");
			opened.push({ close: () => socket.close() });
			const accepted = new Promise<string>((resolve) => {
				socket.on("message", (octets) => {
					if (String(octets).includes("Contact: ")) resolve(String(octets));
				});
			});
			socket.send(request("INVITE", { callId: `call-${port}`, body: SDP }), port, host);
			contacts.push(/Contact: <sip:(.*)>/.exec(await accepted)?.[1] ?? "");
		}
		const v6 = agent.listening[3]?.port;
		expect(contacts).toEqual(["203.0.113.7:5070", "198.51.100.1:5090", "198.51.100.1:5090", `[::1]:${v6}`]);
		expect(calls.map((call) => call.localAddress)).toEqual(["203.0.113.7", "198.51.100.1", "198.51.100.1", "::1"]);
	});

	test("a request of ours goes by the socket on the route to its next hop", async () => {
		const { agent } = await start({ listen: [{ ...UDP, host: "127.0.0.2" }, UDP] });
		const peer = await udpPeer();
		const invite = once(peer.socket, "message");
		agent.placeCall({
			uri: "sip:1@127.0.0.1",
			next: { transport: "udp", host: "127.0.0.1", port: peer.port },
			from: "<sip:2@127.0.0.1>",
			sdp: SDP,
			handlers: {},
		});
		const [, from] = (await invite) as [Buffer, { port: number }];
		expect(from.port).toBe(agent.listening[1]?.port);
		const notified = new Promise<number>((resolve) => {
			peer.socket.on("message", (octets, { port }) => {
				if (String(octets).startsWith("NOTIFY")) resolve(port);
			});
		});
		agent.notify({
			dialog: {
				callId: "lamp",
				localTag: "a",
				remoteTag: "b",
				localParty: "<sip:1@127.0.0.1>;tag=a",
				remoteParty: "<sip:2@127.0.0.1>;tag=b",
				routeSet: [],
				remoteTarget: `sip:2@127.0.0.1:${peer.port}`,
				localCseq: 1,
				remoteCseq: 1,
			},
			cseq: 1,
			path: { transport: "udp", address: "127.0.0.1", port: peer.port },
			headers: [],
			onFinal: () => {},
		});
		expect(await notified).toBe(agent.listening[1]?.port);
	});
});

describe("TCP", () => {
	test("answers on the connection, messages in pieces and together, pings between them", async () => {
		const { port } = await start({ listen: [TCP] });
		const { socket, until, received } = await tcpPeer(port);
		const first = request("OPTIONS", { callId: "one" });
		socket.write(first.slice(0, 40));
		await wait(20);
		socket.write(
			`${first.slice(40)}\r\n\r\n${request("OPTIONS", { callId: "two" })}${request("OPTIONS", { callId: "three" })}`,
		);
		await until("Call-ID: three");
		expect(received().match(/SIP\/2\.0 200 OK/g)).toHaveLength(3);
		expect(received()).toContain("\r\n\r\n\r\nSIP/2.0 200 OK");
	});

	test("a stream that cannot be followed is answered and closed", async () => {
		const { port } = await start({ listen: [TCP] });
		const { socket, received } = await tcpPeer(port);
		socket.write(request("OPTIONS").replace(/Content-Length.*\r\n/, ""));
		await once(socket, "close");
		expect(received()).toMatch(/^SIP\/2\.0 400 Missing Content-Length\r\n/);
	});

	test("a response whose connection is gone goes to sent-by on a new one (RFC 3261 §18.2.2)", async () => {
		const calls: IncomingCall[] = [];
		const { port } = await start({ listen: [TCP], onCall: (call) => calls.push(call) });
		const server = createServer();
		server.listen(0, "127.0.0.1");
		await once(server, "listening");
		opened.push({ close: () => server.close() });
		const address = server.address();
		const back = address !== null && typeof address === "object" ? address.port : 0;
		const { socket, until } = await tcpPeer(port);
		socket.write(request("INVITE", { body: SDP }).replace("UDP 192.0.2.9:5062", `TCP 192.0.2.9:${back}`));
		await until("100 Trying");
		socket.destroy();
		await wait(50);
		const [accepted] = await Promise.all([once(server, "connection"), calls[0]?.reject(486)]);
		const connection = accepted[0] as Socket;
		opened.push({ close: () => connection.destroy() });
		expect(String((await once(connection, "data"))[0])).toMatch(/^SIP\/2\.0 486 Busy Here\r\n/);
	});

	test("two agents call each other: the call is set up, and ended by either", async () => {
		const ours = await start({ listen: [TCP] });
		const theirs = await start({ listen: [TCP] });
		const news: string[] = [];
		const ended = Promise.withResolvers<void>();
		const call = theirs.agent.placeCall({
			uri: `sip:100@127.0.0.1:${ours.port};transport=tcp`,
			next: { transport: "tcp", host: "127.0.0.1", port: ours.port },
			from: "<sip:200@127.0.0.1>",
			sdp: SDP,
			handlers: {
				onAnswered: (sdp) => {
					news.push(`answered ${sdp === SDP}`);
					setTimeout(() => call.hangUp(), 20);
				},
				onEnded: (why) => news.push(`ended ${why}`),
			},
		});
		while (ours.calls[0] === undefined) await wait(5);
		ours.calls[0].handlers = { onEnded: () => ended.resolve() };
		await ended.promise;
		expect(news).toEqual(["answered true", "ended hungUp"]);
	});
});

test.each([
	["a name, for which there is no DNS", "tcp", "name.example", 5060],
	["a port where nobody listens", "tcp", "127.0.0.1", 1],
	["a port out of range", "udp", "127.0.0.1", 70_000],
	["an address without a route", "udp", "255.255.255.255", 5060],
	["a transport that none of our sockets has", "udp", "::1", 5060],
	["TLS", "tls", "127.0.0.1", 5061],
] as const)("a next hop that cannot be reached is told as 503: %s", async (_title, transport, host, port) => {
	const { agent } = await start({ listen: [{ ...UDP, host: "0.0.0.0" }, TCP] });
	const rejected = Promise.withResolvers<number>();
	let placed = false;
	agent.placeCall({
		uri: "sip:1@x",
		next: { transport, host, port },
		from: "<sip:2@x>",
		sdp: SDP,
		handlers: { onRejected: (status) => rejected.resolve(placed ? status : 0) },
	});
	placed = true;
	expect(await rejected.promise).toBe(503);
});

test("a tls: address without a certificate is refused with what is missing", async () => {
	const tls = { transport: "tls", host: "127.0.0.1", port: 5061 } as const;
	await expect(start({ listen: [UDP, tls] })).rejects.toThrow(/certificate and its key/);
});

test("an address in use is an error, and what was opened before it is closed", async () => {
	const { port } = await start();
	await expect(start({ listen: [TCP, { ...UDP, port }] })).rejects.toThrow(/EADDRINUSE/);
});

describe("parseListenAddress", () => {
	test.each([
		["udp:127.0.0.1:5060", { transport: "udp", host: "127.0.0.1", port: 5060 }],
		["TCP:[::1]:0", { transport: "tcp", host: "::1", port: 0 }],
		["tls:0.0.0.0:5061", { transport: "tls", host: "0.0.0.0", port: 5061 }],
	])("reads %s", (text, expected) => {
		expect(parseListenAddress(text)).toEqual(expected);
	});

	test.each([
		"",
		"127.0.0.1:5060",
		"udp:127.0.0.1",
		"sctp:1.2.3.4:5",
		"udp:host:5060",
		"udp:1.2.3.4:99999",
		"udp:::1:5060",
	])("refuses %s, saying what would be right", (text) => {
		expect(() => parseListenAddress(text)).toThrow(/such as udp:127\.0\.0\.1:5060/);
	});
});
