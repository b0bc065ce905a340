/**
 * Octets and characters of header fields. Inside the room a header is an octet string (one character per octet), so
 * that what is echoed goes back byte for byte; at the room's door it becomes text (RFC 3261 §7.3.1: UTF-8).
 */

/** UTF-8 reading of an octet string; octets that are no UTF-8 become U+FFFD. */
export function octetsToText(octets: string): string {
	for (let i = 0; i < octets.length; i++) {
		if (octets.charCodeAt(i) > 0x7f) return Buffer.from(octets, "latin1").toString("utf8");
	}
	return octets;
}

/** Octet string of a text: each character stands for one octet of its UTF-8 form. */
export function textToOctets(text: string): string {
	for (let i = 0; i < text.length; i++) {
		if (text.charCodeAt(i) > 0x7f) return Buffer.from(text, "utf8").toString("latin1");
	}
	return text;
}

const TOKEN = new Uint8Array(256);
for (const c of "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-.!%*_+`'~") TOKEN[c.charCodeAt(0)] = 1;

/** RFC 3261 §25.1 `token`. */
export function isToken(text: string): boolean {
	for (let i = 0; i < text.length; i++) {
		const c = text.charCodeAt(i);
		if (c > 255 || TOKEN[c] === 0) return false;
	}
	return text.length > 0;
}

/** End of the run of token characters that starts at `at`. */
export function tokenEnd(text: string, at: number): number {
	let i = at;
	while (i < text.length) {
		const c = text.charCodeAt(i);
		if (c > 255 || TOKEN[c] === 0) break;
		i++;
	}
	return i;
}

/** First index from `at` on that is neither space nor tab. Folds are spaces already. */
export function skipSpace(text: string, at: number): number {
	let i = at;
	while (i < text.length && isSpace(text.charCodeAt(i))) i++;
	return i;
}

export function isSpace(code: number): boolean {
	return code === 0x20 || code === 0x09;
}

/** Removes spaces and tabs at both ends, and only those: String.trim would eat octets such as 0xA0 too. */
export function trimSpace(text: string): string {
	let start = 0;
	let end = text.length;
	while (start < end && isSpace(text.charCodeAt(start))) start++;
	while (end > start && isSpace(text.charCodeAt(end - 1))) end--;
	return start === 0 && end === text.length ? text : text.slice(start, end);
}

/** Index of the closing quote of the quoted-string that opens at `at`, or -1 (RFC 3261 §25.1: `\` escapes one octet). */
export function quotedEnd(text: string, at: number): number {
	for (let i = at + 1; i < text.length; i++) {
		const c = text.charCodeAt(i);
		if (c === 0x5c) i++;
		else if (c === 0x22) return i;
	}
	return -1;
}

/** Content of a quoted-string without its quotes, escapes undone. */
export function unquote(quoted: string): string {
	const inner = quoted.slice(1, -1);
	if (!inner.includes("\\")) return inner;
	let out = "";
	for (let i = 0; i < inner.length; i++) {
		if (inner.charCodeAt(i) === 0x5c && i + 1 < inner.length) i++;
		out += inner[i];
	}
	return out;
}

/** Undoes `%HH` (RFC 3261 §19.1.2), reading the octets as UTF-8; a `%` without two hex digits stays as it is. */
export function unescapePercent(text: string): string {
	if (!text.includes("%")) return text;
	return text.replace(/(?:%[0-9a-fA-F]{2})+/g, (run) => Buffer.from(run.replaceAll("%", ""), "hex").toString("utf8"));
}
