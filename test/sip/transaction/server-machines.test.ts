/** The server transactions against the state tables of RFC 3261 figures 7 and 8, and RFC 6026 figure 7. */
import { describe, expect, test } from "vitest";
import {
	type InviteServerEvent,
	type InviteServerState,
	inviteServer,
	inviteServerStart,
} from "../../../src/sip/transaction/invite-server.ts";
import { type TimerName, timerValues } from "../../../src/sip/transaction/machine.ts";
import {
	type NonInviteServerEvent,
	type NonInviteServerState,
	nonInviteServer,
	nonInviteServerStart,
} from "../../../src/sip/transaction/non-invite-server.ts";
import { octets, Simulated } from "./simulated.ts";

const udp = timerValues(500, false);
const tcp = timerValues(500, true);
const respond = (status: number) => ({ type: "respond", status, octets: octets(String(status)) }) as const;
const again = { type: "requestAgain" } as const;
const ack = { type: "ack" } as const;
const failed = { type: "transportFailed" } as const;

describe("INVITE server transaction", () => {
	const begin = (t = udp) => new Simulated<InviteServerState, InviteServerEvent>(inviteServerStart, inviteServer, t);

	test("Proceeding: a retransmitted INVITE gets the last provisional response again", () => {
		const one = begin().give(again).give(respond(100)).give(again).give(respond(180)).give(again);
		expect(one.sent.map(([, text]) => text)).toEqual(["100", "100", "180", "180"]);
		expect(one.state.name).toBe("proceeding");
	});

	test("UDP: a 486 nobody acknowledges is resent at T1, doubling up to T2, and given up at 64*T1", () => {
		const one = begin().give(respond(486)).advance(60_000);
		expect(one.sentAt).toEqual([0, 500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500]);
		expect(one.told).toEqual([[32_000, "noAck"]]);
		expect(one.state.name).toBe("terminated");
		expect(one.pending).toEqual([]);
	});

	test("reliable: a 486 is sent once, yet its ACK is waited for 64*T1 (timer H)", () => {
		const one = begin(tcp).give(respond(486)).advance(31_999);
		expect(one.sentAt).toEqual([0]);
		expect(one.advance(1).told).toEqual([[32_000, "noAck"]]);
	});

	test("Completed: a retransmitted INVITE gets the final response again, a second final is ignored", () => {
		const one = begin().give(respond(486)).give(again).give(respond(200)).give(again);
		expect(one.sent.map(([, text]) => text)).toEqual(["486", "486", "486"]);
	});

	test("ACK confirms: no more resending; further INVITEs and ACKs are absorbed for T4 (timer I)", () => {
		const one = begin().give(respond(486)).advance(100).give(ack);
		expect(one.pending).toEqual(["I"]);
		one.give(ack).give(again).advance(4_999);
		expect(one.sentAt).toEqual([0]);
		expect(one.state.name).toBe("confirmed");
		expect(one.advance(1).state.name).toBe("terminated");
		expect(one.told).toEqual([[100, "ack"]]);
	});

	test("reliable: timer I is zero", () => {
		const one = begin(tcp).give(respond(486)).give(ack).advance(0);
		expect(one.state.name).toBe("terminated");
	});

	test("a 2xx goes to Accepted: INVITEs are absorbed, the user's 2xx pass, nothing is resent, timer L ends it", () => {
		const one = begin().give(respond(200)).give(again).advance(10_000).give(respond(200)).give(respond(500));
		expect(one.sentAt).toEqual([0, 10_000]);
		expect(one.give(ack).told).toEqual([[10_000, "ack"]]);
		expect(one.pending).toEqual(["L"]);
		expect(one.advance(21_999).state.name).toBe("accepted");
		expect(one.advance(1).state.name).toBe("terminated");
	});

	test("reliable: timer L is 64*T1 too (RFC 6026 §7.1)", () => {
		expect(begin(tcp).give(respond(200)).advance(31_999).state.name).toBe("accepted");
	});

	test.each([
		["proceeding", []],
		["completed", [respond(486)]],
		["accepted", [respond(200)]],
	] as const)("a transport failure in %s is told and changes no state (RFC 6026 §8.8)", (name, before) => {
		const one = begin();
		for (const event of before) one.give(event);
		one.give(failed);
		expect(one.told).toEqual([[0, "transportFailed"]]);
		expect(one.state.name).toBe(name);
	});

	test("timers that fired just before they were cleared change nothing, in any state", () => {
		const timers: TimerName[] = ["A", "B", "D", "E", "F", "G", "H", "I", "J", "K", "L", "M"];
		const ends: Record<string, readonly TimerName[]> = { completed: ["H", "G"], accepted: ["L"], confirmed: ["I"] };
		const states = {
			proceeding: [],
			completed: [respond(486)],
			accepted: [respond(200)],
			confirmed: [respond(486), ack],
		};
		for (const [name, before] of Object.entries(states)) {
			for (const timer of timers.filter((each) => !ends[name]?.includes(each))) {
				const one = begin();
				for (const event of before) one.give(event);
				const effects = one.log.length;
				one.give({ type: "timer", timer });
				expect(one.state.name).toBe(name);
				expect(one.log).toHaveLength(effects);
			}
		}
	});

	test("Terminated stays so", () => {
		const one = begin().give(respond(486)).advance(60_000);
		const effects = one.log.length;
		for (const event of [again, ack, failed, respond(200)]) one.give(event);
		expect(one.log).toHaveLength(effects);
	});
});

describe("non-INVITE server transaction", () => {
	const begin = (t = udp) =>
		new Simulated<NonInviteServerState, NonInviteServerEvent>(nonInviteServerStart, nonInviteServer, t);

	test("Trying: retransmissions are discarded", () => {
		expect(begin().give(again).log).toEqual([]);
	});

	test("Proceeding: retransmissions get the provisional response again", () => {
		expect(
			begin()
				.give(respond(100))
				.give(again)
				.sent.map(([, text]) => text),
		).toEqual(["100", "100"]);
	});

	test("UDP: the final response is given again for 64*T1 (timer J), later ones are discarded", () => {
		const one = begin().give(respond(200)).advance(31_999).give(again).give(respond(500));
		expect(one.sent).toEqual([
			[0, "200"],
			[31_999, "200"],
		]);
		expect(one.advance(1).state.name).toBe("terminated");
	});

	test("reliable: timer J is zero", () => {
		expect(begin(tcp).give(respond(200)).advance(0).state.name).toBe("terminated");
	});

	test("a transport failure is told and changes no state", () => {
		const one = begin().give(respond(200)).give(failed);
		expect(one.told).toEqual([[0, "transportFailed"]]);
		expect(one.state.name).toBe("completed");
	});
});
