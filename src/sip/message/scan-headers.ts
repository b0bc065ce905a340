/** From the octets of a message head to its fields: lines, folds, names (RFC 3261 §7.3.1). */
import { SIP_LIMITS } from "../limits.ts";
import { HeaderBlock, type HeaderScan } from "./header-block.ts";
import { canonicalName, isSingleField } from "./header-names.ts";
import { isToken, trimSpace } from "./text.ts";

/**
 * Reads the fields that start at `at`; lines end with CRLF and nothing else. The first fault is told, but the fields
 * around it are kept: an answer to a bad request needs its Via, From, To, Call-ID and CSeq.
 */
export function scanHeaders(head: string, at: number): HeaderScan {
	const names: string[] = [];
	const values: string[] = [];
	let why: string | undefined;
	let i = at;
	while (i < head.length) {
		let end = lineEnd(head, i);
		let line = head.slice(i, end);
		i = end + 2;
		if (i < head.length && isFold(head, i)) {
			const pieces = [line];
			while (i < head.length && isFold(head, i)) {
				end = lineEnd(head, i);
				pieces.push(trimSpace(head.slice(i, end)));
				i = end + 2;
			}
			line = pieces.join(" ");
		}
		if (names.length === SIP_LIMITS.headerFieldsMax) {
			why ??= "Too Many Header Fields";
			break;
		}
		why = readField(line, names, values) ?? why;
	}
	const headers = new HeaderBlock(names, values);
	why ??= repeated(names);
	return why === undefined ? { ok: true, headers } : { ok: false, why, headers };
}

function lineEnd(head: string, at: number): number {
	const end = head.indexOf("\r\n", at);
	return end === -1 ? head.length : end;
}

function isFold(head: string, at: number): boolean {
	const c = head.charCodeAt(at);
	return c === 0x20 || c === 0x09;
}

/** @returns what is wrong with the line, or undefined. */
function readField(line: string, names: string[], values: string[]): string | undefined {
	if (line.length > SIP_LIMITS.headerFieldBytesMax) return "Header Field Too Long";
	const colon = line.indexOf(":");
	if (colon === -1) return "Header Line Without Colon";
	let nameEnd = colon;
	while (nameEnd > 0 && (line.charCodeAt(nameEnd - 1) === 0x20 || line.charCodeAt(nameEnd - 1) === 0x09)) nameEnd--;
	const name = line.slice(0, nameEnd);
	if (!isToken(name)) return "Bad Header Name";
	// A lone CR or LF would be a line break to the next element but not to us.
	if (line.includes("\n") || line.includes("\r")) return "Bare CR Or LF In Header Field";
	names.push(canonicalName(name));
	values.push(trimSpace(line.slice(colon + 1)));
	return undefined;
}

function repeated(names: readonly string[]): string | undefined {
	for (let i = 0; i < names.length; i++) {
		const name = names[i] as string;
		if (isSingleField(name) && names.indexOf(name) !== i) return `Repeated ${name} Header Field`;
	}
	return undefined;
}
