/** From octets to a message (RFC 3261 §7, §8.1.1, §20; outcomes of RFC 4475). Never throws on anything from outside. */
import { SIP_LIMITS } from "../limits.ts";
import type { HeaderBlock } from "./header-block.ts";
import type { Identity, ParsedMessage, ParseResult } from "./message.ts";
import { splitNameAddr } from "./name-addr.ts";
import { scanHeaders } from "./scan-headers.ts";
import { isToken, octetsToText } from "./text.ts";
import { parseUri, schemeOf } from "./uri.ts";
import { parseSentBy, parseVia } from "./via.ts";

export interface Fault {
	readonly status: number;
	readonly why: string;
}

interface RequestStart {
	readonly kind: "request";
	readonly method: string;
	readonly uri: string;
	readonly fault: Fault | undefined;
}

interface ResponseStart {
	readonly kind: "response";
	readonly status: number;
	readonly reason: string;
	readonly fault: Fault | undefined;
}

/** The part of a message before its body. */
export interface Head {
	readonly start: RequestStart | ResponseStart;
	readonly headers: HeaderBlock;
	readonly fault: Fault | undefined;
	/** Undefined where the field is absent or bad; bad is in `fault` too. */
	readonly contentLength: number | undefined;
}

const bad = (why: string): Fault => ({ status: 400, why });

/** Says that the same request fits by TCP (RFC 3261 §18.1.1, §21.5.7). */
const TOO_LARGE: Fault = { status: 513, why: "Message Too Large For UDP" };

/**
 * Reads one datagram: octets behind Content-Length are dropped, missing ones are a fault (RFC 3261 §18.3). One that was
 * cut on its way, or whose answer might not fit a datagram, gets 513, so that its sender turns to TCP.
 */
export function parseDatagram(octets: Uint8Array): ParseResult {
	if (octets.length > SIP_LIMITS.messageBytesMax) {
		return { ok: false, status: 513, why: "Message Too Large", answerTo: undefined };
	}
	const buffer = asBuffer(octets);
	const end = buffer.indexOf("\r\n\r\n", 0, "latin1");
	// A datagram that ends with its last header line has no body and loses nothing (RFC 4475 §3.1.2.15 is sent so).
	const head = parseHead(buffer.toString("latin1", 0, end === -1 ? buffer.length : end));
	const rest = end === -1 ? buffer.subarray(buffer.length) : buffer.subarray(end + 4);
	const length = head.contentLength ?? rest.length;
	const short = end === -1 || length > rest.length;
	const cut = short && octets.length >= SIP_LIMITS.datagramCutBytesMin;
	if (cut || octets.length > SIP_LIMITS.datagramTakenBytesMax)
		return finish({ ...head, fault: TOO_LARGE }, rest, undefined);
	if (length > rest.length) return finish(head, rest, bad("Content-Length Beyond End Of Datagram"));
	return finish(head, rest.subarray(0, length), undefined);
}

/** Reads the part before the blank line, an octet string without it. */
export function parseHead(text: string): Head {
	const lineEnd = text.indexOf("\r\n");
	const start = parseStartLine(lineEnd === -1 ? text : text.slice(0, lineEnd));
	const scan = scanHeaders(text, lineEnd === -1 ? text.length : lineEnd + 2);
	let fault = start.fault ?? (scan.ok ? undefined : bad(scan.why));
	const lengthText = scan.headers.raw("content-length");
	let contentLength: number | undefined;
	if (lengthText !== undefined) {
		if (/^\d{1,9}$/.test(lengthText)) contentLength = Number(lengthText);
		else fault ??= bad("Bad Content-Length");
		if (contentLength !== undefined && contentLength > SIP_LIMITS.bodyBytesMax) {
			fault ??= { status: 413, why: "Request Entity Too Large" };
		}
	}
	return { start, headers: scan.headers, fault, contentLength };
}

/** Puts head and body together and looks whether everything that any layer relies on is there. */
export function finish(head: Head, body: Uint8Array, lateFault: Fault | undefined): ParseResult {
	const identity = readIdentity(head.headers);
	const { start, headers } = head;
	let fault = head.fault ?? lateFault ?? identity.fault;
	if (body.length > SIP_LIMITS.bodyBytesMax) fault ??= { status: 413, why: "Request Entity Too Large" };
	if (start.kind === "request") fault ??= requestFault(start, headers, identity);
	if (fault !== undefined || identity.whole === undefined) {
		const via = identity.via;
		const answerable = start.kind === "request" && start.method !== "ACK" && via !== undefined;
		const answerTo = answerable ? { method: start.method, headers, via } : undefined;
		return { ok: false, ...(fault ?? bad("Bad Request")), answerTo };
	}
	const { whole } = identity;
	const message: ParsedMessage =
		start.kind === "request"
			? { kind: "request", method: start.method, uri: octetsToText(start.uri), headers, body, ...whole }
			: { kind: "response", status: start.status, reason: start.reason, headers, body, ...whole };
	return { ok: true, message };
}

