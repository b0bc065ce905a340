import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseDatagram } from "../../../src/sip/message/parse.ts";
import { Admission } from "../../../src/sip/overload/admission.ts";
import { full, refilled } from "../../../src/sip/overload/bucket.ts";
import { busyAnswer, glanceInvite, isAckOf } from "../../../src/sip/overload/glance.ts";
import { serverKey } from "../../../src/sip/transaction/keys.ts";
import type { CallLimits, SipPeer } from "../../../src/sip/types.ts";

const limits = (callsMax?: number, callsPerSecondMax?: number): CallLimits => ({ callsMax, callsPerSecondMax });
const peer = (name: string, of: CallLimits = limits()): SipPeer => ({
	name,
	limits: of,
	policy: { earlyMedia: false },
});

describe("a rate", () => {
	test("over any span of time, no more get through than the rate allows, and a burst of one second's worth", () => {
		const gapsMs = fc.array(fc.nat(400), { minLength: 1, maxLength: 80 });
		fc.assert(
			fc.property(gapsMs, fc.integer({ min: 1, max: 20 }), (gaps, rate) => {
				let bucket = full(rate);
				let nowMs = 0;
				const passed: number[] = [];
				for (const gap of gaps) {
					nowMs += gap;
					bucket = refilled(bucket, rate, nowMs);
					if (bucket.tokens < 1) continue;
					bucket = { ...bucket, tokens: bucket.tokens - 1 };
					passed.push(nowMs);
				}
				for (const [i, from] of passed.entries()) {
					for (const [j, to] of passed.slice(i).entries()) {
						expect(j + 1).toBeLessThanOrEqual(rate + ((to - from) * rate) / 1000 + 1e-6);
					}
				}
			}),
		);
	});

	test("a clock that goes back gives nothing", () => {
		expect(refilled({ tokens: 1, atMs: 500 }, 10, 100)).toEqual({ tokens: 1, atMs: 100 });
	});
});

describe("which calls are taken", () => {
	test("so many at once, of each peer and of all; an ended one makes room", () => {
		const admission = new Admission(limits(3));
		const [a, b] = [peer("a", limits(2)), peer("b")];
		expect([a, a, a, b, b].map((one) => admission.take(one, 0))).toEqual([true, true, false, true, false]);
		admission.ended(a);
		expect([b, a].map((one) => admission.take(one, 0))).toEqual([true, false]);
		expect([admission.running("a"), admission.running("b"), admission.running("c")]).toEqual([1, 2, 0]);
	});

	test("so many in a second, of each peer and of all", () => {
		const admission = new Admission(limits(undefined, 5));
		const slow = peer("slow", limits(undefined, 2));
		expect([0, 0, 0, 499, 501].map((nowMs) => admission.take(slow, nowMs))).toEqual([true, true, false, false, true]);
		const taken = Array.from({ length: 10 }, () => admission.take(peer("fast"), 501)).filter(Boolean);
		expect(taken).toHaveLength(4);
	});

	test("a peer whose policy was read again keeps its calls, and has its new limits at once", () => {
		const admission = new Admission(limits());
		for (let i = 0; i < 3; i++) admission.take(peer("a"), 0);
		expect(admission.take(peer("a", limits(3)), 0)).toBe(false);
		expect(admission.take(peer("a", limits(4, 1)), 0)).toBe(true);
		expect(admission.take(peer("a", limits(9, 1)), 999)).toBe(false);
		expect(admission.take(peer("a", limits(9)), 999)).toBe(true);
	});

	test("whatever comes and goes, no limit is ever passed, and nothing is refused where there is room", () => {
		const step = fc.record({ who: fc.nat(2), ends: fc.boolean() });
		fc.assert(
			fc.property(
				fc.array(step, { maxLength: 100 }),
				fc.nat(6),
				fc.array(fc.nat(4), { minLength: 3, maxLength: 3 }),
				(steps, all, each) => {
					const admission = new Admission(limits(all));
					const peers = each.map((max, i) => peer(String(i), limits(max)));
					const running = [0, 0, 0];
					for (const { who, ends } of steps) {
						if (ends && running[who]! > 0) {
							admission.ended(peers[who]!);
							running[who]!--;
						} else if (!ends) {
							const room = running.reduce((a, b) => a + b) < all && running[who]! < each[who]!;
							expect(admission.isFull(peers[who]!, 0)).toBe(!room);
							expect(admission.take(peers[who]!, 0)).toBe(room);
							if (room) running[who]!++;
						}
					}
				},
			),
		);
	});
});

const TOP = "SIP/2.0/UDP pbx.example.com:5070;branch=z9hG4bK-1;rport";
const LINES = [
	"INVITE sip:100@198.51.100.1 SIP/2.0",
	`Via: ${TOP}`,
	"v: SIP/2.0/TCP 203.0.113.9;branch=z9hG4bK-0",
	"Max-Forwards: 70",
	'From: "Ann, B" <sip:ann@192.0.2.9>;tag=f',
	"t : <sip:100@198.51.100.1>",
	"Call-ID: one@192.0.2.9",
	"CSeq: 7 INVITE",
	"Contact: <sip:ann@192.0.2.9>",
	"Content-Length: 0",
];
const octets = (lines: readonly string[]): Buffer => Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1");
const SOURCE = { address: "192.0.2.9", port: 5062 };

