/** SIP messages as datagrams and as a stream; everything that reads a field of them. */
import { isDeepStrictEqual } from "node:util";
import { parseRack, parseRseq } from "../../src/sip/dialog/reliable.ts";
import { parseMinSe, parseSessionExpires } from "../../src/sip/dialog/session-timer.ts";
import { findSdp, readMediaType } from "../../src/sip/message/body.ts";
import { infoDigit } from "../../src/sip/message/info-digit.ts";
import type { ParsedMessage, ParseResult } from "../../src/sip/message/message.ts";
import { parseNameAddr } from "../../src/sip/message/name-addr.ts";
import { parseHeaderParams } from "../../src/sip/message/params.ts";
import { parseDatagram } from "../../src/sip/message/parse.ts";
import { reasonsOf } from "../../src/sip/message/reason.ts";
import { parseReplaces } from "../../src/sip/message/replaces.ts";
import { type Framed, StreamFramer } from "../../src/sip/message/stream-framer.ts";
import { textToOctets } from "../../src/sip/message/text.ts";
import { parseUri } from "../../src/sip/message/uri.ts";
import { parseVia, stampVia } from "../../src/sip/message/via.ts";
import { type OctetField, requestLine, statusLine, writeMessage } from "../../src/sip/message/write.ts";
import { type FuzzTarget, must } from "../target.ts";
import { sipText } from "./sip-grammar.ts";

// biome-ignore lint/suspicious/noControlCharactersInRegex: it asks for what is none of them.
const NOT_PLAIN = /[^\x01-\x7f]/;

/** Everything that a reader above would touch. */
function readAll(result: ParseResult): void {
	const headers = result.ok ? result.message.headers : result.answerTo?.headers;
	for (const name of headers?.names ?? []) {
		for (const value of headers?.all(name) ?? []) {
			parseNameAddr(value);
			parseHeaderParams(value);
			parseUri(value);
			parseReplaces(value);
			parseRack(value);
			parseRseq(value);
			parseSessionExpires(value);
			readMediaType(value);
			const via = parseVia(value);
			if (via !== undefined) stampVia(value, via, { address: "192.0.2.1", port: 1 });
		}
	}
	if (!result.ok) {
		must(result.status >= 400 && result.status < 700, `refused with ${result.status}`);
		return;
	}
	const { message } = result;
	parseMinSe(message.headers);
	must(reasonsOf(message.headers.all("reason"), 4).length <= 4, "more reasons than asked for");
	infoDigit("application/dtmf-relay", message.body);
	infoDigit("application/dtmf", message.body);
	findSdp(message.headers, message.body);
	readAgain(message);
}

/** What was understood, written down again, is understood the same. */
function readAgain(message: ParsedMessage): void {
	const fields: OctetField[] = [];
	for (const name of message.headers.names) {
		if (name.toLowerCase() === "content-length") continue;
		for (const value of message.headers.all(name)) fields.push([name, textToOctets(value)]);
	}
	const line =
		message.kind === "request" ? requestLine(message.method, message.uri) : statusLine(message.status, message.reason);
	// Octets that are no UTF-8 are shown with a replacement, which is written as itself; NUL is written as a space.
	if (NOT_PLAIN.test(line) || fields.some(([, octets]) => NOT_PLAIN.test(octets))) return;
	const again = parseDatagram(writeMessage(line, fields, message.body));
	if (again.ok) {
		for (const key of ["callId", "cseq", "cseqMethod", "fromTag", "toTag"] as const)
			must(again.message[key] === message[key], `${key} changed: ${message[key]} and ${again.message[key]}`);
		must(Buffer.compare(again.message.body, message.body) === 0, "the body changed");
		return;
	}
	// Longer when written out in full than the short forms and blanks it came with.
	must(again.status === 513, `written again it is refused: ${again.why}`);
}

export const sipDatagram: FuzzTarget = {
	name: "sip-datagram",
	share: 8,
	generate: (random) => Buffer.from(sipText(random), "latin1"),
	run: (octets) => readAll(parseDatagram(octets)),
};

/** What a reader sees of one frame. */
function seen(framed: Framed): unknown {
	// Why a stream broke may differ: what is too long in two ways is refused for the first that shows.
	if (framed.type !== "message") return framed.type;
	const { result } = framed;
	return result.ok ? [framed.type, result.message.callId, result.message.body.length] : [framed.type, result.status];
}

export const sipStream: FuzzTarget = {
	name: "sip-stream",
	share: 3,
	generate: (random) => {
		const messages = Array.from({ length: random.between(1, 4) }, () =>
			random.chance(0.1) ? random.pick(["\r\n\r\n", "\r\n"]) : sipText(random),
		);
		return Buffer.from(messages.join(""), "latin1");
	},
	run: (octets) => {
		const whole = new StreamFramer().push(octets);
		for (const framed of whole) if (framed.type !== "ping") readAll(framed.result);
		const framer = new StreamFramer();
		const pieces: Framed[] = [];
		// Pieces of a length that the octets themselves decide, so that a case is its octets alone.
		const step = 1 + ((octets[0] ?? 0) % 40);
		for (let at = 0; at < octets.length; at += step) pieces.push(...framer.push(octets.subarray(at, at + step)));
		must(isDeepStrictEqual(pieces.map(seen), whole.map(seen)), `in pieces of ${step} it reads otherwise`);
	},
};
