import { describe, expect, test } from "vitest";
import { glareWaitMs, refusalOfOffer, retryAfterSeconds } from "../../../src/sip/dialog/glare.ts";
import { parseRack, parseRseq, reliable, reliableStart } from "../../../src/sip/dialog/reliable.ts";
import {
	answerTimer,
	parseSessionExpires,
	sessionTimer,
	sessionTimerStart,
	settledTimer,
} from "../../../src/sip/dialog/session-timer.ts";
import { HeaderBlock } from "../../../src/sip/message/header-block.ts";
import { timerValues } from "../../../src/sip/transaction/machine.ts";
import { octets, Simulated } from "../transaction/simulated.ts";

const T = timerValues(500, false);
const headers = (fields: Record<string, string>) => new HeaderBlock(Object.keys(fields), Object.values(fields));

describe("a reliable provisional response (RFC 3262 §3)", () => {
	test("is resent at T1, doubling without a bound, and given up at 64*T1", () => {
		const one = new Simulated(reliableStart, reliable, T).give({ type: "start", octets: octets("183") });
		one.advance(60_000);
		expect(one.sentAt).toEqual([0, 500, 1500, 3500, 7500, 15_500, 31_500]);
		expect(one.told).toEqual([[32_000, "noAck"]]);
	});

	test("is not resent once its PRACK came", () => {
		const one = new Simulated(reliableStart, reliable, T).give({ type: "start", octets: octets("183") });
		one.advance(600).give({ type: "prack" }).advance(60_000);
		expect(one.sentAt).toEqual([0, 500]);
		expect(one.told).toEqual([[600, "ack"]]);
		expect(one.pending).toEqual([]);
	});

	test("is not resent once the INVITE has its final answer, and nobody is told", () => {
		const one = new Simulated(reliableStart, reliable, T).give({ type: "start", octets: octets("183") });
		one.give({ type: "answered" }).advance(60_000);
		expect(one.sentAt).toEqual([0]);
		expect(one.told).toEqual([]);
	});

	test.each([
		["776656 1 INVITE", { rseq: 776656, cseq: 1, method: "INVITE" }],
		[" 1  2  INVITE ", { rseq: 1, cseq: 2, method: "INVITE" }],
		["1 INVITE", undefined],
		["99999999999 1 INVITE", undefined],
		["", undefined],
		[undefined, undefined],
	])("RAck %j is read as %j", (value, rack) => {
		expect(parseRack(value)).toEqual(rack);
	});

	test.each([
		["1", 1],
		["0", undefined],
		["4294967296", undefined],
		["1x", undefined],
	])("RSeq %j is read as %j", (value, rseq) => {
		expect(parseRseq(value)).toBe(rseq);
	});
});

describe("session timers (RFC 4028)", () => {
	const policy = { minSeconds: 90, wantedSeconds: 1800, maxSeconds: 86_400 };
	const answer = (fields: Record<string, string>) => answerTimer(headers(fields), policy);

	test("nobody asks: the session does not expire", () => {
		expect(answer({ supported: "timer" })).toEqual({ interval: undefined, fields: [] });
	});

	test("§9, table 2: who refreshes", () => {
		const ask = (supported: string, value: string) => {
			const found = answer({ supported, "session-expires": value });
			return "fields" in found ? [found.fields.map(([, v]) => v).join(" "), found.interval?.weRefresh] : found;
		};
		expect(ask("timer", "1800")).toEqual(["1800;refresher=uac timer", false]);
		expect(ask("timer", "1800;refresher=uac")).toEqual(["1800;refresher=uac timer", false]);
		expect(ask("timer", "1800;refresher=uas")).toEqual(["1800;refresher=uas timer", true]);
		// A proxy asked for a caller that knows no timers.
		expect(ask("100rel", "1800")).toEqual(["1800;refresher=uas", true]);
	});

	test("§9: under our minimum is refused where the caller understands the refusal, else raised", () => {
		expect(answer({ supported: "timer", "session-expires": "60" })).toEqual({ minSeconds: 90 });
		expect(answer({ "session-expires": "60" })).toMatchObject({ interval: { seconds: 90, weRefresh: true } });
	});

	test("a long one is cut down, but not below the caller's Min-SE", () => {
		const long = { supported: "timer", "session-expires": "4294967295" };
		expect(answer(long)).toMatchObject({ interval: { seconds: 86_400 } });
		expect(answer({ ...long, "min-se": "100000" })).toMatchObject({ interval: { seconds: 100_000 } });
	});

	test.each(["", "x", "-1", ";refresher=uac", "1.5"])("Session-Expires %j counts as absent", (value) => {
		expect(parseSessionExpires(value)).toBeUndefined();
	});

	test("a 2xx without refresher leaves the work to who asked (§7.2)", () => {
		expect(settledTimer(headers({ "session-expires": "300" }))).toEqual({ seconds: 300, weRefresh: true });
		expect(settledTimer(headers({ "session-expires": "300;refresher=uas" }))).toEqual({
			seconds: 300,
			weRefresh: false,
		});
		expect(settledTimer(headers({}))).toBeUndefined();
	});

	test("§10: we refresh at half the interval; without a refresh it ends 32 s before its time", () => {
		const interval = { seconds: 1800, weRefresh: true };
		const one = new Simulated(sessionTimerStart, sessionTimer, T).give({ type: "agreed", interval });
		one.advance(2_000_000);
		expect(one.told).toEqual([
			[900_000, "refreshDue"],
			[1_768_000, "expired"],
		]);
	});

	test("the peer refreshes: only the end is waited for, a third before it where that is less", () => {
		const interval = { seconds: 90, weRefresh: false };
		const one = new Simulated(sessionTimerStart, sessionTimer, T).give({ type: "agreed", interval });
		one.advance(50_000).give({ type: "agreed", interval }).advance(100_000);
		expect(one.told).toEqual([[110_000, "expired"]]);
	});

	test("a 2xx without Session-Expires turns the timer off, the end of the call too", () => {
		const interval = { seconds: 90, weRefresh: true };
		const off = new Simulated(sessionTimerStart, sessionTimer, T).give({ type: "agreed", interval });
		off.give({ type: "agreed", interval: undefined }).advance(1_000_000);
		expect(off.told).toEqual([]);
		const ended = new Simulated(sessionTimerStart, sessionTimer, T).give({ type: "agreed", interval });
		ended.give({ type: "ended" }).advance(1_000_000);
		expect(ended.told).toEqual([]);
		expect(ended.pending).toEqual([]);
	});
});

describe("requests that cross", () => {
	test("an offer meets ours: 491; it overtakes its own: 500; else nothing", () => {
		expect(refusalOfOffer({ ours: true, theirs: true })).toBe(491);
		expect(refusalOfOffer({ ours: false, theirs: true })).toBe(500);
		expect(refusalOfOffer({ ours: false, theirs: false })).toBeUndefined();
	});

	test("after a 491 the two sides never wait alike (RFC 3261 §14.1)", () => {
		expect([glareWaitMs(true, 0), glareWaitMs(true, 0.999999)]).toEqual([2_100, 4_000]);
		expect([glareWaitMs(false, 0), glareWaitMs(false, 0.999999)]).toEqual([0, 2_000]);
		expect([retryAfterSeconds(0), retryAfterSeconds(0.999999)]).toEqual([0, 10]);
	});
});
