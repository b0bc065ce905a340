/** Sends mails to a mail server over a few kept connections (RFC 5321). */
import { createTransport } from "nodemailer";
import type { Log } from "../domain/index.ts";
import { NOTIFY_LIMITS } from "./limits.ts";
import { mimeOptions } from "./mime.ts";
import { secretsOf, smtpFailure, withoutSecrets } from "./smtp-failures.ts";
import { parseSmtpUrl } from "./smtp-settings.ts";
import type { Outbox } from "./types.ts";

/** Time-outs in milliseconds; tests shorten them. */
export interface SmtpTimeouts {
	readonly connectMs: number;
	readonly greetingMs: number;
	readonly inactiveMs: number;
	/** A whole mail, however slowly the server goes on. */
	readonly sendMs: number;
}

const DEFAULT_TIMEOUTS: SmtpTimeouts = {
	connectMs: NOTIFY_LIMITS.smtpConnectMs,
	greetingMs: NOTIFY_LIMITS.smtpGreetingMs,
	inactiveMs: NOTIFY_LIMITS.smtpInactiveMs,
	sendMs: NOTIFY_LIMITS.smtpSendMs,
};

/**
 * No connection is made before the first mail, so that the platform starts while the mail server is down.
 *
 * @throws Failure `configInvalid` for an address that is none.
 */
export function openSmtp(smtpUrl: string, log: Log, timeouts: SmtpTimeouts = DEFAULT_TIMEOUTS): Outbox {
	const { host, port, secure, startTls, auth } = parseSmtpUrl(smtpUrl);
	const secrets = secretsOf(auth);
	const server = `${host.includes(":") ? `[${host}]` : host}:${port}`;
	const transport = createTransport({
		pool: true,
		host,
		port,
		secure,
		requireTLS: startTls === "required",
		ignoreTLS: startTls === "none",
		...(auth === undefined ? {} : { auth }),
		maxConnections: NOTIFY_LIMITS.smtpConnections,
		maxMessages: NOTIFY_LIMITS.smtpMailsPerConnection,
		// the job queue alone tries again: it knows how often and for how long
		maxRequeues: 0,
		idleTimeout: NOTIFY_LIMITS.smtpIdleMs,
		connectionTimeout: timeouts.connectMs,
		dnsTimeout: timeouts.connectMs,
		greetingTimeout: timeouts.greetingMs,
		socketTimeout: timeouts.inactiveMs,
		socketCloseTimeout: NOTIFY_LIMITS.smtpCloseMs,
	});
	// an idle connection that breaks belongs to no mail; without a listener it would end the process
	transport.on("error", (error: Error) =>
		log.debug({ server, error: withoutSecrets(error.message, secrets) }, "mail connection lost"),
	);
	// an aborted mail leaves the pool's queue and takes its connection with it, so that a slow server holds no place
	const guarded = async (work: (signal: AbortSignal) => Promise<unknown>): Promise<void> => {
		const signal = AbortSignal.timeout(timeouts.sendMs);
		try {
			await Promise.race([work(signal), rejectOn(signal)]);
		} catch (error) {
			const late = new Error(`it did not finish within ${timeouts.sendMs / 1000} s`, { cause: error });
			throw smtpFailure(signal.aborted ? late : error, server, secrets);
		}
	};
	return {
		description: `${secure ? "smtps" : "smtp"}://${server}`,
		send: (mail) => guarded((signal) => transport.sendMail({ ...mimeOptions(mail), signal })),
		check: () => guarded(() => transport.verify()),
		[Symbol.asyncDispose]: async () => transport.close(),
	};
}

/** Never resolves. */
function rejectOn(signal: AbortSignal): Promise<never> {
	return new Promise((_, reject) => {
		signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
	});
}
