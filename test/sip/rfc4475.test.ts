/** The torture messages of RFC 4475: for each, what a user agent may do with it by the RFC's text. None is left out. */
import { readdirSync, readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { findSdp } from "../../src/sip/message/body.ts";
import type { ParsedRequest } from "../../src/sip/message/message.ts";
import { parseNameAddr } from "../../src/sip/message/name-addr.ts";
import { parseDatagram } from "../../src/sip/message/parse.ts";
import { parseUri } from "../../src/sip/message/uri.ts";
import { parseVia } from "../../src/sip/message/via.ts";
import { wire } from "./agent/wire.ts";

const FOLDER = new URL("./rfc4475/", import.meta.url);
const octets = (name: string): Buffer => readFileSync(new URL(`${name}.dat`, FOLDER));

/** A call for the user above (100 first), silence, or one of these final statuses. */
type Outcome = "call" | "silence" | number;

const TABLE: readonly (readonly [section: string, name: string, what: string, outcomes: readonly Outcome[]])[] = [
	["3.1.1.1", "wsinv", "a short tortuous INVITE, whose To tag names a dialog that we do not have", ["call", 481]],
	["3.1.1.2", "intmeth", "wide range of valid characters; the method is not ours", [405, 501]],
	["3.1.1.3", "esc01", "valid use of the % escaping mechanism", ["call"]],
	["3.1.1.4", "escnull", "escaped nulls in URIs; REGISTER is not ours", [405]],
	["3.1.1.5", "esc02", "use of % when it is not an escape; RE%47IST%45R is not REGISTER", [405, 501]],
	["3.1.1.6", "lwsdisp", "message with no LWS between display name and <", [200]],
	["3.1.1.7", "longreq", "long values in header fields", ["call"]],
	["3.1.1.8", "dblreq", "extra trailing octets in a UDP datagram are ignored", [405]],
	["3.1.1.9", "semiuri", "semicolon-separated parameters in URI user part", [200]],
	["3.1.1.10", "transports", "varied and unknown transport types", [200]],
	["3.1.1.11", "mpart01", "multipart MIME message; MESSAGE is not ours", [405]],
	["3.1.1.12", "unreason", "unusual reason phrase; a response to nothing of ours", ["silence"]],
	["3.1.1.13", "noreason", "empty reason phrase; a response to nothing of ours", ["silence"]],
	["3.1.2.1", "badinv01", "extraneous header field separators", [400]],
	["3.1.2.2", "clerr", "content length larger than message", [400]],
	["3.1.2.3", "ncl", "negative content length", [400]],
	["3.1.2.4", "scalar02", "request scalar fields with overlarge values: refused for its CSeq", [400]],
	["3.1.2.5", "scalarlg", "response scalar fields with overlarge values: discarded", ["silence"]],
	["3.1.2.6", "quotbal", "unterminated quoted string in display name", [400]],
	["3.1.2.7", "ltgtruri", "<> enclosing Request-URI", [400]],
	["3.1.2.8", "lwsruri", "malformed Request-URI (embedded LWS)", [400]],
	["3.1.2.9", "lwsstart", "multiple SP separating Request-Line elements", [400]],
	["3.1.2.10", "trws", "SP characters at end of Request-Line", [400, 200]],
	["3.1.2.11", "escruri", "escaped headers in Request-URI", [400, "call"]],
	["3.1.2.12", "baddate", "invalid time zone in Date; may be let pass by who does not use it", [400, "call"]],
	["3.1.2.13", "regbadct", "failure to enclose name-addr URI in <>; REGISTER is not ours", [400, 405]],
	["3.1.2.14", "badaspec", "spaces within addr-spec", [400, 200]],
	["3.1.2.15", "baddn", "non-token characters in display name; missing quotes may be inferred", [400, 200]],
	["3.1.2.16", "badvers", "unknown protocol version", [505]],
	["3.1.2.17", "mismatch01", "start line and CSeq method mismatch", [400]],
	["3.1.2.18", "mismatch02", "unknown method with CSeq method mismatch", [400, 501]],
	["3.1.2.19", "bigcode", "overlarge response code: discarded", ["silence"]],
	["3.2.1", "badbranch", "missing transaction identifier: refused or matched as RFC 2543 would", [400, 200]],
	["3.3.1", "insuf", "missing required header fields", [400]],
	["3.3.2", "unkscm", "Request-URI with unknown scheme", [416]],
	["3.3.3", "novelsc", "Request-URI with known but atypical scheme", [416]],
	["3.3.4", "unksm2", "unknown URI schemes in header fields; REGISTER is not ours", [400, 405]],
	["3.3.5", "bext01", "Proxy-Require and Require", [420]],
	["3.3.6", "invut", "unknown Content-Type", [415]],
	["3.3.7", "regaut01", "unknown authorization scheme; REGISTER is not ours", [401, 405]],
	["3.3.8", "multi01", "multiple values in single value required fields", [400]],
	["3.3.9", "mcl01", "multiple Content-Length values", [400]],
	["3.3.10", "bcast", "200 OK response with broadcast Via: discarded", ["silence"]],
	["3.3.11", "zeromf", "Max-Forwards of zero: an endpoint processes it as if it were positive", [200]],
	["3.3.12", "cparam01", "REGISTER with a Contact header parameter; REGISTER is not ours", [405]],
	["3.3.13", "cparam02", "REGISTER with a URI parameter in Contact; REGISTER is not ours", [405]],
	["3.3.14", "regescrt", "REGISTER with a URL escaped header; REGISTER is not ours", [405]],
	["3.3.15", "sdp01", "unacceptable Accept offering", [406]],
	["3.4.1", "inv2543", "INVITE with RFC 2543 syntax", ["call"]],
];

beforeEach(() => {
	vi.useFakeTimers();
});
afterEach(() => {
	vi.useRealTimers();
});

test("the table holds each message of the RFC once", () => {
	const files = readdirSync(FOLDER).filter((name) => name.endsWith(".dat"));
	expect(TABLE.map(([, name]) => `${name}.dat`).sort()).toEqual(files.sort());
});

test.each(TABLE)("RFC 4475 §%s %s: %s", (_section, name, _what, outcomes) => {
	const peer = wire();
	peer.give(octets(name));
	const statuses = peer.statuses().filter((status) => status !== 100);
	expect(peer.complaints).toEqual([]);
	expect(statuses.length + peer.calls.length).toBeLessThanOrEqual(1);
	const outcome: Outcome = peer.calls.length === 1 ? "call" : (statuses[0] ?? "silence");
	expect(outcomes).toContain(outcome);
});

test.each(TABLE)("RFC 4475 §%s %s cut short or with one octet changed never throws", (_section, name) => {
	const whole = octets(name);
	const peer = wire();
	for (let length = 0; length < whole.length; length += 7) peer.give(whole.subarray(0, length));
	for (let at = 0; at < whole.length; at += 5) {
		const changed = Buffer.from(whole);
		changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8));
		peer.give(changed);
	}
	expect(peer.complaints).toEqual([]);
});

