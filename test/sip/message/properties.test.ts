/** Parser properties: what is printed is read back; nothing from outside throws; a stream may come in any pieces. */
import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { SIP_LIMITS } from "../../../src/sip/limits.ts";
import { findSdp } from "../../../src/sip/message/body.ts";
import { HeaderBlock } from "../../../src/sip/message/header-block.ts";
import type { ParsedMessage, ParseResult } from "../../../src/sip/message/message.ts";
import { parseNameAddr } from "../../../src/sip/message/name-addr.ts";
import { parseHeaderParams } from "../../../src/sip/message/params.ts";
import { parseDatagram } from "../../../src/sip/message/parse.ts";
import { type Framed, StreamFramer } from "../../../src/sip/message/stream-framer.ts";
import { octetsToText, textToOctets } from "../../../src/sip/message/text.ts";
import { parseUri } from "../../../src/sip/message/uri.ts";
import { parseVia, stampVia } from "../../../src/sip/message/via.ts";
import { type OctetField, requestLine, statusLine, writeMessage } from "../../../src/sip/message/write.ts";

const TOKEN_CHARS = [..."abcXYZ0189-.!%*_+`'~"];
const token = fc.string({ unit: fc.constantFrom(...TOKEN_CHARS), minLength: 1, maxLength: 12 });
const word = fc.string({ unit: fc.constantFrom(..."abcdef0123456789"), minLength: 1, maxLength: 10 });
/** Any text that is one line and has no blanks at its ends, UTF-8 included. */
const lineText = fc.string({ unit: "grapheme", maxLength: 30 }).map((text) => text.replace(/[\r\n\0]/g, "").trim());
const cseq = fc.integer({ min: 0, max: SIP_LIMITS.cseqMax });
const body = fc.uint8Array({ maxLength: 300 });

interface Printed {
	readonly octets: Buffer;
	readonly start:
		| { readonly method: string; readonly uri: string }
		| { readonly status: number; readonly reason: string };
	readonly extra: readonly (readonly [string, string])[];
	readonly body: Uint8Array;
	readonly cseq: number;
	readonly tag: string;
}

const start = fc.oneof(
	fc.record({
		method: token.filter((text) => !/^sip\/\d/i.test(text)),
		uri: word.map((user) => `sip:${user}@192.0.2.1`),
	}),
	fc.record({ status: fc.integer({ min: 100, max: 699 }), reason: lineText }),
);

const printed: fc.Arbitrary<Printed> = fc
	.record({
		start,
		cseq,
		body,
		tag: token,
		extra: fc.array(
			fc.tuple(
				word.map((name) => `X-${name}`),
				lineText,
			),
			{ maxLength: 8 },
		),
	})
	.map((parts) => {
		const method = "method" in parts.start ? parts.start.method : "INVITE";
		const fields: OctetField[] = [
			["Via", "SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKx"],
			["From", `<sip:a@192.0.2.9>;tag=${parts.tag}`],
			["To", "<sip:b@192.0.2.1>"],
			["Call-ID", "c1"],
			["CSeq", `${parts.cseq} ${method}`],
			...parts.extra.map(([name, value]): OctetField => [name, textToOctets(value)]),
		];
		const line =
			"method" in parts.start
				? requestLine(parts.start.method, parts.start.uri)
				: statusLine(parts.start.status, parts.start.reason);
		return { ...parts, octets: writeMessage(line, fields, parts.body) };
	});

function whole(result: ParseResult): ParsedMessage {
	if (!result.ok) throw new Error(`refused: ${result.why}`);
	return result.message;
}

test("what is printed is read back", () => {
	fc.assert(
		fc.property(printed, (one) => {
			const message = whole(parseDatagram(one.octets));
			const { start } = one;
			const expected = "method" in start ? start : { status: start.status, reason: start.reason };
			expect(message).toMatchObject({ ...expected, cseq: one.cseq, fromTag: one.tag });
			expect([...message.body]).toEqual([...one.body]);
			for (const [name, value] of one.extra) {
				const same = one.extra.filter(([other]) => other === name).map(([, each]) => each);
				expect(message.headers.all(name.toUpperCase())).toEqual(same);
				expect(message.headers.get(name)).toBe(same[0]);
				expect(value).toBe(octetsToText(textToOctets(value)));
			}
		}),
	);
});

