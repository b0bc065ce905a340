import { describe, expect, test } from "vitest";
import { noPress, receiveDtmf } from "../../src/media/dtmf/receive.ts";
import { isDigits, startDigits, stepDigits } from "../../src/media/dtmf/send.ts";

interface EventPacket {
	readonly sequence: number;
	readonly timestamp: number;
	readonly marker: boolean;
	readonly payload: Uint8Array;
}

/** Packets of key presses as our own sender makes them. */
function press(digits: string, ptimeMs = 20): EventPacket[] {
	const sent: EventPacket[] = [];
	let state = digits === "" ? undefined : startDigits(digits);
	let sequence = 65_500;
	let timestamp = 0xffff_f000;
	let started = timestamp;
	while (state !== undefined) {
		const step = stepDigits(state, ptimeMs, 8000);
		if (step.starts) started = timestamp;
		for (const { payload, marker } of step.packets) {
			sent.push({ sequence: sequence++ & 0xffff, timestamp: started, marker, payload });
		}
		timestamp = (timestamp + 8 * ptimeMs) >>> 0;
		state = step.state;
	}
	return sent;
}

function heard(packets: readonly EventPacket[]): string {
	let state = noPress;
	let digits = "";
	for (const { sequence, timestamp, marker, payload } of packets) {
		const step = receiveDtmf(state, sequence, timestamp, marker, payload, 0, payload.length, 8);
		state = step.state;
		digits += step.digit ?? "";
	}
	return digits;
}

const event = (
	n: number,
	timestamp: number,
	duration: number,
	ended = false,
	marker = false,
	digit = 5,
): EventPacket => ({
	sequence: n,
	timestamp,
	marker,
	payload: Uint8Array.of(digit, (ended ? 0x80 : 0) | 10, duration >> 8, duration & 0xff),
});

describe("key presses by telephone-event (RFC 4733 §2.5)", () => {
	test("each key is heard once, the same key twice in a row too", () => {
		expect(heard(press("0123456789*#ABCD"))).toBe("0123456789*#ABCD");
		expect(heard(press("1122"))).toBe("1122");
	});

	test.each([10, 20, 30, 40, 60])("packets of %i ms carry 100 ms and three ends", (ptimeMs) => {
		const packets = press("7", ptimeMs);
		const ends = packets.filter(({ payload }) => payload[1]! & 0x80);
		expect(ends.length).toBe(3);
		expect(ends.every(({ payload }) => ((payload[2]! << 8) | payload[3]!) === 800)).toBe(true);
		expect(packets.filter(({ marker }) => marker)).toEqual([packets[0]]);
	});

	test("as long as one packet of each press arrives, whichever it is, each key is heard once", () => {
		const all = press("44");
		const perPress = all.length / 2;
		for (let first = 0; first < perPress; first++) {
			for (let second = 0; second < perPress; second++) {
				expect(heard([all[first]!, all[perPress + second]!])).toBe("44");
			}
		}
	});

	test("ends that overtake and repeat do not press again", () => {
		const packets = press("9");
		expect(heard([...packets.toReversed(), ...packets])).toBe("9");
	});

	test("a late packet of an earlier press does not press again", () => {
		const all = press("12");
		expect(heard([...all, ...all.slice(0, 3)])).toBe("12");
	});

	test("a press of 20 s in three segments is one key (§2.5.1.3)", () => {
		const packets: EventPacket[] = [];
		for (let at = 160, n = 0; at <= 160_000; at += 160, n++) {
			const segment = Math.floor((at - 1) / 0xffff);
			packets.push(event(n, segment * 0xffff, at - segment * 0xffff, at === 160_000, n === 0));
		}
		expect(heard(packets)).toBe("5");
	});

	test("a phone that wrongly moves the timestamp with each packet presses one key", () => {
		expect(heard([1, 2, 3, 4, 5].map((n) => event(n, 160 * n, 160 * n, n === 5, n === 1)))).toBe("5");
	});

	test("a phone that restarts its clock between keys is heard", () => {
		expect(heard([event(1, 9_000_000, 160, true, true), event(2, 100, 160, true, true)])).toBe("55");
	});

	test("events that are no keys, and payloads too short, are nothing", () => {
		expect(heard([event(1, 0, 160, false, true, 16), { ...event(2, 0, 160), payload: Uint8Array.of(5, 10) }])).toBe("");
	});

	test("only keys can be sent, and not endlessly many", () => {
		expect([isDigits("0*#D"), isDigits(""), isDigits("12 3"), isDigits("e"), isDigits("1".repeat(65))]).toEqual([
			true,
			true,
			false,
			false,
			false,
		]);
	});
});