describe("a refusal by a glance", () => {
	test("is the answer to the INVITE: Via with received and rport, From, To with a tag, Call-ID, CSeq, Retry-After", () => {
		const invite = glanceInvite(octets(LINES))!;
		const { octets: answer, port } = busyAnswer(invite, SOURCE, "busy1");
		expect(port).toBe(5062);
		const read = parseDatagram(answer);
		if (!read.ok || read.message.kind !== "response") throw new Error("no response");
		const { status, headers, toTag, fromTag, callId } = read.message;
		expect({ status, toTag, fromTag, callId }).toEqual({
			status: 503,
			toTag: "busy1",
			fromTag: "f",
			callId: "one@192.0.2.9",
		});
		expect(headers.all("via")).toEqual([
			"SIP/2.0/UDP pbx.example.com:5070;branch=z9hG4bK-1;rport=5062;received=192.0.2.9",
			"SIP/2.0/TCP 203.0.113.9;branch=z9hG4bK-0",
		]);
		expect([headers.get("retry-after"), headers.get("cseq"), headers.get("content-length")]).toEqual([
			"5",
			"7 INVITE",
			"0",
		]);
	});

	test("without rport it goes to the port of sent-by", () => {
		const via = (value: string) => octets(LINES.map((line) => (line.startsWith("Via") ? `Via: ${value}` : line)));
		const to = (value: string) => busyAnswer(glanceInvite(via(value))!, SOURCE, "b").port;
		expect(to("SIP/2.0/UDP 192.0.2.9:5070;branch=z9hG4bK-1")).toBe(5070);
		expect(to("SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK-1")).toBe(5060);
	});

	const without = (start: string) => LINES.filter((line) => !line.startsWith(start));
	const instead = (start: string, line: string) => LINES.map((one) => (one.startsWith(start) ? line : one));
	test.each<[string, readonly string[]]>([
		["another method", instead("INVITE", "OPTIONS sip:100@198.51.100.1 SIP/2.0")],
		["a re-INVITE", instead("t :", "To: <sip:100@198.51.100.1>;tag=x")],
		["no Call-ID", without("Call-ID")],
		["two From", [...LINES, "f: <sip:b@192.0.2.9>;tag=g"]],
		["a folded line", [...LINES.slice(0, 5), " ;x=y", ...LINES.slice(5)]],
		["a line without colon", [...LINES, "nonsense"]],
		["a bare line feed", instead("Call-ID", "Call-ID: one\nX: y")],
		["a list in Via", instead("Via", `Via: ${TOP}, ${TOP}`)],
		["a branch of RFC 2543", instead("Via", "Via: SIP/2.0/UDP 192.0.2.9;branch=1")],
		["maddr", instead("Via", `Via: ${TOP};maddr=203.0.113.7`)],
	])("%s is left to the parser", (_name, lines) => {
		expect(glanceInvite(octets(lines))).toBeUndefined();
	});

	test("knows a transaction by the key that the parser finds, in whatever order and spelling the fields stand", () => {
		const spelling = fc.constantFrom<(name: string) => string>(
			(n) => n,
			(n) => n.toUpperCase(),
			(n) => n.toLowerCase(),
		);
		const shuffled = fc.shuffledSubarray(LINES.slice(1), { minLength: LINES.length - 1 });
		fc.assert(
			fc.property(shuffled, spelling, (fields, spell) => {
				const respelt = fields.map((line) => spell(line.slice(0, line.indexOf(":"))) + line.slice(line.indexOf(":")));
				const whole = octets([LINES[0]!, ...respelt]);
				const read = parseDatagram(whole);
				if (!read.ok || read.message.kind !== "request") throw new Error("no request");
				expect(glanceInvite(whole)?.key).toBe(serverKey(read.message, "INVITE"));
			}),
		);
	});

	test("no octets make it throw", () => {
		const piece = fc.constantFrom(...LINES, "\r\n", "\n", ":", "Via:", ";tag=", "\0");
		fc.assert(
			fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => {
				const invite = glanceInvite(octets(["INVITE x SIP/2.0", ...pieces]));
				if (invite !== undefined) busyAnswer(invite, SOURCE, "b");
			}),
		);
		fc.assert(fc.property(fc.uint8Array(), (some) => void glanceInvite(Buffer.from(some))));
	});

	test("its ACK is known by the tag", () => {
		const ack = instead("INVITE", "ACK sip:100@198.51.100.1 SIP/2.0");
		expect(isAckOf(octets([...ack, "To: <sip:x>;tag=busy1"]), "busy1")).toBe(true);
		expect(isAckOf(octets(ack), "busy1")).toBe(false);
		expect(isAckOf(octets([...LINES, "To: <sip:x>;tag=busy1"]), "busy1")).toBe(false);
		expect(isAckOf(Buffer.alloc(1), "busy1")).toBe(false);
	});
});