const FOLDER = new URL("../rfc4475/", import.meta.url);
const tortures = readdirSync(FOLDER)
	.filter((name) => name.endsWith(".dat"))
	.map((name) => readFileSync(new URL(name, FOLDER)));

const anyOctets = fc.oneof(
	fc.uint8Array({ maxLength: 400 }),
	fc
		.string({
			unit: fc.constantFrom(...'SIP/2.0 INVITE:;,=<>"\\@?%\r\n\t\0z9', "\r\n", "\r\n\r\n", "Via: "),
			maxLength: 200,
		})
		.map((text) => Buffer.from(text, "latin1")),
	fc
		.record({
			base: fc.constantFrom(...tortures),
			edits: fc.array(fc.record({ at: fc.nat(4000), octets: fc.uint8Array({ maxLength: 4 }), drop: fc.nat(6) }), {
				maxLength: 6,
			}),
		})
		.map(({ base, edits }) => {
			let octets: Buffer = base;
			for (const edit of edits) {
				const at = edit.at % (octets.length + 1);
				octets = Buffer.concat([octets.subarray(0, at), edit.octets, octets.subarray(at + edit.drop)]);
			}
			return octets;
		}),
);

/** Everything that a reader above would touch. */
function readAll(result: ParseResult): void {
	const headers = result.ok ? result.message.headers : result.answerTo?.headers;
	for (const name of headers?.names ?? []) {
		for (const value of headers?.all(name) ?? []) {
			parseNameAddr(value);
			parseHeaderParams(value);
			parseUri(value);
			const via = parseVia(value);
			if (via !== undefined) stampVia(value, via, { address: "192.0.2.1", port: 1 });
		}
	}
	if (result.ok) findSdp(result.message.headers, result.message.body);
}

test("no octets make the parser throw, whole or as a stream", () => {
	fc.assert(
		fc.property(anyOctets, (octets) => {
			readAll(parseDatagram(octets));
			for (const framed of new StreamFramer().push(octets)) if (framed.type !== "ping") readAll(framed.result);
		}),
		{ numRuns: 1_000 },
	);
});

test("no text makes a value's parser throw", () => {
	const text = fc.oneof(
		fc.string({ unit: "binary", maxLength: 80 }),
		fc.string({ unit: fc.constantFrom(...'sip:tel@;=?&<>"\\%2f[]:, \t0az'), maxLength: 40 }),
	);
	fc.assert(
		fc.property(text, (value) => {
			parseUri(value);
			parseUri(`sip:${value}`);
			parseNameAddr(value);
			parseHeaderParams(value);
			parseVia(`SIP/2.0/UDP ${value}`);
			new HeaderBlock(["via"], [value]).all("v");
		}),
		{ numRuns: 2_000 },
	);
});

function summary(framed: readonly Framed[]): unknown[] {
	return framed.map((one) => {
		if (one.type === "ping") return "ping";
		const { result } = one;
		return result.ok
			? [result.message.cseq, Buffer.from(result.message.body).toString("hex")]
			: [one.type, result.status, result.why];
	});
}

test("a stream gives the same messages in whatever pieces it comes", () => {
	fc.assert(
		fc.property(
			fc.array(fc.oneof(printed, fc.constant("\r\n\r\n")), { maxLength: 4 }),
			fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1 }),
			(parts, sizes) => {
				const stream = Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part) : part.octets)));
				const atOnce = summary(new StreamFramer().push(stream));
				const expected = parts.map((part) =>
					typeof part === "string" ? "ping" : [part.cseq, Buffer.from(part.body).toString("hex")],
				);
				expect(atOnce).toEqual(expected);
				const octetByOctet = new StreamFramer();
				expect(summary([...stream].flatMap((octet) => octetByOctet.push(Uint8Array.of(octet))))).toEqual(expected);
				const inPieces = new StreamFramer();
				const out: Framed[] = [];
				for (let at = 0, i = 0; at < stream.length; i++) {
					const size = sizes[i % sizes.length] ?? 1;
					out.push(...inPieces.push(stream.subarray(at, at + size)));
					at += size;
				}
				expect(summary(out)).toEqual(expected);
			},
		),
		{ numRuns: 60 },
	);
});
