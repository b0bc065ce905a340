/** Reads the address of the mail server. Pure. */
import { Failure } from "../domain/index.ts";

export interface SmtpSettings {
	readonly host: string;
	readonly port: number;
	/** TLS from the first octet (smtps). */
	readonly secure: boolean;
	/** STARTTLS: `required` refuses a server without it, `optional` uses it where offered, `none` never. */
	readonly startTls: "required" | "optional" | "none";
	readonly auth: { readonly user: string; readonly pass: string } | undefined;
}

const DEFAULT_PORTS: Record<string, number> = { "smtp:": 587, "smtps:": 465 };
const FORM = "smtp://user:password@mail.example.com:587 or smtps://mail.example.com:465";

/**
 * `smtp://[user:password@]host[:port][?tls=required|optional|none]` or `smtps://...`. A password is only sent over TLS,
 * except to this machine itself or with `tls=none`.
 *
 * @throws Failure `configInvalid`; the text never holds the password.
 */
export function parseSmtpUrl(text: string): SmtpSettings {
	const url = URL.parse(text);
	const defaultPort = url === null ? undefined : DEFAULT_PORTS[url.protocol];
	if (url === null || defaultPort === undefined || url.hostname === "") throw invalid("is no mail server address");
	if (!["", "/"].includes(url.pathname) || url.hash !== "") throw invalid("has something behind the host and port");
	const tls = url.searchParams.get("tls");
	if ([...url.searchParams.keys()].some((key) => key !== "tls"))
		throw invalid("has an unknown option; only tls is known");
	if (tls !== null && tls !== "required" && tls !== "optional" && tls !== "none") {
		throw invalid("has an unknown tls option; it is required, optional or none");
	}
	const host = decoded(url.hostname).replace(/^\[(.*)\]$/, "$1");
	const auth = url.username === "" ? undefined : { user: decoded(url.username), pass: decoded(url.password) };
	const safeByDefault = auth !== undefined && !isLoopback(host) ? "required" : "optional";
	return {
		host,
		port: url.port === "" ? defaultPort : Number(url.port),
		secure: url.protocol === "smtps:",
		startTls: tls ?? safeByDefault,
		auth,
	};
}

function isLoopback(host: string): boolean {
	return host === "localhost" || host === "::1" || /^127\.\d+\.\d+\.\d+$/.test(host);
}

function decoded(part: string): string {
	try {
		return decodeURIComponent(part);
	} catch {
		throw invalid("has a % that is no escape (write %25 for the character itself)");
	}
}

function invalid(why: string): Failure {
	return new Failure("configInvalid", `AFTERBEEP_SMTP_URL ${why}.`, `Write it as ${FORM}.`);
}
