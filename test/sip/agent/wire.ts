/**
 * A user agent on a wire of memory, so that its messages and timers can be watched in simulated time. Everything but the
 * sockets is the real thing; the sockets have their own tests and the real sipp.
 */
import { isIP } from "node:net";
import { UserAgent } from "../../../src/sip/agent/user-agent.ts";
import type { ParsedMessage } from "../../../src/sip/message/message.ts";
import { parseDatagram } from "../../../src/sip/message/parse.ts";
import { textToOctets } from "../../../src/sip/message/text.ts";
import type { Flow, MessageTransport, NextHop } from "../../../src/sip/transport/flow.ts";
import { Gate } from "../../../src/sip/transport/gate.ts";
import type { CallEnd, CallHandlers, IncomingCall, SipUserAgentOptions } from "../../../src/sip/types.ts";

export interface Sent {
	readonly atMs: number;
	readonly message: ParsedMessage;
	readonly text: string;
	/** Set for requests of the agent. */
	readonly to: NextHop | undefined;
}

export interface Wire {
	readonly agent: UserAgent;
	readonly sent: Sent[];
	readonly calls: IncomingCall[];
	readonly news: string[];
	readonly complaints: string[];
	/** Hands octets to the agent as one datagram of the peer. */
	give(message: string | Uint8Array): void;
	/** What was sent since this was last asked. */
	taken(): Sent[];
	/** Status codes of the responses among it. */
	statuses(): number[];
}

const LOCAL = { transport: "udp", host: "198.51.100.1", port: 5060 } as const;

export interface WireOptions extends Partial<SipUserAgentOptions> {
	readonly reliable?: boolean;
	/** Address that the peer sends from. */
	readonly peer?: string;
}

/** @param onCall by default the call only waits. */
export function wire(options: WireOptions = {}, onCall: (call: IncomingCall) => void = () => {}): Wire {
	const startMs = Date.now();
	const sent: Sent[] = [];
	const calls: IncomingCall[] = [];
	const news: string[] = [];
	const complaints: string[] = [];
	let read = 0;
	const flow = (to: NextHop | undefined): Flow => ({
		source: {
			transport: "udp",
			address: to?.host ?? options.peer ?? "192.0.2.9",
			port: to?.port ?? 5062,
			local: LOCAL,
		},
		reliable: options.reliable ?? false,
		localAddress: "198.51.100.1",
		localPort: LOCAL.port,
		send: (octets) => {
			const text = Buffer.from(octets).toString("latin1");
			const result = parseDatagram(octets);
			// What the agent says must itself be well-formed; answers to broken requests may lack fields.
			const message = result.ok ? result.message : undefined;
			sent.push({ atMs: Date.now() - startMs, message: message as ParsedMessage, text, to });
		},
	});
	const transport: MessageTransport = {
		listening: [LOCAL],
		replyFlow: (from) => from,
		...straight(),
		flowTo: (next, _preferred, then) => then(flow(next)),
		flowBack: ({ source }, then) => then(flow({ ...source, host: source.address })),
		settled: () => Promise.resolve(),
		close: () => Promise.resolve(),
	};
	const complain = (fields: object, message: string): void => {
		complaints.push(`${message} ${JSON.stringify(fields)}`);
	};
	const log = { debug: () => {}, info: () => {}, warn: complain, error: complain };
	const gate = new Gate(() => true, log);
	const agent = new UserAgent(
		{
			listen: [LOCAL],
			isTrusted: () => true,
			log,
			...options,
			onCall: (call) => {
				calls.push(call);
				call.handlers = reporting(news);
				onCall(call);
			},
		},
		undefined,
		gate,
		transport,
	);
	const taken = (): Sent[] => {
		const fresh = sent.slice(read);
		read = sent.length;
		return fresh;
	};
	return {
		agent,
		sent,
		calls,
		news,
		complaints,
		give: (message) =>
			agent.receive(
				parseDatagram(typeof message === "string" ? Buffer.from(message, "latin1") : message),
				flow(undefined),
			),
		taken,
		statuses: () => taken().map((one) => Number(one.text.slice(8, 11))),
	};
}

