/** One signed request to a receiver: no redirects, bounded in time, its address checked where it is connected to. */
import http from "node:http";
import https from "node:https";
import type { OutgoingRequest, SendOutcome, SendWebhook, TargetPolicy } from "../../directory/index.ts";
import type { Clock } from "../../domain/index.ts";
import { NOTIFY_LIMITS } from "../limits.ts";
import { assertLiteralAllowed, guardedLookup, PrivateTarget, type Resolve, systemResolve } from "./resolve.ts";
import { signatureHeaders } from "./sign.ts";

export interface WebhookSenderOptions {
	readonly policy: TargetPolicy;
	readonly clock: Clock;
	readonly userAgent: string;
	/** Certificate authorities instead of the system's, PEM. */
	readonly ca?: string;
	readonly resolve?: Resolve;
	readonly timeoutMs?: number;
}

export interface WebhookSender extends AsyncDisposable {
	readonly send: SendWebhook;
}

export function createWebhookSender(options: WebhookSenderOptions): WebhookSender {
	const { policy, clock, timeoutMs = NOTIFY_LIMITS.webhookTimeoutMs } = options;
	const lookup = guardedLookup(policy, options.resolve ?? systemResolve(policy));
	// Their connections were checked when they were made, and lead to the same addresses ever after.
	const agentOptions = { keepAlive: true, timeout: NOTIFY_LIMITS.webhookIdleMs, maxFreeSockets: 64 };
	const agents = {
		"http:": new http.Agent(agentOptions),
		"https:": new https.Agent({ ...agentOptions, ...(options.ca === undefined ? {} : { ca: options.ca }) }),
	};

	function once(request: OutgoingRequest, signal: AbortSignal): Promise<number> {
		const url = new URL(request.url);
		const { protocol } = url;
		if (protocol !== "https:" && protocol !== "http:") throw new TypeError("not an HTTP URL");
		if (protocol === "http:" && !policy.plainHttp && !policy.privateTargets) throw new PlainHttp("http is not allowed");
		assertLiteralAllowed(url.hostname, policy);
		const body = Buffer.from(request.body, "utf8");
		const headers = {
			"content-type": "application/json",
			"content-length": body.length,
			"user-agent": options.userAgent,
			...signatureHeaders(request.secrets, request.eventId, Math.floor(clock.now().getTime() / 1000), request.body),
			...(request.authorization === undefined ? {} : { authorization: request.authorization }),
		};
		const { method } = request;
		const { promise, resolve, reject } = Promise.withResolvers<number>();
		const sent = (protocol === "https:" ? https : http).request(url, {
			method,
			headers,
			lookup,
			signal,
			agent: agents[protocol],
			maxHeaderSize: NOTIFY_LIMITS.webhookHeaderBytesMax,
		});
		sent.on("response", (response) => {
			drain(response);
			resolve(response.statusCode ?? 0);
		});
		// After the answer nobody waits for it any more, and it is harmless.
		sent.on("error", (error) => reject(Object.assign(error, { stale: sent.reusedSocket })));
		sent.end(body);
		return promise;
	}

	async function send(request: OutgoingRequest): Promise<SendOutcome> {
		const begunMs = performance.now();
		const ended = (httpStatus: number | null, message: string): SendOutcome => ({
			httpStatus,
			message,
			durationMs: performance.now() - begunMs,
		});
		const signal = AbortSignal.timeout(timeoutMs);
		try {
			const status = await once(request, signal).catch((error) => {
				// The receiver closed an idle connection just when it was to be used again.
				if (error?.stale === true && error.code === "ECONNRESET" && !signal.aborted) return once(request, signal);
				throw error;
			});
			return ended(status, wordsFor(status));
		} catch (error) {
			return ended(null, signal.aborted ? `no answer within ${timeoutMs / 1000} s` : reasonOf(error));
		}
	}

	return {
		send,
		async [Symbol.asyncDispose]() {
			for (const agent of Object.values(agents)) agent.destroy();
		},
	};
}

class PlainHttp extends Error {
	readonly code = "PLAIN_HTTP";
}

/** Read to its end, so that the connection can be used again; one that does not end soon is cut. */
function drain(response: http.IncomingMessage): void {
	let octets = 0;
	response.on("error", () => {});
	response.on("data", (chunk: Buffer) => {
		octets += chunk.length;
		if (octets > NOTIFY_LIMITS.webhookAnswerBytesMax) response.destroy();
	});
}

function wordsFor(status: number): string {
	if (status >= 200 && status <= 299) return "delivered";
	if (status >= 300 && status <= 399) return `HTTP ${status}: redirects are not followed`;
	if (status === 410) return "HTTP 410: the receiver wants nothing more";
	return `HTTP ${status}`;
}

const REASONS: Readonly<Record<string, string>> = {
	ENOTFOUND: "the host name has no address",
	ENODATA: "the host name has no address",
	EAI_AGAIN: "the name servers do not answer",
	ETIMEOUT: "the name servers do not answer",
	ESERVFAIL: "the name servers do not answer",
	ECONNREFUSED: "the connection was refused",
	ECONNRESET: "the connection was cut before an answer came",
	EPIPE: "the connection was cut before an answer came",
	ETIMEDOUT: "the connection could not be made in time",
	EHOSTUNREACH: "the host can not be reached",
	ENETUNREACH: "the network can not be reached",
	PRIVATE_TARGET: "the target leads to a private or local address, which the operator does not allow",
	PLAIN_HTTP: "the target is not https, which the operator does not allow",
};

/** In our own words: an error may quote the URL, which may hold a secret. */
function reasonOf(error: unknown): string {
	if (error instanceof PrivateTarget) return REASONS.PRIVATE_TARGET!;
	const code = String((error as { code?: unknown } | null)?.code ?? "unknown");
	if (/CERT|SELF_SIGNED|UNABLE_TO_|ALTNAME/.test(code)) return `the TLS certificate is not accepted (${code})`;
	return REASONS[code] ?? `the request failed (${code})`;
}
