/** From fields to octets (RFC 3261 §7). */
import { textToOctets } from "./text.ts";

export type OctetField = readonly [name: string, octets: string];

const NOTHING = new Uint8Array(0);

/**
 * Writes a message; Content-Length is added. Values are octet strings (`textToOctets` makes one of a text).
 * CR, LF and NUL in a value become spaces, so that no caller can smuggle in a field of its own.
 */
export function writeMessage(startLine: string, fields: readonly OctetField[], body: Uint8Array = NOTHING): Buffer {
	let head = `${clean(startLine)}\r\n`;
	for (const [name, value] of fields) head += `${name}: ${clean(value)}\r\n`;
	head += `Content-Length: ${body.length}\r\n\r\n`;
	// Not from the shared pool: a response kept for retransmission would hold its neighbours' memory too.
	const out = Buffer.allocUnsafeSlow(head.length + body.length);
	out.write(head, "latin1");
	out.set(body, head.length);
	return out;
}

export function requestLine(method: string, uri: string): string {
	return `${method} ${textToOctets(uri)} SIP/2.0`;
}

export function statusLine(status: number, reason: string): string {
	return `SIP/2.0 ${status} ${textToOctets(reason)}`;
}

function clean(value: string): string {
	for (let i = 0; i < value.length; i++) {
		const c = value.charCodeAt(i);
		if (c === 0x0d || c === 0x0a || c === 0) return value.replace(/[\r\n\0]/g, " ");
	}
	return value;
}