function parsed(name: string): ParsedRequest {
	const result = parseDatagram(octets(name));
	if (!result.ok || result.message.kind !== "request") throw new Error(`${name} is no valid request`);
	return result.message;
}

describe("what is read from the valid ones", () => {
	test("§3.1.1.1: folds, spaces around separators, leading zeros, compact names, quoted pairs", () => {
		const { headers, via, cseq, fromTag, toTag, body } = parsed("wsinv");
		expect({ cseq, fromTag, toTag, bodyBytes: body.length }).toEqual({
			cseq: 9,
			fromTag: "98asjd8",
			toTag: "1918181833n",
			bodyBytes: 150,
		});
		expect(via).toMatchObject({ transport: "UDP", host: "192.0.2.2" });
		expect(headers.all("Via").map((value) => parseVia(value)?.params.get("branch"))).toEqual([
			"390skdjuw",
			"z9hG4bK9ikj8",
			"z9hG4bK30239",
		]);
		expect(parseNameAddr(headers.get("From") ?? "")).toMatchObject({
			displayName: 'J Rosenberg \\"',
			rawUri: "sip:jdrosen@example.com",
		});
		const contact = parseNameAddr(headers.get("Contact") ?? "");
		expect(contact?.displayName).toBe('Quoted string ""');
		expect([...(contact?.params ?? [])]).toEqual([
			["newparam", "newvalue"],
			["secondparam", ""],
			["q", "0.33"],
		]);
		expect(headers.get("Max-Forwards")).toBe("0068");
		expect(headers.get("NewFangledHeader")).toBe("newfangled value continued newfangled value");
		expect(headers.get("Subject")).toBe("");
	});

	test("§3.1.1.2: unusual characters, UTF-8 included", () => {
		const { method, headers } = parsed("intmeth");
		expect(method).toBe("!interesting-Method0123456789_*+`.%indeed'~");
		expect(parseNameAddr(headers.get("To") ?? "")?.displayName).toBe("BEL:\u0007 NUL:\u0000 DEL:\u007f");
		const from = parseNameAddr(headers.get("From") ?? "");
		expect(from?.displayName).toBe("token1~` token2'+_ token3*%!.-");
		expect(from?.params.get("fromparam''~+*_!.-%")).toBe("работающий");
		expect(headers.get("extensionHeader-!.%*+_`'~")).toBe("\ufeff大停電");
	});

	test("§3.1.1.3: escapes are undone in parameters, kept in the user", () => {
		const { uri, headers } = parsed("esc01");
		expect(parseUri(uri)).toMatchObject({ user: "sips%3Auser%40example.com", host: "example.net" });
		const contact = parseNameAddr(headers.get("Contact") ?? "");
		expect(contact?.uri.user).toBe("cal%6Cer");
		expect([...(contact?.uri.params ?? [])]).toEqual([
			["lr", ""],
			["name", "value%41"],
		]);
	});

	test("§3.1.1.5: a field whose name holds % is another field", () => {
		expect(parsed("esc02").headers.all("Contact")).toHaveLength(2);
	});

	test("§3.1.1.7: 34 Via fields in all spellings", () => {
		expect(parsed("longreq").headers.all("v")).toHaveLength(34);
	});

	test("§3.1.1.8: the second request in the datagram is not read", () => {
		expect(parsed("dblreq")).toMatchObject({ method: "REGISTER", callId: "dblreq.0ha0isndaksdj99sdfafnl3lk233412" });
	});

	test("§3.1.1.9: the user part keeps its semicolon", () => {
		expect(parseUri(parsed("semiuri").uri)).toMatchObject({ user: "user;par=u%40example.net", host: "example.com" });
	});

	test("§3.1.1.11: no part of the body is a session description", () => {
		const { headers, body } = parsed("mpart01");
		expect(findSdp(headers, body)).toEqual({ found: "other" });
	});

	test("§3.1.1.12, §3.1.1.13: reason phrases of any characters, and none", () => {
		const reasonOf = (name: string): string | undefined => {
			const result = parseDatagram(octets(name));
			return result.ok && result.message.kind === "response" ? result.message.reason : undefined;
		};
		expect(reasonOf("unreason")).toBe("= 2**3 * 5**2 но сто девяносто девять - простое");
		expect(reasonOf("noreason")).toBe("");
	});
});

describe("what the refusals say", () => {
	test.each([
		["bext01", "Unsupported: nothingSupportsThis, nothingSupportsThisEither"],
		["invut", "Accept: application/sdp"],
		["sdp01", "Accept: application/sdp"],
		["insuf", "Missing From Header Field"],
		["mcl01", "Repeated content-length Header Field"],
	])("%s: %s", (name, text) => {
		const peer = wire();
		peer.give(octets(name));
		expect(peer.sent.at(-1)?.text).toContain(text);
	});
});
