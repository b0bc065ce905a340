/**
 * A SIP phone of a few lines, written apart from the platform's own stack: registers with digest (RFC 7616), rings as it
 * is told to, and sends whatever a test wants to send, forged headers included.
 */
import { createHash, randomBytes } from "node:crypto";
import { createSocket } from "node:dgram";
import { once } from "node:events";

/** What it does with a call: a status to answer with at once, the same after 180, or only 180, or nothing at all. */
export type Ringing = { readonly answer: number; readonly after180?: boolean } | "ring" | "silent";

export interface SipPhoneOptions {
	readonly proxyPort: number;
	readonly user: string;
	/** Undefined: challenges are not answered. */
	readonly password: string | undefined;
	readonly algorithm?: "md5" | "sha256";
}

export interface SipAnswer {
	readonly status: number;
	readonly text: string;
}

export interface Sending {
	readonly uri: string;
	readonly from?: string;
	readonly to?: string;
	readonly headers?: readonly string[];
	readonly sdp?: string;
	/** Without it the text's own. */
	readonly callId?: string;
	readonly proxyPort?: number;
}

export interface SipPhone extends AsyncDisposable {
	readonly port: number;
	ringing: Ringing;
	/** Requests that came, once each. */
	readonly received: string[];
	register(options?: { readonly expires?: number; readonly to?: string }): Promise<SipAnswer>;
	/** Answers a challenge and acknowledges an INVITE's answer. */
	send(method: string, sending: Sending): Promise<SipAnswer>;
	/** A request in the dialog that this answer made. */
	again(method: string, answered: SipAnswer, headers: readonly string[]): Promise<SipAnswer>;
	/** Ends the call that this answer of an INVITE began. */
	bye(answered: SipAnswer): Promise<SipAnswer>;
	/** Octets as they are, without waiting. */
	raw(text: string, port: number): void;
}

const WAIT_MS = 20_000;
const RESEND_MS = 1_000;

export const header = (text: string, name: string): string | undefined =>
	new RegExp(`^${name}: *(.*)\r$`, "im").exec(text)?.[1];
export const headers = (text: string, name: string): string[] =>
	[...text.matchAll(new RegExp(`^${name}: *(.*)\r$`, "gim"))].map((match) => match[1]!);

