/**
 * What `JSON.parse` lets through and we do not: nesting without end, and a name twice in one object, of which another
 * reader of the same text (a proxy, a log) may see the other value. Looks at structure only; whether it is JSON at all
 * is for `JSON.parse` to say. Pure.
 */
import { HTTP_LIMITS } from "../limits.ts";
import { HttpError } from "./errors.ts";

/** @throws HttpError 400. */
export function assertHarmlessJson(text: string): void {
	/** Names seen so far in each open object; undefined for an open array. */
	const open: (Set<string> | undefined)[] = [];
	for (let at = 0; at < text.length; at++) {
		const char = text[at];
		if (char === '"') {
			const end = stringEnd(text, at);
			const names = open.at(-1);
			if (names !== undefined && isName(text, end)) noteName(names, text.slice(at, end + 1));
			at = end;
		} else if (char === "{" || char === "[") {
			open.push(char === "{" ? new Set() : undefined);
			if (open.length > HTTP_LIMITS.jsonDepthMax) {
				throw new HttpError(400, `the body nests deeper than ${HTTP_LIMITS.jsonDepthMax} levels. Send a flat object.`);
			}
		} else if (char === "}" || char === "]") open.pop();
	}
}

/** Index of the closing quote, or of the end where it is missing. */
function stringEnd(text: string, start: number): number {
	let at = start + 1;
	while (at < text.length && text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
	return at;
}

function isName(text: string, end: number): boolean {
	let at = end + 1;
	while (at < text.length && /\s/.test(text[at]!)) at++;
	return text[at] === ":";
}

function noteName(names: Set<string>, quoted: string): void {
	let name: string;
	try {
		name = JSON.parse(quoted);
	} catch {
		return;
	}
	if (names.has(name)) throw new HttpError(400, "the body holds the same property twice. Send it once.");
	names.add(name);
}
