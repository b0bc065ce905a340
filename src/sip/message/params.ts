import { SIP_LIMITS } from "../limits.ts";
import { quotedEnd, skipSpace, tokenEnd, unquote } from "./text.ts";

/**
 * Reads `;name=value;name` from `at` to the end (RFC 3261 §25.1 generic-param): values are tokens, hosts with brackets,
 * or quoted strings, whose quotes and escapes are removed.
 *
 * @returns names in lower case (the first of two equal ones wins), or undefined where the text is no parameter list.
 */
export function parseParams(text: string, at: number): Map<string, string> | undefined {
	const params = new Map<string, string>();
	let i = skipSpace(text, at);
	while (i < text.length) {
		if (text.charCodeAt(i) !== 0x3b) return undefined;
		const nameStart = skipSpace(text, i + 1);
		const nameEnd = tokenEnd(text, nameStart);
		if (nameEnd === nameStart || params.size === SIP_LIMITS.parametersMax) return undefined;
		const name = text.slice(nameStart, nameEnd).toLowerCase();
		i = skipSpace(text, nameEnd);
		let value = "";
		if (text.charCodeAt(i) === 0x3d) {
			const start = skipSpace(text, i + 1);
			const end = valueEnd(text, start);
			if (end <= start) return undefined;
			value = text.slice(start, end);
			if (text.charCodeAt(start) === 0x22) value = unquote(value);
			i = skipSpace(text, end);
		}
		if (!params.has(name)) params.set(name, value);
	}
	return params;
}

/**
 * Parameters of a header value after its first element: `;reason=busy;counter=1`, or the whole of
 * `application/sdp;charset=utf-8`, whose leading part is passed over.
 */
export function parseHeaderParams(value: string): ReadonlyMap<string, string> | undefined {
	const at = value.indexOf(";");
	return at === -1 ? new Map() : parseParams(value, at);
}

function valueEnd(text: string, start: number): number {
	if (text.charCodeAt(start) === 0x22) return quotedEnd(text, start) + 1;
	// Wider than token on purpose: hosts in brackets and tag values with ":" or "@" occur and harm nobody.
	let i = start;
	while (i < text.length) {
		const c = text.charCodeAt(i);
		if (c === 0x3b || c === 0x2c || c === 0x20 || c === 0x09 || c === 0x22 || c === 0x3c || c === 0x3e) break;
		i++;
	}
	return i;
}
