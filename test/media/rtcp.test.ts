import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fractionLost, ntpMiddle, parseRtcp, writeRtcp } from "../../src/media/rtp/rtcp.ts";

const report = {
	ssrc: 0xdead_beef,
	fractionLost: 64,
	cumulativeLost: -5,
	extendedHighest: 0x0002_0001,
	jitter: 12,
	lastSenderReport: 0x1234_5678,
	delaySinceLastSenderReport: 65_536,
};
const base = { ssrc: 0xfeed_f00d, cname: "abcdefghijkl", sender: undefined, report: undefined, bye: false };

describe("RTCP (RFC 3550 §6)", () => {
	test("a receiver report is read as it was written", () => {
		expect(parseRtcp(writeRtcp({ ...base, report }))).toEqual([
			{ type: "receiverReport", ssrc: base.ssrc, reports: [report] },
		]);
	});

	test("a sender report carries the middle of its NTP time, BYE stands at the end", () => {
		const sender = { wallMs: Date.UTC(2026, 0, 2, 3, 4, 5, 250), timestamp: 7, packets: 50, octets: 8000 };
		const items = parseRtcp(writeRtcp({ ...base, sender, report, bye: true }));
		expect(items).toEqual([
			{ type: "senderReport", ssrc: base.ssrc, ntpMiddle: ntpMiddle(sender.wallMs), reports: [report] },
			{ type: "bye", ssrcs: [base.ssrc] },
		]);
		expect(ntpMiddle(sender.wallMs) & 0xffff).toBe(0x4000);
	});

	test("lengths of all parts add up to multiples of four with a zero behind the CNAME (§6.5)", () => {
		for (let length = 1; length <= 20; length++) {
			const packet = writeRtcp({ ...base, cname: "x".repeat(length) });
			expect(packet.length % 4).toBe(0);
			expect(packet.at(-1)).toBe(0);
			expect(parseRtcp(packet)).toHaveLength(1);
		}
	});

	test.each([
		[100, 100, 0],
		[100, 75, 64],
		[100, 0, 255],
		[100, 110, 0],
		[0, 0, 0],
	])("of %i expected and %i received the fraction is %i/256", (expected, received, fraction) => {
		expect(fractionLost(expected, received)).toBe(fraction);
	});

	test("arbitrary octets are no RTCP or a list, never an error", () => {
		const packet = writeRtcp({ ...base, report, bye: true });
		fc.assert(
			fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(packet.length), (noise, at) => {
				parseRtcp(noise);
				const harmed = new Uint8Array([...packet.subarray(0, at), ...noise]);
				parseRtcp(harmed);
			}),
		);
		expect(parseRtcp(packet.subarray(0, packet.length - 1))).toBeUndefined();
	});
});