export async function openSipPhone(options: SipPhoneOptions): Promise<SipPhone> {
	const { proxyPort, user, password, algorithm = "md5" } = options;
	const socket = createSocket("udp4").bind(0, "127.0.0.1");
	await once(socket, "listening");
	const { port } = socket.address();
	const domain = `127.0.0.1:${proxyPort}`;
	const pending = new Set<() => void>();
	const waiting = new Map<string, (answer: SipAnswer) => void>();
	const seen = new Set<string>();
	let cseq = 0;

	const via = () => `SIP/2.0/UDP 127.0.0.1:${port};branch=z9hG4bK${randomBytes(8).toString("hex")};rport`;
	const contact = `<sip:${user}@127.0.0.1:${port}>`;

	function reply(request: string, to: number, status: number, tag = "callee"): void {
		const kept = request.split("\r\n").filter((line) => /^(via|from|call-id|cseq|record-route):/i.test(line));
		const toLine = header(request, "To")!;
		const tagged = status === 100 || /;tag=/.test(toLine) ? toLine : `${toLine};tag=${tag}${port}`;
		const lines = [`SIP/2.0 ${status} Test`, ...kept, `To: ${tagged}`, `Contact: ${contact}`, "Content-Length: 0"];
		socket.send(`${lines.join("\r\n")}\r\n\r\n`, to, "127.0.0.1");
	}

	function onInvite(text: string, from: number): void {
		const { ringing } = phone;
		if (ringing === "silent") return;
		if (ringing === "ring" || ringing.after180) reply(text, from, 180);
		if (ringing !== "ring") reply(text, from, ringing.answer);
	}

	const invites = new Map<string, { text: string; from: number }>();
	socket.on("message", (octets: Buffer, from) => {
		const text = octets.toString();
		const callId = header(text, "Call-ID") ?? "";
		const number = header(text, "CSeq") ?? "";
		if (text.startsWith("SIP/2.0 ")) {
			const status = Number(text.slice(8, 11));
			if (status >= 200) waiting.get(`${callId} ${number}`)?.({ status, text });
			return;
		}
		const method = text.split(" ")[0]!;
		const key = `${header(text, "Via")} ${number}`;
		const again = seen.has(key);
		seen.add(key);
		if (!again) phone.received.push(text);
		if (method === "INVITE") {
			invites.set(callId, { text, from: from.port });
			onInvite(text, from.port);
		} else if (method === "CANCEL") {
			reply(text, from.port, 200);
			const invite = invites.get(callId);
			if (invite !== undefined) reply(invite.text, invite.from, 487);
		} else if (method !== "ACK") reply(text, from.port, 200);
	});

	/** Sends until an answer comes: datagrams may be lost on a busy machine. */
	function exchange(text: string, to: number): Promise<SipAnswer> {
		const key = `${header(text, "Call-ID")} ${header(text, "CSeq")}`;
		return new Promise((resolve, reject) => {
			const send = () => socket.send(text, to, "127.0.0.1");
			const resend = setInterval(send, RESEND_MS);
			const timeout = setTimeout(() => {
				done();
				reject(new Error(`no answer within ${WAIT_MS} ms to\n${text}`));
			}, WAIT_MS);
			const done = () => {
				clearInterval(resend);
				clearTimeout(timeout);
				waiting.delete(key);
				pending.delete(done);
			};
			pending.add(done);
			waiting.set(key, (answer) => {
				done();
				resolve(answer);
			});
			send();
		});
	}

	function write(method: string, uri: string, lines: readonly string[], sdp: string | undefined): string {
		const body = sdp ?? "";
		const type = sdp === undefined ? [] : ["Content-Type: application/sdp"];
		const all = [`${method} ${uri} SIP/2.0`, ...lines, ...type, `Content-Length: ${Buffer.byteLength(body)}`];
		return `${all.join("\r\n")}\r\n\r\n${body}`;
	}

	function credentials(method: string, uri: string, challenge: string): string {
		const part = (name: string) => new RegExp(`${name}="?([^",]+)`).exec(challenge)?.[1] ?? "";
		const hash = (text: string) => createHash(algorithm).update(text).digest("hex");
		const [realm, nonce, cnonce] = [part("realm"), part("nonce"), randomBytes(8).toString("hex")];
		const ha1 = hash(`${user}:${realm}:${password}`);
		const response = hash(`${ha1}:${nonce}:00000001:${cnonce}:auth:${hash(`${method}:${uri}`)}`);
		const named = algorithm === "md5" ? "MD5" : "SHA-256";
		return (
			`Digest username="${user}", realm="${realm}", nonce="${nonce}", uri="${uri}", response="${response}", ` +
			`algorithm=${named}, qop=auth, nc=00000001, cnonce="${cnonce}"`
		);
	}

	function acknowledge(invite: string, answer: SipAnswer, uri: string, to: number): void {
		const ok = answer.status < 300;
		const target = ok ? /<([^>]*)>/.exec(header(answer.text, "Contact") ?? "")![1]! : uri;
		const routes = ok ? routesOf(answer.text).map((route) => `Route: ${route}`) : [];
		const lines = [
			// §17.1.1.3: of a refusal in the branch of the INVITE.
			`Via: ${ok ? via() : header(invite, "Via")}`,
			...routes,
			`From: ${header(answer.text, "From")}`,
			`To: ${header(answer.text, "To")}`,
			`Call-ID: ${header(answer.text, "Call-ID")}`,
			`CSeq: ${Number.parseInt(header(answer.text, "CSeq")!, 10)} ACK`,
			"Max-Forwards: 70",
		];
		socket.send(write("ACK", target, lines, undefined), to, "127.0.0.1");
	}

	const routesOf = (text: string) =>
		headers(text, "Record-Route")
			.flatMap((value) => value.split(/,\s*(?=<)/))
			.reverse();

	const phone: SipPhone = {
		port,
		ringing: { answer: 486 },
		received: [],
		raw: (text, to) => void socket.send(text, to, "127.0.0.1"),
		register: ({ expires = 120, to = user } = {}) =>
			phone.send("REGISTER", {
				uri: `sip:${domain}`,
				from: `<sip:${user}@${domain}>`,
				to: `<sip:${to}@${domain}>`,
				headers: [`Contact: ${contact}`, `Expires: ${expires}`],
			}),
		send: async (method, sending) => {
			const { uri, sdp, proxyPort: to = proxyPort } = sending;
			const tag = randomBytes(6).toString("hex");
			const callId = sending.callId ?? randomBytes(10).toString("hex");
			const from = sending.from ?? `<sip:${user}@${domain}>`;
			const given = sending.headers ?? [];
			const lines = (more: readonly string[]) => [
				`Via: ${via()}`,
				`From: ${/;tag=/.test(from) ? from : `${from};tag=${tag}`}`,
				`To: ${sending.to ?? `<${uri}>`}`,
				`Call-ID: ${callId}`,
				`CSeq: ${++cseq} ${method}`,
				"Max-Forwards: 70",
				...(given.some((line) => /^contact:/i.test(line)) ? [] : [`Contact: ${contact}`]),
				...given,
				...more,
			];
			let text = write(method, uri, lines([]), sdp);
			let answer = await exchange(text, to);
			if (method === "INVITE") acknowledge(text, answer, uri, to);
			if ((answer.status === 401 || answer.status === 407) && password !== undefined) {
				const proxy = answer.status === 407;
				const challenge = header(answer.text, proxy ? "Proxy-Authenticate" : "WWW-Authenticate")!;
				const name = proxy ? "Proxy-Authorization" : "Authorization";
				text = write(method, uri, lines([`${name}: ${credentials(method, uri, challenge)}`]), sdp);
				answer = await exchange(text, to);
				if (method === "INVITE") acknowledge(text, answer, uri, to);
			}
			return answer;
		},
		again: (method, { text }, more) =>
			phone.send(method, {
				uri: /<([^>]*)>/.exec(header(text, "Contact")!)![1]!,
				from: header(text, "From")!,
				to: header(text, "To")!,
				callId: header(text, "Call-ID")!,
				headers: [...routesOf(text).map((route) => `Route: ${route}`), ...more],
			}),
		bye: ({ text }) => {
			const lines = [
				`Via: ${via()}`,
				...routesOf(text).map((route) => `Route: ${route}`),
				`From: ${header(text, "From")}`,
				`To: ${header(text, "To")}`,
				`Call-ID: ${header(text, "Call-ID")}`,
				`CSeq: ${++cseq} BYE`,
				"Max-Forwards: 70",
			];
			const target = /<([^>]*)>/.exec(header(text, "Contact")!)![1]!;
			return exchange(write("BYE", target, lines, undefined), proxyPort);
		},
		[Symbol.asyncDispose]: async () => {
			for (const done of pending) done();
			socket.close();
			await once(socket, "close");
		},
	};
	return phone;
}