/** Places of requests without DNS and TLS. */
export function straight(): Pick<MessageTransport, "targets" | "failed" | "useTls"> {
	return {
		targets: ({ transport, host, port }, then) => {
			const literal = isIP(host.replace(/^\[|\]$/g, "")) !== 0;
			then(literal ? [{ transport: transport ?? "udp", host, port: port ?? 5060 }] : new Error("there is no DNS here"));
		},
		failed: () => {},
		useTls: () => {},
	};
}

export function reporting(news: string[]): CallHandlers {
	return {
		onCancelled: (reasons) => news.push(["cancelled", ...reasons].join(" ")),
		onProgressConfirmed: (answer) => news.push(`progress confirmed ${answer ?? "-"}`),
		onProgressLost: () => news.push("progress lost"),
		onRefreshed: (answer) => news.push(`refreshed ${answer}`),
		onConfirmed: (answer) => news.push(`confirmed ${answer ?? "-"}`),
		onEnded: (why: CallEnd) => news.push(`ended ${why}`),
	};
}

export interface RequestParts {
	readonly uri?: string;
	readonly branch?: string;
	readonly fromTag?: string;
	/** With its semicolon, such as `;tag=1`. */
	readonly toTag?: string;
	readonly callId?: string;
	readonly cseq?: number;
	readonly more?: readonly string[];
	readonly body?: string;
	readonly contact?: string | undefined;
}

export const SDP =
	"v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n";

let branches = 0;

/** A request as a peer at 192.0.2.9 would write it. Text: UTF-8 goes in as octets. */
export function request(method: string, parts: RequestParts = {}): string {
	const body = parts.body ?? "";
	const lines = [
		`${method} ${parts.uri ?? "sip:100@198.51.100.1"} SIP/2.0`,
		`Via: SIP/2.0/UDP 192.0.2.9:5062;branch=${parts.branch ?? `z9hG4bK-${++branches}`};rport`,
		"Max-Forwards: 70",
		`From: <sip:caller@192.0.2.9>;tag=${parts.fromTag ?? "f1"}`,
		`To: <sip:100@198.51.100.1>${parts.toTag ?? ""}`,
		`Call-ID: ${parts.callId ?? "call-1"}`,
		`CSeq: ${parts.cseq ?? 1} ${method}`,
		...(parts.contact === undefined && "contact" in parts
			? []
			: [`Contact: ${parts.contact ?? "<sip:caller@192.0.2.9:5062>"}`]),
		...(body === "" ? [] : ["Content-Type: application/sdp"]),
		...(parts.more ?? []),
		`Content-Length: ${Buffer.byteLength(body)}`,
	];
	return textToOctets(`${lines.join("\r\n")}\r\n\r\n${body}`);
}

/** To tag that the agent gave in the response last sent. */
export function toTagOf(sent: Sent | undefined): string {
	return `;tag=${sent?.message.toTag}`;
}

/** A response of the peer to a request of ours. */
export function reply(
	peer: Wire,
	to: Sent | undefined,
	status: number,
	tag: string,
	more: readonly string[] = [],
	body = "",
): void {
	if (to === undefined) throw new Error("nothing to answer");
	const { headers } = to.message;
	const lines = [
		`SIP/2.0 ${status} Why`,
		...headers.all("via").map((via) => `Via: ${via}`),
		`From: ${headers.get("from")}`,
		`To: ${headers.get("to")}${tag === "" ? "" : `;tag=${tag}`}`,
		`Call-ID: ${headers.get("call-id")}`,
		`CSeq: ${headers.get("cseq")}`,
		...more,
		...(body === "" ? [] : ["Content-Type: application/sdp"]),
		`Content-Length: ${Buffer.byteLength(body)}`,
	];
	peer.give(textToOctets(`${lines.join("\r\n")}\r\n\r\n${body}`));
}
