/** `name-addr` and `addr-spec` with header parameters: From, To, Contact, Route, Diversion, ... (RFC 3261 §20.10). */
import type { NameAddr } from "../types.ts";
import { parseParams } from "./params.ts";
import { quotedEnd, skipSpace, trimSpace, unquote } from "./text.ts";
import { parseUri } from "./uri.ts";

export interface SplitNameAddr {
	readonly displayName: string | undefined;
	readonly rawUri: string;
	readonly params: ReadonlyMap<string, string>;
}

/**
 * Takes a value apart without reading its URI, which may have any scheme.
 *
 * Without angle brackets every `;` starts a header parameter, and `?` and `,` are forbidden in the URI (§20.10): a value
 * with them is refused, because nobody can tell whose they are (RFC 4475 §3.1.2.13). An unquoted display name may hold
 * characters that are no token (RFC 4475 §3.1.2.15 allows that mercy; PBXs do send them).
 */
export function splitNameAddr(value: string): SplitNameAddr | undefined {
	const start = skipSpace(value, 0);
	let displayName: string | undefined;
	let open: number;
	if (value.charCodeAt(start) === 0x22) {
		const end = quotedEnd(value, start);
		if (end === -1) return undefined;
		displayName = unquote(value.slice(start, end + 1));
		open = skipSpace(value, end + 1);
		if (value.charCodeAt(open) !== 0x3c) return undefined;
	} else {
		open = value.indexOf("<", start);
		if (open === -1) return bareAddress(value.slice(start));
		const name = trimSpace(value.slice(start, open));
		if (name.includes('"')) return undefined;
		if (name !== "") displayName = name;
	}
	const close = value.indexOf(">", open);
	if (close === -1) return undefined;
	const rawUri = value.slice(open + 1, close);
	if (rawUri === "" || /[ \t<"]/.test(rawUri)) return undefined;
	const params = parseParams(value, close + 1);
	return params === undefined ? undefined : { displayName, rawUri, params };
}

function bareAddress(value: string): SplitNameAddr | undefined {
	const semicolon = value.indexOf(";");
	const rawUri = trimSpace(semicolon === -1 ? value : value.slice(0, semicolon));
	if (rawUri === "" || /[?,>"\s]/.test(rawUri)) return undefined;
	const params = semicolon === -1 ? new Map<string, string>() : parseParams(value, semicolon);
	return params === undefined ? undefined : { displayName: undefined, rawUri, params };
}

/** Undefined where the value or its URI is malformed, or the scheme is none of sip, sips, tel. Never throws. */
export function parseNameAddr(value: string): NameAddr | undefined {
	const split = splitNameAddr(value);
	const uri = split && parseUri(split.rawUri);
	return split && uri && { ...split, uri };
}