function parseStartLine(line: string): RequestStart | ResponseStart {
	if (/^SIP\/\d/i.test(line)) return parseStatusLine(line);
	const firstSpace = line.indexOf(" ");
	const method = firstSpace === -1 ? line : line.slice(0, firstSpace);
	const lastSpace = line.lastIndexOf(" ");
	const uri = lastSpace <= firstSpace ? "" : line.slice(firstSpace + 1, lastSpace);
	const version = line.slice(lastSpace + 1);
	return { kind: "request", method, uri, fault: requestLineFault(method, uri, version) };
}

function requestLineFault(method: string, uri: string, version: string): Fault | undefined {
	if (!isToken(method)) return bad("Bad Method");
	if (uri.length > SIP_LIMITS.headerFieldBytesMax) return { status: 414, why: "Request-URI Too Long" };
	if (/^SIP\/\d+\.\d+$/i.test(version) && version.toUpperCase() !== "SIP/2.0") {
		return { status: 505, why: "Version Not Supported" };
	}
	if (version.toUpperCase() !== "SIP/2.0" || uri === "" || /[\s\r\n]/.test(uri)) return bad("Bad Request-Line");
	return undefined;
}

function parseStatusLine(line: string): ResponseStart {
	// Digits that make no status of three are a fault whatever their value (RFC 4475 §3.1.2.19).
	const match = /^SIP\/2\.0 (\d{3})(?: (.*))?$/is.exec(line);
	const status = Number(match?.[1] ?? 0);
	const fault = status < 100 || status > 699 ? bad("Bad Status-Line") : undefined;
	return { kind: "response", status, reason: octetsToText(match?.[2] ?? ""), fault };
}

interface ReadIdentity {
	readonly via: Identity["via"] | undefined;
	readonly whole: Identity | undefined;
	readonly fault: Fault | undefined;
}

function readIdentity(headers: HeaderBlock): ReadIdentity {
	const viaText = headers.raw("via");
	const via = viaText === undefined ? undefined : parseVia(viaText);
	const fail = (why: string): ReadIdentity => ({ via, whole: undefined, fault: bad(why) });
	if (viaText === undefined) return fail("Missing Via Header Field");
	if (via === undefined) return { ...fail("Bad Via Header Field"), via: parseSentBy(viaText) };
	const callId = headers.raw("call-id");
	const cseqText = headers.raw("cseq");
	const fromText = headers.raw("from");
	const toText = headers.raw("to");
	if (fromText === undefined) return fail("Missing From Header Field");
	if (toText === undefined) return fail("Missing To Header Field");
	if (callId === undefined) return fail("Missing Call-ID Header Field");
	if (cseqText === undefined) return fail("Missing CSeq Header Field");
	if (callId === "" || /[\s\0]/.test(callId)) return fail("Bad Call-ID Header Field");
	const cseqMatch = /^(\d{1,12})[ \t]+(\S+)$/.exec(cseqText);
	const cseq = Number(cseqMatch?.[1] ?? Number.NaN);
	const cseqMethod = cseqMatch?.[2];
	if (cseqMethod === undefined || !(cseq <= SIP_LIMITS.cseqMax) || !isToken(cseqMethod))
		return fail("Bad CSeq Header Field");
	const from = readParty(fromText);
	if (from === undefined) return fail("Bad From Header Field");
	const to = readParty(toText);
	if (to === undefined) return fail("Bad To Header Field");
	return { via, whole: { via, callId, cseq, cseqMethod, fromTag: from, toTag: to }, fault: undefined };
}

/** Tag of From or To ("" without one); undefined where the value is malformed. Schemes we do not know are let pass. */
function readParty(value: string): string | undefined {
	const split = splitNameAddr(value);
	if (split === undefined) return undefined;
	const scheme = schemeOf(split.rawUri);
	if (scheme === undefined) return undefined;
	const ours = scheme === "sip" || scheme === "sips" || scheme === "tel";
	if (ours && parseUri(split.rawUri) === undefined) return undefined;
	return split.params.get("tag") ?? "";
}

function requestFault(start: RequestStart, headers: HeaderBlock, identity: ReadIdentity): Fault | undefined {
	if (identity.whole?.cseqMethod !== start.method) return bad("CSeq Method Does Not Match");
	const extraVia = headers.rawFields("via").some((field) => /,\s*(,|$)/.test(field));
	if (extraVia) return bad("Bad Via Header Field");
	const maxForwards = headers.raw("max-forwards");
	if (maxForwards !== undefined && !/^\d+$/.test(maxForwards)) return bad("Bad Max-Forwards Header Field");
	return requestUriFault(start.uri);
}

function requestUriFault(uri: string): Fault | undefined {
	const scheme = schemeOf(uri);
	if (scheme === undefined) return bad("Bad Request-URI");
	// Other schemes are no fault of syntax: the user agent answers 416 where the method is one it knows (§8.2.2.1).
	if (scheme !== "sip" && scheme !== "sips" && scheme !== "tel") return undefined;
	const parsed = parseUri(uri);
	if (parsed === undefined) return bad("Bad Request-URI");
	// RFC 3261 §19.1.1: header components may not stand in a Request-URI.
	return parsed.headers.size > 0 ? bad("Header Fields In Request-URI") : undefined;
}

function asBuffer(octets: Uint8Array): Buffer {
	return Buffer.isBuffer(octets) ? octets : Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength);
}
