/** The client transactions against the state tables of RFC 3261 figures 5 and 6, and RFC 6026 figure 5. */
import { describe, expect, test } from "vitest";
import { type AcceptedEvent, type AcceptedState, accepted, acceptedStart } from "../../../src/sip/dialog/accepted.ts";
import {
	type InviteClientEvent,
	type InviteClientState,
	inviteClient,
	inviteClientStart,
} from "../../../src/sip/transaction/invite-client.ts";
import { timerValues } from "../../../src/sip/transaction/machine.ts";
import {
	type NonInviteClientEvent,
	type NonInviteClientState,
	nonInviteClient,
	nonInviteClientStart,
} from "../../../src/sip/transaction/non-invite-client.ts";
import { octets, Simulated } from "./simulated.ts";

const udp = timerValues(500, false);
const tcp = timerValues(500, true);
const failed = { type: "transportFailed" } as const;
const start = { type: "start", request: octets("request") } as const;
const response = (status: number) => ({ type: "response", status, ack: octets(`ack ${status}`) }) as const;

describe("INVITE client transaction", () => {
	const begin = (t = udp) =>
		new Simulated<InviteClientState, InviteClientEvent>(inviteClientStart, inviteClient, t).give(start);

	test("UDP: the INVITE is resent at T1, doubling without a cap, and times out at 64*T1 (timers A and B)", () => {
		const one = begin().advance(60_000);
		expect(one.sentAt).toEqual([0, 500, 1500, 3500, 7500, 15_500, 31_500]);
		expect(one.told).toEqual([[32_000, "timeout"]]);
		expect(one.state.name).toBe("terminated");
		expect(one.pending).toEqual([]);
	});

	test("reliable: sent once, times out the same", () => {
		const one = begin(tcp).advance(60_000);
		expect(one.sentAt).toEqual([0]);
		expect(one.told).toEqual([[32_000, "timeout"]]);
	});

	test("a provisional response ends resending and the time-out: a phone may ring for minutes", () => {
		const one = begin().advance(100).give(response(180)).advance(600_000).give(response(183));
		expect(one.sentAt).toEqual([0]);
		expect(one.told).toEqual([
			[100, "response"],
			[600_100, "response"],
		]);
		expect(one.state.name).toBe("proceeding");
	});

	test("300 to 699: told once, acknowledged each time it comes, for timer D", () => {
		const one = begin().give(response(486)).advance(1_000).give(response(486)).give(response(180)).give(response(200));
		expect(one.sent.slice(1)).toEqual([
			[0, "ack 486"],
			[1_000, "ack 486"],
		]);
		expect(one.told).toEqual([[0, "response"]]);
		expect(one.pending).toEqual(["D"]);
		expect(one.advance(30_999).state.name).toBe("completed");
		expect(one.advance(1).state.name).toBe("terminated");
	});

	test("reliable: timer D is zero", () => {
		expect(begin(tcp).give(response(486)).advance(0).state.name).toBe("terminated");
	});

	test("2xx: every one is told, forked and resent ones too, until timer M; the ACK is the user's", () => {
		const one = begin().give(response(200)).advance(500).give(response(200)).give(response(486)).give(response(180));
		expect(one.sentAt).toEqual([0]);
		expect(one.told).toEqual([
			[0, "response"],
			[500, "response"],
		]);
		expect(one.pending).toEqual(["M"]);
		expect(one.advance(31_500).state.name).toBe("terminated");
	});

	test.each([
		["calling", []],
		["proceeding", [response(180)]],
		["completed", [response(486)]],
	] as const)("a transport failure in %s ends it and is told", (_name, before) => {
		const one = begin();
		for (const event of before) one.give(event);
		one.give(failed);
		expect(one.told.at(-1)).toEqual([0, "transportFailed"]);
		expect(one.state.name).toBe("terminated");
		expect(one.pending).toEqual([]);
	});
});

describe("non-INVITE client transaction", () => {
	const begin = (t = udp) =>
		new Simulated<NonInviteClientState, NonInviteClientEvent>(nonInviteClientStart, nonInviteClient, t).give(start);

	test("UDP: resent at T1, doubling up to T2, and timed out at 64*T1 (timers E and F)", () => {
		const one = begin().advance(60_000);
		expect(one.sentAt).toEqual([0, 500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500]);
		expect(one.told).toEqual([[32_000, "timeout"]]);
	});

	test("Proceeding: resending goes on at T2, the time-out stays", () => {
		const one = begin().advance(100).give(response(100)).advance(60_000);
		expect(one.sentAt).toEqual([0, 500, 4500, 8500, 12_500, 16_500, 20_500, 24_500, 28_500]);
		expect(one.told.at(-1)).toEqual([32_000, "timeout"]);
	});

	test("a final response is told once; repetitions are absorbed for T4 (timer K)", () => {
		const one = begin().give(response(200)).give(response(200));
		expect(one.told).toEqual([[0, "response"]]);
		expect(one.pending).toEqual(["K"]);
		expect(one.advance(5_000).state.name).toBe("terminated");
	});

	test("reliable: sent once; timer K is zero", () => {
		const one = begin(tcp).advance(10_000);
		expect(one.sentAt).toEqual([0]);
		expect(one.give(response(200)).advance(0).state.name).toBe("terminated");
	});

	test("a transport failure ends it and is told", () => {
		const one = begin().give(failed);
		expect(one.told).toEqual([[0, "transportFailed"]]);
		expect(one.pending).toEqual([]);
	});
});

describe("2xx of a dialog", () => {
	const begin = () =>
		new Simulated<AcceptedState, AcceptedEvent>(acceptedStart, accepted, udp).give({
			type: "start",
			octets: octets("200"),
		});

	test("resent at T1, doubling up to T2, given up at 64*T1 (§13.3.1.4)", () => {
		const one = begin().advance(60_000);
		expect(one.sentAt).toEqual([0, 500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500]);
		expect(one.told).toEqual([[32_000, "noAck"]]);
		expect(one.pending).toEqual([]);
	});

	test.each(["ack", "dialogEnded"] as const)("%s ends the resending", (type) => {
		const one = begin().advance(600).give({ type }).advance(60_000);
		expect(one.sentAt).toEqual([0, 500]);
		expect(one.told).toEqual(type === "ack" ? [[600, "ack"]] : []);
	});
});

test("all timers keep the standard's proportions to T1", () => {
	expect(timerValues(50, false)).toMatchObject({ t1Ms: 50, t2Ms: 400, t4Ms: 500, timerDMs: 3_200 });
});
