/**
 * One side of a call by hand, written apart from the platform's own stack: each request is the test's own, in the order
 * and with the CSeq it wants, and what comes back is kept as it is.
 */
import { randomBytes } from "node:crypto";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { until } from "./platform.ts";
import { header } from "./sip-phone.ts";

export interface Script {
	readonly headers?: readonly string[];
	readonly sdp?: string;
	readonly contentType?: string;
	/** The next one where it is left out. */
	readonly cseq?: number;
}

export interface ScriptedCall {
	readonly callId: string;
	readonly fromTag: string;
	/** Of the first response that had one. */
	readonly toTag: string;
	/** CSeq that was sent last. */
	readonly cseq: number;
	/** Sends until a response comes that is wanted: a final one where nothing is said. */
	ask(method: string, script?: Script, wanted?: (status: number) => boolean): Promise<string>;
	/** Waits for a response to the request of this CSeq. */
	answer(cseq: number, method: string, wanted?: (status: number) => boolean): Promise<string>;
	/** Waits for a request of the platform in this call. */
	request(method: string): Promise<string>;
	ack(cseq: number, sdp?: string): void;
	/** Answers a request of the platform. */
	reply(request: string, status: number): void;
}

export interface ScriptedCaller {
	readonly port: number;
	call(user: string): ScriptedCall;
	[Symbol.dispose](): void;
}

const WAIT_MS = 20_000;
const RESEND_MS = 1_000;

export const statusOf = (text: string): number => Number(/^SIP\/2\.0 (\d+)/.exec(text)?.[1]);
const isFinal = (status: number): boolean => status >= 200;

/** @param address of ours: which peer of the platform this is. */
export async function openScriptedCaller(sipPort: number, address = "127.0.0.1"): Promise<ScriptedCaller> {
	const socket = createSocket("udp4").bind(0, address);
	await once(socket, "listening");
	const { port } = socket.address();
	const received: string[] = [];
	socket.on("message", (octets: Buffer) => received.push(octets.toString()));
	const put = (text: string) => socket.send(text, sipPort, "127.0.0.1");

	function call(user: string): ScriptedCall {
		const callId = randomBytes(10).toString("hex");
		const fromTag = randomBytes(6).toString("hex");
		const target = `sip:${user}@127.0.0.1:${sipPort}`;
		let last = 0;
		const mine = () => received.filter((text) => header(text, "Call-ID") === callId);
		const find = (cseq: number, method: string, wanted: (status: number) => boolean) =>
			mine().find((text) => header(text, "CSeq") === `${cseq} ${method}` && wanted(statusOf(text)));
		const toTag = () => mine().flatMap((text) => /;tag=([^;\s]+)/.exec(header(text, "To") ?? "")?.[1] ?? [])[0] ?? "";

		function compose(method: string, cseq: number, { headers = [], sdp, contentType }: Script): string {
			const tag = toTag();
			const type = sdp === undefined ? [] : [`Content-Type: ${contentType ?? "application/sdp"}`];
			const lines = [
				`${method} ${target} SIP/2.0`,
				`Via: SIP/2.0/UDP ${address}:${port};branch=z9hG4bK${randomBytes(8).toString("hex")};rport`,
				`From: <sip:+18015551234@${address}:${port}>;tag=${fromTag}`,
				`To: <${target}>${tag === "" ? "" : `;tag=${tag}`}`,
				`Call-ID: ${callId}`,
				`CSeq: ${cseq} ${method}`,
				`Contact: <sip:caller@${address}:${port}>`,
				"Max-Forwards: 70",
				...headers,
				...type,
				`Content-Length: ${Buffer.byteLength(sdp ?? "")}`,
			];
			return `${lines.join("\r\n")}\r\n\r\n${sdp ?? ""}`;
		}

		const answer: ScriptedCall["answer"] = (cseq, method, wanted = isFinal) =>
			until(`the answer to ${cseq} ${method}`, WAIT_MS, async () => find(cseq, method, wanted));

		return {
			callId,
			fromTag,
			get toTag() {
				return toTag();
			},
			get cseq() {
				return last;
			},
			answer,
			ask: async (method, script = {}, wanted = isFinal) => {
				const cseq = script.cseq ?? last + 1;
				last = Math.max(last, cseq);
				const text = compose(method, cseq, script);
				put(text);
				const resend = setInterval(put, RESEND_MS, text);
				try {
					return await answer(cseq, method, (status) => wanted(status) || isFinal(status));
				} finally {
					clearInterval(resend);
				}
			},
			request: (method) =>
				until(`${method} of the platform`, WAIT_MS, async () => mine().find((text) => text.startsWith(`${method} `))),
			ack: (cseq, sdp) => put(compose("ACK", cseq, sdp === undefined ? {} : { sdp })),
			reply: (request, status) => {
				const kept = request.split("\r\n").filter((line) => /^(via|from|to|call-id|cseq):/i.test(line));
				put(`${[`SIP/2.0 ${status} Test`, ...kept, "Content-Length: 0"].join("\r\n")}\r\n\r\n`);
			},
		};
	}
	return { port, call, [Symbol.dispose]: () => void socket.close() };
}
