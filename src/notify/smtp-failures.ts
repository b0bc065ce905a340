/** What became of a mail that the server did not take: whose fault, and whether to try again. Pure. */
import { Failure } from "../domain/index.ts";
import { PermanentFailure } from "./failures.ts";
import { NOTIFY_LIMITS } from "./limits.ts";
import { oneLine } from "./wording.ts";

/** What of nodemailer's errors is read. */
interface SmtpError extends Error {
	readonly code?: string;
	/** SMTP command that was answered, such as `RCPT TO`. */
	readonly command?: string;
	readonly responseCode?: number;
}

/**
 * A 5xx to the recipient or to the mail itself stays one (RFC 5321 §4.2.1): permanent. A 5xx to anything before it
 * (greeting, login, sender) is about our settings, and every waiting mail would die of a mistyped password: tried again.
 * Everything else, 4xx, silence, a broken connection, passes.
 *
 * @param secrets texts that stand in no error, even where a server repeats what it was sent.
 */
export function smtpFailure(error: unknown, server: string, secrets: readonly string[] = []): Failure {
	const { code, command, responseCode, message } = error as SmtpError;
	const said = serverText(withoutSecrets(message, secrets));
	if (responseCode === undefined || responseCode < 500) {
		const what = responseCode === undefined ? "cannot be reached" : "asks to try again later";
		return new Failure(
			"mailServerUnavailable",
			`The mail server ${server} ${what}: ${said}`,
			"Nothing to do if it passes: the mail is tried again for days. Else check AFTERBEEP_SMTP_URL and the mail server.",
			{ cause: error },
		);
	}
	if (code === "EAUTH" || !/^(RCPT TO|DATA)/.test(command ?? "")) {
		return new Failure(
			"mailServerRefused",
			`The mail server ${server} does not serve us: ${said}`,
			"Check user and password in AFTERBEEP_SMTP_URL, and whether it takes mail from AFTERBEEP_MAIL_FROM.",
			{ cause: error },
		);
	}
	return new PermanentFailure(
		"mailServerRefused",
		`The mail server ${server} refused the mail: ${said}`,
		"Correct the mailbox's e-mail address, or ask the mail server's operator; then run the job again.",
		{ cause: error },
	);
}

/** The forms in which a password goes to a server (RFC 4954 AUTH PLAIN and LOGIN), and so may come back. */
export function secretsOf(auth: { readonly user: string; readonly pass: string } | undefined): readonly string[] {
	if (auth === undefined || auth.pass === "") return [];
	const encoded = [auth.pass, `\0${auth.user}\0${auth.pass}`].map((text) => Buffer.from(text).toString("base64"));
	return [auth.pass, ...encoded];
}

export function withoutSecrets(text: string, secrets: readonly string[]): string {
	return secrets.reduce((hidden, secret) => hidden.replaceAll(secret, "***"), text);
}

/** Servers repeat the address; it says enough with its first letter. */
function serverText(text: string): string {
	const masked = text.replaceAll(/([^\s<>@"'])[^\s<>@"']*@([^\s<>@"',;]+)/g, "$1***@$2");
	return oneLine(masked, NOTIFY_LIMITS.serverTextCharsMax);
}
