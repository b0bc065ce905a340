/** A receiver on a port of its own that notes what it is sent, and the signature check of its side. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer, type ServerOptions } from "node:https";
import type { AddressInfo } from "node:net";

export interface Received {
	readonly method: string;
	readonly headers: IncomingMessage["headers"];
	readonly text: string;
	// biome-ignore lint/suspicious/noExplicitAny: the body is what is tested
	readonly body: any;
}

export type Answering = (response: ServerResponse, received: Received) => void;

export interface Receiver extends AsyncDisposable {
	readonly url: string;
	readonly port: number;
	readonly received: Received[];
	/** From now on. */
	answer(how: Answering): void;
	/** Resolves with the requests once there are so many. */
	until(count: number): Promise<readonly Received[]>;
}

export const status = (code: number, headers: Record<string, string> = {}): Answering => {
	return (response) => void response.writeHead(code, headers).end();
};

export async function openReceiver(tls?: ServerOptions): Promise<Receiver> {
	const received: Received[] = [];
	let answering: Answering = status(204);
	const onRequest = (request: IncomingMessage, response: ServerResponse) => {
		const chunks: Buffer[] = [];
		request.on("data", (chunk: Buffer) => chunks.push(chunk));
		request.on("end", () => {
			const text = Buffer.concat(chunks).toString("utf8");
			const one = { method: request.method ?? "", headers: request.headers, text, body: JSON.parse(text) };
			received.push(one);
			answering(response, one);
		});
	};
	const server = tls === undefined ? createServer(onRequest) : createTlsServer(tls, onRequest);
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const { port } = server.address() as AddressInfo;
	return {
		url: `${tls === undefined ? "http" : "https"}://127.0.0.1:${port}/hooks?of=test`,
		port,
		received,
		answer: (how) => {
			answering = how;
		},
		until: async (count) => {
			while (received.length < count) await new Promise((resolve) => setTimeout(resolve, 10));
			return received;
		},
		async [Symbol.asyncDispose]() {
			server.closeAllConnections();
			await new Promise((resolve) => server.close(resolve));
		},
	};
}

/**
 * As the Standard Webhooks scheme tells receivers to: constant-time HMAC over `id.timestamp.body` with the octets behind
 * `whsec_`, any of the `v1` signatures is enough, nothing older or newer than five minutes.
 */
export async function verifies(secret: string, { headers, text }: Received, nowMs: number): Promise<boolean> {
	const at = Number(headers["webhook-timestamp"]);
	if (!Number.isInteger(at) || Math.abs(nowMs / 1000 - at) > 300) return false;
	const octets = Uint8Array.from(atob(secret.replace(/^whsec_/, "")), (char) => char.charCodeAt(0));
	const key = await crypto.subtle.importKey("raw", octets, { name: "HMAC", hash: "SHA-256" }, false, ["verify"]);
	const signed = new TextEncoder().encode(`${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${text}`);
	for (const one of String(headers["webhook-signature"]).split(" ")) {
		const [version, signature = ""] = one.split(",");
		const claimed = Uint8Array.from(atob(signature), (char) => char.charCodeAt(0));
		if (version === "v1" && (await crypto.subtle.verify("HMAC", key, claimed, signed))) return true;
	}
	return false;
}
