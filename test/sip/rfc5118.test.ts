/** The torture messages of RFC 5118 (IPv6): for each, what a user agent may do with it by the RFC's text. None is left out. */
import { readdirSync, readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { ParsedRequest } from "../../src/sip/message/message.ts";
import { parseNameAddr } from "../../src/sip/message/name-addr.ts";
import { parseDatagram } from "../../src/sip/message/parse.ts";
import { parseUri } from "../../src/sip/message/uri.ts";
import { parseVia } from "../../src/sip/message/via.ts";
import { wire } from "./agent/wire.ts";

const FOLDER = new URL("./rfc5118/", import.meta.url);
const octets = (name: string): Buffer => readFileSync(new URL(`${name}.dat`, FOLDER));

/** With the length that the body has: three messages of the RFC name another. */
function mended(name: string): Buffer {
	const text = octets(name).toString("latin1");
	const body = text.slice(text.indexOf("\r\n\r\n") + 4);
	return Buffer.from(text.replace(/Content-Length: \d+/, `Content-Length: ${body.length}`), "latin1");
}

/** A call for the user above (100 first), silence, or one of these final statuses. */
type Outcome = "call" | "silence" | number;

const TABLE: readonly (readonly [section: string, name: string, what: string, outcomes: readonly Outcome[]])[] = [
	["4.1", "ipv6-good", "a valid message with an IPv6 reference; REGISTER is not ours", [405]],
	["4.2", "ipv6-bad", "an IPv6 address without brackets in the Request-URI", [400]],
	["4.3", "port-ambiguous", "a port within the brackets is part of the address; well-formed, not ours", [405]],
	["4.4", "port-unambiguous", "a port behind the brackets; REGISTER is not ours", [405]],
	["4.5", "via-received-param-with-delim", "received with brackets: be liberal; the BYE has no dialog", [481]],
	["4.5", "via-received-param-no-delim", "received without brackets, as the grammar has it", [200]],
	["4.6", "ipv6-in-sdp", "IPv6 in SDP; its Content-Length is beyond the datagram (RFC 3261 §18.3)", [400]],
	["4.7", "mult-ip-in-header", "IPv4 and IPv6 in Via; the BYE has no dialog", [481]],
	["4.8", "mult-ip-in-sdp", "IPv4 and IPv6 in SDP", ["call"]],
	["4.9", "ipv4-mapped-ipv6", "IPv4-mapped IPv6 addresses", ["call"]],
	["4.10", "ipv6-bug-abnf-3-colons", "three colons, which the grammar of RFC 3261 led to: be liberal", [200]],
	["4.10", "ipv6-correct-abnf-2-colons", "two colons before an embedded IPv4 address", [200]],
];

beforeEach(() => {
	vi.useFakeTimers();
});
afterEach(() => {
	vi.useRealTimers();
});

function outcomeOf(message: Buffer): Outcome {
	const peer = wire();
	peer.give(message);
	const statuses = peer.statuses().filter((status) => status !== 100);
	expect(peer.complaints).toEqual([]);
	expect(statuses.length + peer.calls.length).toBeLessThanOrEqual(1);
	return peer.calls.length === 1 ? "call" : (statuses[0] ?? "silence");
}

test("the table holds each message of the RFC once", () => {
	const files = readdirSync(FOLDER).filter((name) => name.endsWith(".dat"));
	expect(TABLE.map(([, name]) => `${name}.dat`).sort()).toEqual(files.sort());
});

test.each(TABLE)("RFC 5118 §%s %s: %s", (_section, name, _what, outcomes) => {
	expect(outcomes).toContain(outcomeOf(octets(name)));
});

test.each(["ipv6-in-sdp", "mult-ip-in-sdp", "ipv4-mapped-ipv6"])(
	"%s with the length that its body has is a call",
	(name) => {
		expect(outcomeOf(mended(name))).toBe("call");
	},
);

test.each(TABLE)("RFC 5118 §%s %s cut short or with one octet changed never throws", (_section, name) => {
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
	test("§4.1: Request-URI, Via and Contact hold IPv6 references", () => {
		const { uri, via, headers } = parsed("ipv6-good");
		expect(parseUri(uri)).toMatchObject({ host: "[2001:db8::10]", port: undefined });
		expect(via).toMatchObject({ host: "[2001:db8::9:1]", port: undefined });
		expect(parseNameAddr(headers.get("Contact") ?? "")?.uri).toMatchObject({ user: "caller", host: "[2001:db8::1]" });
	});

	test("§4.3, §4.4: only what stands behind the brackets is a port", () => {
		expect(parseUri(parsed("port-ambiguous").uri)).toMatchObject({ host: "[2001:db8::10:5070]", port: undefined });
		expect(parseUri(parsed("port-unambiguous").uri)).toMatchObject({ host: "[2001:db8::10]", port: 5070 });
	});

	test("§4.5: received with and without brackets; ours goes out without, as the grammar has it", () => {
		const received = (name: string): string | undefined => parsed(name).via.params.get("received");
		expect(received("via-received-param-with-delim")).toBe("[2001:db8::9:255]");
		expect(received("via-received-param-no-delim")).toBe("2001:db8::9:255");
		const peer = wire({ peer: "2001:db8::9:254" });
		peer.give(octets("via-received-param-with-delim"));
		const via = /^Via: (.*)$/m.exec(peer.sent[0]?.text ?? "")?.[1] ?? "";
		expect(parseVia(via)?.params.get("received")).toBe("2001:db8::9:254");
	});

	test("§4.7: Via of both families, in order", () => {
		const vias = parsed("mult-ip-in-header").headers.all("Via");
		expect(vias.map((value) => parseVia(value)?.host)).toEqual(["[2001:db8::9:1]", "192.0.2.1", "[2001:db8::9:255]"]);
	});

	test("§4.9: IPv4-mapped addresses stay as they are written", () => {
		const { via, headers } = parsed("ipv4-mapped-ipv6");
		expect(via).toMatchObject({ host: "[::ffff:192.0.2.10]", port: 19_823 });
		expect(parseNameAddr(headers.get("Contact") ?? "")?.uri.host).toBe("[::ffff:192.0.2.2]");
	});
});
