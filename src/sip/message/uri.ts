/** URIs: `sip:` and `sips:` (RFC 3261 §19.1), `tel:` (RFC 3966). */
import { SIP_LIMITS } from "../limits.ts";
import type { SipUri } from "../types.ts";
import { unescapePercent } from "./text.ts";

const SCHEME = /^([A-Za-z][A-Za-z0-9+.-]*):/;
/** What may not stand in a userinfo: separators of the message around it, blanks and controls. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: controls are what it looks for
const USER_FORBIDDEN = /[\u0000-\u0020\u007f<>"@[\]\\^{}|]/;
const HOST = /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9.])?)(?::(\d{1,5}))?$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: controls are what it looks for
const TAIL_FORBIDDEN = /[\u0000-\u0020\u007f<>"\\^{}|`]/;
const TEL = /^\+?[0-9A-Fa-f*#().-]+$/;

/** Scheme in lower case, or undefined where the text does not start with one. */
export function schemeOf(uri: string): string | undefined {
	return SCHEME.exec(uri)?.[1]?.toLowerCase();
}

/** Undefined for other schemes and for what its grammar does not allow. Never throws. */
export function parseUri(text: string): SipUri | undefined {
	if (text.length > SIP_LIMITS.headerFieldBytesMax) return undefined;
	const scheme = schemeOf(text);
	if (scheme === "sip" || scheme === "sips") return parseSip(scheme, text.slice(scheme.length + 1));
	if (scheme === "tel") return parseTel(text.slice(4));
	return undefined;
}

function parseSip(scheme: string, rest: string): SipUri | undefined {
	const at = rest.indexOf("@");
	let user: string | undefined;
	if (at !== -1) {
		const userInfo = rest.slice(0, at);
		if (userInfo === "" || USER_FORBIDDEN.test(userInfo)) return undefined;
		const colon = userInfo.indexOf(":");
		user = colon === -1 ? userInfo : userInfo.slice(0, colon);
	}
	const tail = rest.slice(at + 1);
	const end = tail.search(/[;?]/);
	const hostMatch = HOST.exec(end === -1 ? tail : tail.slice(0, end));
	if (hostMatch === null) return undefined;
	const port = hostMatch[2] === undefined ? undefined : Number(hostMatch[2]);
	if (port !== undefined && (port === 0 || port > 65_535)) return undefined;
	const parts = parseTail(end === -1 ? "" : tail.slice(end));
	if (parts === undefined) return undefined;
	return { scheme, user, host: (hostMatch[1] as string).toLowerCase(), port, ...parts };
}

function parseTel(rest: string): SipUri | undefined {
	const semicolon = rest.indexOf(";");
	const number = semicolon === -1 ? rest : rest.slice(0, semicolon);
	if (!TEL.test(number)) return undefined;
	const parts = parseTail(semicolon === -1 ? "" : rest.slice(semicolon));
	if (parts === undefined) return undefined;
	return { scheme: "tel", user: number, host: "", port: undefined, ...parts };
}

type Tail = Pick<SipUri, "params" | "headers">;

function parseTail(tail: string): Tail | undefined {
	const params = new Map<string, string>();
	const headers = new Map<string, string>();
	if (tail === "") return { params, headers };
	if (TAIL_FORBIDDEN.test(tail)) return undefined;
	const question = tail.indexOf("?");
	const paramText = question === -1 ? tail : tail.slice(0, question);
	if (paramText !== "" && !addPairs(params, paramText.slice(1).split(";"))) return undefined;
	if (question !== -1 && !addPairs(headers, tail.slice(question + 1).split("&"))) return undefined;
	return { params, headers };
}

function addPairs(into: Map<string, string>, pairs: readonly string[]): boolean {
	if (pairs.length > SIP_LIMITS.parametersMax) return false;
	for (const pair of pairs) {
		const equals = pair.indexOf("=");
		const name = unescapePercent(equals === -1 ? pair : pair.slice(0, equals)).toLowerCase();
		if (name === "") return false;
		if (!into.has(name)) into.set(name, equals === -1 ? "" : unescapePercent(pair.slice(equals + 1)));
	}
	return true;
}
