import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { infoDigit } from "../../../src/sip/message/info-digit.ts";
import { reasonField, reasonOfStatus } from "../../../src/sip/message/reason.ts";
import { parseReplaces } from "../../../src/sip/message/replaces.ts";

const body = (text: string) => Buffer.from(text, "latin1");

describe("a key press in INFO", () => {
	test.each([
		["application/dtmf-relay", "Signal=5\r\nDuration=160\r\n", "5"],
		["application/dtmf-relay", "Signal= *\nDuration= 250", "*"],
		["application/dtmf-relay", "signal=11\r\n", "#"],
		["application/dtmf-relay", "Duration=100\r\nSignal=d\r\n", "D"],
		["application/dtmf-relay", "Signal=16\r\n", "none"],
		["application/dtmf-relay", "Signal=123\r\n", undefined],
		["application/dtmf-relay", "Duration=160", undefined],
		["application/dtmf", "7", "7"],
		["application/dtmf", "7\r\n", "7"],
		["application/dtmf", "10", "*"],
		["application/dtmf", "Signal=9", "9"],
		["application/dtmf", "", undefined],
		["text/plain", "7", undefined],
	])("%s %j is %j", (type, text, digit) => {
		expect(infoDigit(type, body(text))).toBe(digit);
	});

	test("no body makes anything else of it, nor throws", () => {
		const types = fc.constantFrom("application/dtmf-relay", "application/dtmf");
		fc.assert(
			fc.property(types, fc.uint8Array({ maxLength: 600 }), (type, octets) => {
				expect(infoDigit(type, octets) ?? "none").toMatch(/^([0-9*#A-D]|none)$/);
			}),
		);
	});
});

describe("Replaces (RFC 3891 §6.1)", () => {
	test.each([
		["98732@host;from-tag=r33th4x0r;to-tag=ff87ff", { callId: "98732@host", toTag: "ff87ff", fromTag: "r33th4x0r" }],
		["12adf2f34456gs5;to-tag=12345;from-tag=54321", { callId: "12adf2f34456gs5", toTag: "12345", fromTag: "54321" }],
		["87134@x;to-tag=24796;from-tag=0;early-only", { callId: "87134@x", toTag: "24796", fromTag: "", earlyOnly: true }],
	])("%s", (value, expected) => {
		expect(parseReplaces(value)).toEqual({ earlyOnly: false, ...expected });
	});

	test.each(["", "a", ";to-tag=1;from-tag=2", "a;to-tag=1", "a;from-tag=1", "a;to-tag;from-tag=1"])(
		"%j is none",
		(v) => {
			expect(parseReplaces(v)).toBeUndefined();
		},
	);
});

describe("Reason (RFC 3326, RFC 6432)", () => {
	test("statuses have the release causes of RFC 3398 §8.2.6.1", () => {
		const causes = [404, 480, 486, 503, 603].map((status) => reasonOfStatus(status)[0]?.[1]);
		expect(causes).toEqual([1, 18, 17, 41, 21].map((cause) => `Q.850;cause=${cause}`));
		expect(reasonOfStatus(487)).toEqual([]);
	});

	test("the text is quoted", () => {
		expect(reasonField({ protocol: "SIP", cause: 408, text: 'a "b" \\' })).toEqual([
			"Reason",
			'SIP;cause=408;text="a \\"b\\" \\\\"',
		]);
	});
});
