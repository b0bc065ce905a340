import type { Log } from "../domain/index.ts";
import { openMaildir } from "./maildir.ts";
import { openSmtp } from "./smtp.ts";
import type { Outbox } from "./types.ts";

export interface OutboxOptions {
	/** Undefined: mail is laid into the Maildir. */
	readonly smtpUrl: string | undefined;
	/** `mail` under the data folder. */
	readonly maildirFolder: string;
	readonly log: Log;
}

/** @throws Failure `configInvalid` for an SMTP URL that is none, or a folder that cannot be written. */
export async function openOutbox(options: OutboxOptions): Promise<Outbox> {
	if (options.smtpUrl !== undefined) return openSmtp(options.smtpUrl, options.log);
	return openMaildir(options.maildirFolder);
}
