/** Sends mails to a mail server over a few kept connections (RFC 5321). */
import { createTransport } from "nodemailer";
import { Failure, type Log } from "../domain/index.ts";
import { NOTIFY_LIMITS } from "./limits.ts";
import { mimeOptions } from "./mime.ts";
import { smtpFailure } from "./smtp-failures.ts";
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
	});
	// an idle connection that breaks belongs to no mail; without a listener it would end the process
	transport.on("error", (error: Error) => log.debug({ server, error: error.message }, "mail connection lost"));
	const guarded = async (work: () => Promise<unknown>): Promise<void> => {
		try {
			await within(timeouts.sendMs, work());
		} catch (error) {
			throw error instanceof Failure ? error : smtpFailure(error, server);
		}
	};
	return {
		description: `${secure ? "smtps" : "smtp"}://${server}`,
		send: (mail) => guarded(() => transport.sendMail(mimeOptions(mail))),
		check: () => guarded(() => transport.verify()),
		[Symbol.asyncDispose]: async () => transport.close(),
	};
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
	let timer: NodeJS.Timeout | undefined;
	const late = new Promise<never>((_, reject) => {
		timer = setTimeout(() => reject(new Error(`the mail was not taken within ${ms / 1000} s`)), ms);
	});
	try {
		return await Promise.race([work, late]);
	} finally {
		clearTimeout(timer);
	}
}
