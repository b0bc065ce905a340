/** SIP over TLS on real sockets, with certificates made by openssl. */
import { once } from "node:events";
import { type ConnectionOptions, connect, type TLSSocket } from "node:tls";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import {
	type IncomingCall,
	type ListenAddress,
	type SipUserAgent,
	type SipUserAgentOptions,
	startSipUserAgent,
	type TlsOptions,
} from "../../../src/sip/index.ts";
import { type Authority, makeAuthority, type Pair } from "../../support/certificates.ts";
import { hasTool } from "../../support/tools.ts";
import { request, SDP } from "../agent/wire.ts";

const TLS: ListenAddress = { transport: "tls", host: "127.0.0.1", port: 0 };
/** Each wait ends with the connection, with what is waited for, or with this. */
const WAIT_MS = 10_000;

const opened: { close(): unknown }[] = [];
afterEach(async () => {
	for (const one of opened.splice(0).reverse()) await one.close();
});

let ours: Authority;
let strange: Authority;
let server: Pair;
let client: Pair;

describe.skipIf(!hasTool("openssl"))("SIP over TLS", () => {
	beforeAll(async () => {
		[ours, strange] = await Promise.all([makeAuthority("Ours"), makeAuthority("Strange")]);
		server = await ours.sign("afterbeep", "DNS:afterbeep.example,IP:127.0.0.1");
		client = await ours.sign("sbc", "DNS:SBC.example,DNS:sbc2.example");
	});
	afterAll(async () => {
		await ours[Symbol.asyncDispose]();
		await strange[Symbol.asyncDispose]();
	});

	interface Started {
		readonly agent: SipUserAgent;
		readonly port: number;
		readonly calls: IncomingCall[];
		readonly warnings: string[];
	}

	async function start(tls: Partial<TlsOptions> = {}, options: Partial<SipUserAgentOptions> = {}): Promise<Started> {
		const calls: IncomingCall[] = [];
		const warnings: string[] = [];
		const warn = (_fields: object, text: string): number => warnings.push(text);
		const agent = await startSipUserAgent({
			listen: [TLS],
			isTrusted: () => true,
			log: { debug: () => {}, info: () => {}, warn, error: warn },
			tls: { ...server, authorities: ours.certificate, clientCertificate: "none", ...tls },
			onCall: (call) => {
				calls.push(call);
				call.answer(SDP);
			},
			...options,
		});
		opened.push({ close: () => agent[Symbol.asyncDispose]() });
		return { agent, port: agent.listening[0]?.port ?? 0, calls, warnings };
	}

	interface Peer {
		readonly socket: TLSSocket;
		readonly received: () => string;
		/** What came so far, once it holds the text; fails when the connection closes before. */
		until(text: string): Promise<string>;
		readonly closed: Promise<unknown>;
	}

	async function peer(port: number, options: ConnectionOptions = {}): Promise<Peer> {
		const socket = connect({
			host: "127.0.0.1",
			port,
			ca: ours.certificate,
			checkServerIdentity: () => undefined,
			...options,
		});
		opened.push({ close: () => socket.destroy() });
		let received = "";
		const closed = new Promise((settle) => socket.once("close", settle));
		socket.on("error", () => {});
		socket.on("data", (octets) => {
			received += octets.toString("latin1");
		});
		await Promise.race([new Promise((settle) => socket.once("secureConnect", settle)), closed]);
		return {
			socket,
			received: () => received,
			until: async (text) => {
				while (!received.includes(text)) {
					if (socket.destroyed) throw new Error(`closed after ${received}`);
					const signal = AbortSignal.timeout(WAIT_MS);
					await Promise.race([once(socket, "data", { signal }), closed]);
				}
				return received;
			},
			closed,
		};
	}

	/** As a peer that speaks TLS writes it. */
	const secured = (text: string): string => text.replace("SIP/2.0/UDP", "SIP/2.0/TLS");

	test("a request is answered on its connection, octet by octet, pipelined, pings between", async () => {
		const { port } = await start();
		const { socket, until, received } = await peer(port);
		for (const octet of secured(request("OPTIONS", { callId: "slow" }))) socket.write(octet);
		await until("Call-ID: slow");
		const [one, two] = ["one", "two"].map((callId) => secured(request("OPTIONS", { callId })));
		socket.write(`\r\n\r\n${one}\r\n\r\n${two}`);
		await until("Call-ID: two");
		expect(received().match(/SIP\/2\.0 200 OK/g)).toHaveLength(3);
		expect(received().match(/\r\n\r\n\r\n/g)).toHaveLength(2);
		expect(received()).toContain("Via: SIP/2.0/TLS 192.0.2.9:5062");
	});

	test("Contact names TLS, and is sips: where the dialog is (RFC 3261 §12.1.1)", async () => {
		const { port, calls } = await start();
		const { socket, until } = await peer(port);
		socket.write(secured(request("INVITE", { callId: "plain", body: SDP })));
		expect(await until("Contact")).toContain(`Contact: <sip:127.0.0.1:${port};transport=tls>`);
		const secure = { callId: "secure", uri: "sips:100@127.0.0.1", body: SDP, contact: "<sips:caller@192.0.2.9>" };
		socket.write(secured(request("INVITE", secure)));
		expect(await until("sips:127")).toContain(`Contact: <sips:127.0.0.1:${port}>`);
		expect(calls.map((call) => call.source.transport)).toEqual(["tls", "tls"]);
		expect(calls[0]?.source.certificateNames).toBeUndefined();
	});

	test("BYE goes over the connection of its call, though nobody listens at the peer's Contact", async () => {
		const { port, calls } = await start();
		const { socket, until } = await peer(port);
		const contact = `<sip:caller@127.0.0.1:1;transport=tls>`;
		socket.write(secured(request("INVITE", { body: SDP, contact })));
		const tag = /To: .*;tag=(\w+)/.exec(await until("Contact"))?.[1];
		socket.write(secured(request("ACK", { toTag: `;tag=${tag}`, contact })));
		const confirmed = Promise.withResolvers<void>();
		if (calls[0] !== undefined) calls[0].handlers = { onConfirmed: () => confirmed.resolve() };
		await confirmed.promise;
		calls[0]?.hangUp();
		expect(await until("BYE sip:")).toMatch(
			/BYE sip:caller@127\.0\.0\.1:1;transport=tls SIP\/2\.0\r\nVia: SIP\/2\.0\/TLS/,
		);
	});

	test("a client certificate names the peer: its DNS names, in lower case", async () => {
		const { port, calls } = await start({ clientCertificate: "optional" });
		const { socket, until } = await peer(port, { cert: client.certificate, key: client.key });
		socket.write(secured(request("INVITE", { body: SDP })));
		await until("200 OK");
		expect(calls[0]?.source.certificateNames).toEqual(["sbc.example", "sbc2.example"]);
	});

	test("optional: a peer without a certificate is taken, nameless; one with a strange authority's is closed", async () => {
		const { port, calls, warnings } = await start({ clientCertificate: "optional" });
		const { socket, until } = await peer(port);
		socket.write(secured(request("INVITE", { body: SDP })));
		await until("200 OK");
		expect(calls[0]?.source.certificateNames).toBeUndefined();
		const stranger = await strange.sign("sbc.example", "DNS:sbc.example");
		await (await peer(port, { cert: stranger.certificate, key: stranger.key })).closed;
		expect(warnings).toEqual(["SIP over TLS refused: the peer's certificate can not be trusted"]);
	});

	test("required: a peer without a certificate of ours is closed before it says a word", async () => {
		const { port, agent } = await start({ clientCertificate: "required" });
		const stranger = await strange.sign("sbc.example", "DNS:sbc.example");
		for (const options of [{}, { cert: stranger.certificate, key: stranger.key }]) {
			const { socket, closed } = await peer(port, options);
			if (!socket.destroyed) socket.write(secured(request("OPTIONS")));
			await closed;
		}
		expect(agent.counters().sipRequestsReceived).toBe(0);
		const { socket, until } = await peer(port, { cert: client.certificate, key: client.key });
		socket.write(secured(request("OPTIONS")));
		await until("200 OK");
	});

	test("an address that is not trusted is taken with a certificate that is, and refused without", async () => {
		const isTrusted = (_address: string, names?: readonly string[]): boolean => names?.includes("sbc.example") ?? false;
		const { port, agent, warnings } = await start({ clientCertificate: "optional" }, { isTrusted });
		const { socket, until } = await peer(port, { cert: client.certificate, key: client.key });
		socket.write(secured(request("OPTIONS")));
		await until("200 OK");
		await (await peer(port)).closed;
		expect(agent.refusedSources()).toMatchObject([{ address: "127.0.0.1", transport: "tls", count: 1 }]);
		expect(warnings).toHaveLength(1);
	});

	test("where no certificate is asked for, a stranger is closed before the handshake", async () => {
		const { port, agent } = await start({}, { isTrusted: () => false });
		const { socket, closed } = await peer(port);
		await closed;
		expect(socket.getProtocol()).toBeNull();
		expect(agent.refusedSources()).toMatchObject([{ transport: "tls", count: 1 }]);
	});

	test("alias: a peer that has proved its name is reached at its sent-by over the connection that it made (RFC 5923)", async () => {
		const { port, agent } = await start({ clientCertificate: "optional" });
		const alias = (text: string): string => {
			return secured(text).replace("192.0.2.9:5062", "sbc.example:1").replace(";rport", ";rport;alias");
		};
		const place = (): Promise<string> =>
			new Promise((resolve) => {
				agent.placeCall({
					uri: "sip:1@127.0.0.1:1;transport=tls",
					next: { transport: "tls", host: "127.0.0.1", port: 1 },
					from: "<sip:2@127.0.0.1>",
					sdp: SDP,
					handlers: { onRejected: (status) => resolve(String(status)) },
				});
			});
		const nameless = await peer(port);
		nameless.socket.write(alias(request("OPTIONS")));
		await nameless.until("200 OK");
		expect(await place()).toBe("503");
		const { socket, until } = await peer(port, { cert: client.certificate, key: client.key });
		socket.write(alias(request("OPTIONS")));
		await until("200 OK");
		void place();
		expect(await until("INVITE sip:1@127.0.0.1:1")).toContain("Via: SIP/2.0/TLS");
		expect(nameless.received()).not.toContain("INVITE sip:");
	});

	test("another certificate holds for new connections; those that stand live on", async () => {
		const { port, agent } = await start();
		const before = await peer(port);
		const next = await ours.sign("next", "DNS:next.example");
		agent.useTls({ ...next, authorities: ours.certificate });
		const after = await peer(port);
		expect(after.socket.getPeerX509Certificate()?.subjectAltName).toBe("DNS:next.example");
		before.socket.write(secured(request("OPTIONS")));
		await before.until("200 OK");
	});

	test.each([
		["a key of another certificate", () => ({ certificate: server.certificate, key: client.key }), /key is not that/],
		["no certificate", () => ({ certificate: "nonsense", key: server.key }), /certificate can not be read/],
		["no key", () => ({ certificate: server.certificate, key: "" }), /key can not be read/],
		["no authorities", () => ({ ...server, authorities: "x" }), /authorities can not be read/],
	])("%s is refused with what is wrong, and the old pair stays", async (_what, pair, message) => {
		const { port, agent } = await start();
		expect(() => agent.useTls(pair())).toThrow(message);
		const { socket } = await peer(port);
		expect(socket.getPeerX509Certificate()?.subjectAltName).toContain("afterbeep.example");
		await expect(start(pair())).rejects.toThrow(message);
	});

	test("two agents call each other over TLS; a server whose certificate is for somebody else is not called", async () => {
		const callee = await start({ clientCertificate: "required" });
		const caller = await start({ ...client }, { listen: [{ transport: "udp", host: "127.0.0.1", port: 0 }] });
		const call = (options: { readonly port: number }): Promise<string> => {
			const { promise, resolve } = Promise.withResolvers<string>();
			caller.agent.placeCall({
				uri: `sips:100@127.0.0.1:${options.port}`,
				next: { transport: "tls", host: "127.0.0.1", port: options.port },
				from: "<sips:200@127.0.0.1>",
				sdp: SDP,
				handlers: { onAnswered: () => resolve("answered"), onRejected: (status) => resolve(String(status)) },
			});
			return promise;
		};
		expect(await call(callee)).toBe("answered");
		expect(callee.calls[0]?.source.certificateNames).toEqual(["sbc.example", "sbc2.example"]);
		const elsewhere = await start({ ...(await ours.sign("else", "DNS:else.example,IP:127.0.0.2")) });
		expect(await call(elsewhere)).toBe("503");
		expect(caller.warnings).toEqual(["SIP over TLS refused: the certificate is for somebody else"]);
	});
});
