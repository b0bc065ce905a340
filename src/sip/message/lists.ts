import { SIP_LIMITS } from "../limits.ts";
import { quotedEnd, trimSpace } from "./text.ts";

/**
 * Splits a header value at commas outside quoted strings and angle brackets (RFC 3261 §7.3.1).
 *
 * @returns trimmed elements, empty ones left out; at most `SIP_LIMITS.listElementsMax`, the rest is dropped.
 */
export function splitList(value: string): string[] {
	if (!value.includes(",")) return value === "" ? [] : [value];
	const out: string[] = [];
	let start = 0;
	let inAngle = false;
	for (let i = 0; i <= value.length; i++) {
		const c = i === value.length ? 0x2c : value.charCodeAt(i);
		if (i === value.length) inAngle = false;
		if (c === 0x22 && !inAngle) {
			const end = quotedEnd(value, i);
			// An unclosed quote swallows the rest: guessing where it should end would invent header values.
			i = end === -1 ? value.length - 1 : end;
		} else if (c === 0x3c) inAngle = true;
		else if (c === 0x3e) inAngle = false;
		else if (c === 0x2c && !inAngle) {
			const element = trimSpace(value.slice(start, i));
			if (element !== "") out.push(element);
			if (out.length === SIP_LIMITS.listElementsMax) return out;
			start = i + 1;
		}
	}
	return out;
}
