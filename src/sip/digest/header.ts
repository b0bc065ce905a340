/** The header fields of digest authentication: RFC 7616 §3.3, §3.4, RFC 3261 §22, RFC 8760. Pure. */
import { quotedEnd, skipSpace, tokenEnd, unquote } from "../message/text.ts";
import type { DigestAlgorithm } from "../types.ts";

/** What a client says in Authorization; absent parameters are undefined. */
export interface Credentials {
	readonly username: string;
	readonly realm: string;
	readonly nonce: string;
	readonly uri: string;
	/** In lower case. */
	readonly response: string;
	/** Undefined for one that we do not know; without the parameter it is MD5 (RFC 7616 §3.4). */
	readonly algorithm: DigestAlgorithm | undefined;
	readonly qop: string | undefined;
	readonly cnonce: string | undefined;
	/** Eight hexadecimal digits. */
	readonly nonceCount: string | undefined;
}

const ALGORITHMS: ReadonlyMap<string, DigestAlgorithm> = new Map([
	["md5", "MD5"],
	["sha-256", "SHA-256"],
	["sha-512-256", "SHA-512-256"],
]);

/** Parameters of one header; a client needs a dozen. */
const PARAMETERS_MAX = 32;

/** @returns undefined for another scheme, for what can not be read, and where a parameter is missing or stands twice. */
export function parseCredentials(value: string): Credentials | undefined {
	const params = parseAuthParams(value);
	const [username, realm, nonce, uri, response] = ["username", "realm", "nonce", "uri", "response"].map((name) =>
		params?.get(name),
	);
	if (params === undefined || username === undefined || realm === undefined || nonce === undefined) return undefined;
	if (uri === undefined || response === undefined) return undefined;
	return {
		username,
		realm,
		nonce,
		uri,
		response: response.toLowerCase(),
		algorithm: ALGORITHMS.get((params.get("algorithm") ?? "MD5").toLowerCase()),
		qop: params.get("qop")?.toLowerCase(),
		cnonce: params.get("cnonce"),
		nonceCount: params.get("nc"),
	};
}

/** `Digest name=value, name="value"` */
function parseAuthParams(value: string): Map<string, string> | undefined {
	if (!/^digest[ \t]/i.test(value)) return undefined;
	const params = new Map<string, string>();
	let i = skipSpace(value, "digest".length);
	while (i < value.length) {
		const nameEnd = tokenEnd(value, i);
		const name = value.slice(i, nameEnd).toLowerCase();
		const equals = skipSpace(value, nameEnd);
		if (name === "" || value[equals] !== "=" || params.has(name) || params.size === PARAMETERS_MAX) return undefined;
		const start = skipSpace(value, equals + 1);
		const quoted = value[start] === '"';
		const end = quoted ? quotedEnd(value, start) + 1 : tokenEnd(value, start);
		if (end <= start) return undefined;
		params.set(name, quoted ? unquote(value.slice(start, end)) : value.slice(start, end));
		i = skipSpace(value, end);
		if (i === value.length) break;
		if (value[i] !== ",") return undefined;
		i = skipSpace(value, i + 1);
	}
	return params;
}

/** Value of WWW-Authenticate. @param stale the password was right, the nonce is used up: the client need ask nobody. */
export function challenge(realm: string, nonce: string, algorithm: DigestAlgorithm, stale: boolean): string {
	const again = stale ? ", stale=true" : "";
	return `Digest realm="${realm}", nonce="${nonce}", algorithm=${algorithm}, qop="auth"${again}`;
}
