/** RFC 3262 through the whole agent, both sides. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { IncomingCall } from "../../../src/sip/types.ts";
import { reply, reporting, request, SDP, type Sent, toTagOf, type Wire, wire } from "./wire.ts";

beforeEach(() => {
	vi.useFakeTimers();
});
afterEach(() => {
	vi.useRealTimers();
});

const ANSWER = SDP.replace("192.0.2.9", "198.51.100.1");
const INVITE = request("INVITE", { branch: "z9hG4bK-inv", body: SDP, more: ["Supported: 100rel"] });

interface Early {
	readonly peer: Wire;
	readonly call: IncomingCall;
	readonly toTag: string;
	readonly rseq: number;
	readonly progress: Sent;
}

/** A call with a reliable 183 on its way. */
function early(invite = INVITE, sdp: string | undefined = ANSWER): Early {
	const peer = wire({}, (call) => call.progress(183, sdp));
	peer.give(invite);
	const [, progress] = peer.taken();
	if (progress === undefined || peer.calls[0] === undefined) throw new Error("no 183");
	const rseq = Number(progress.message.headers.get("rseq"));
	return { peer, call: peer.calls[0], toTag: toTagOf(progress), rseq, progress };
}

const prack = ({ toTag, rseq }: Early, parts: { cseq?: number; rack?: string; body?: string } = {}) =>
	request("PRACK", {
		toTag,
		cseq: parts.cseq ?? 2,
		more: [`RAck: ${parts.rack ?? `${rseq} 1 INVITE`}`],
		...(parts.body === undefined ? {} : { body: parts.body }),
	});

describe("as the callee", () => {
	test("a 183 with SDP is reliable where the caller knows how: Require, RSeq, resent until PRACK (§3)", () => {
		const one = early();
		expect(one.progress.message.headers.all("require")).toEqual(["100rel"]);
		expect(one.rseq).toBeGreaterThanOrEqual(1);
		expect(one.rseq).toBeLessThan(2 ** 31);
		vi.advanceTimersByTime(1600);
		expect(one.peer.statuses()).toEqual([183, 183]);
		one.peer.give(prack(one));
		vi.advanceTimersByTime(20_000);
		expect(one.peer.statuses()).toEqual([200]);
		expect(one.peer.news).toEqual(["progress confirmed -"]);
	});

	test("a second PRACK, one of a stranger's number and one of another INVITE get 481", () => {
		const one = early();
		one.peer.give(prack(one, { rack: `${one.rseq + 1} 1 INVITE` }));
		one.peer.give(prack(one, { rack: `${one.rseq} 7 INVITE`, cseq: 3 }));
		one.peer.give(prack(one, { rack: "nonsense", cseq: 4 }));
		one.peer.give(prack(one, { cseq: 5 }));
		one.peer.give(prack(one, { cseq: 6 }));
		expect(one.peer.statuses()).toEqual([481, 481, 481, 200, 481]);
	});

	test("no PRACK within 64*T1: the INVITE gets 504, and nobody is called back twice", () => {
		const one = early();
		vi.advanceTimersByTime(32_000);
		expect(one.peer.statuses()).toEqual([183, 183, 183, 183, 183, 183, 504]);
		expect(one.peer.news).toEqual(["progress lost"]);
		one.call.answer(ANSWER);
		expect(one.peer.taken()).toEqual([]);
	});

	test("the 200 waits for the PRACK of what it would repeat, then comes without SDP (§3, §5)", () => {
		const one = early();
		one.call.answer(ANSWER);
		expect(one.peer.taken()).toEqual([]);
		one.peer.give(prack(one));
		const [toPrack, ok] = one.peer.taken();
		expect(toPrack?.message.headers.get("cseq")).toBe("2 PRACK");
		expect(ok?.text).toMatch(/^SIP\/2\.0 200 /);
		expect(ok?.message.headers.get("cseq")).toBe("1 INVITE");
		expect(ok?.message.body).toHaveLength(0);
		one.peer.give(request("ACK", { toTag: one.toTag, cseq: 1 }));
		expect(one.peer.news).toEqual(["progress confirmed -", "confirmed -"]);
		// The numbers of the dialog go on from those of the early one.
		one.peer.give(request("BYE", { toTag: one.toTag, cseq: 2 }));
		one.peer.give(request("BYE", { toTag: one.toTag, cseq: 3 }));
		expect(one.peer.statuses()).toEqual([500, 200]);
	});

	test("a caller without 100rel gets an unreliable 183, and the same SDP in the 200", () => {
		const one = early(request("INVITE", { body: SDP }));
		expect(one.progress.message.headers.has("rseq")).toBe(false);
		one.call.answer(ANSWER);
		const [ok] = one.peer.taken();
		expect(Buffer.from(ok?.message.body ?? []).toString()).toBe(ANSWER);
	});

	test("Require: 100rel makes a plain 180 reliable too, one after the other (§3)", () => {
		const peer = wire({}, (call) => {
			call.progress(180);
			call.progress(183, ANSWER);
		});
		peer.give(request("INVITE", { body: SDP, more: ["Require: 100rel"] }));
		const [, ringing] = peer.taken();
		const rseq = Number(ringing?.message.headers.get("rseq"));
		const toTag = toTagOf(ringing);
		peer.give(request("PRACK", { toTag, cseq: 2, more: [`RAck: ${rseq} 1 INVITE`] }));
		const [ok, session] = peer.taken();
		expect([ringing, ok, session].map((one) => one?.text.slice(8, 11))).toEqual(["180", "200", "183"]);
		expect(session?.message.headers.get("rseq")).toBe(String(rseq + 1));
	});

	test("an offer of ours in a reliable 183 has its answer in the PRACK, and none in the ACK (§5)", () => {
		const one = early(request("INVITE", { more: ["Supported: 100rel"] }));
		one.peer.give(prack(one, { body: SDP }));
		expect(one.peer.statuses()).toEqual([200]);
		expect(one.peer.news).toEqual([`progress confirmed ${SDP}`]);
		one.call.answer(ANSWER);
		const [ok] = one.peer.taken();
		expect(ok?.message.body).toHaveLength(0);
		one.peer.give(request("ACK", { toTag: one.toTag, cseq: 1 }));
		expect(one.peer.news.at(-1)).toBe("confirmed -");
	});

	test("a further offer in the PRACK is answered in its 200 (§5)", () => {
		const one = early();
		one.call.handlers = { ...one.call.handlers, onReinvite: () => ({ sdp: ANSWER }) };
		one.peer.give(prack(one, { body: SDP }));
		const [ok] = one.peer.taken();
		expect(Buffer.from(ok?.message.body ?? []).toString()).toBe(ANSWER);
	});

	test("a refusal does not wait, and a late PRACK still finds nothing to do", () => {
		const one = early();
		one.call.reject(486);
		expect(one.peer.statuses()).toEqual([486]);
		one.peer.give(request("ACK", { toTag: one.toTag, branch: "z9hG4bK-inv" }));
		one.peer.give(prack(one));
		expect(one.peer.statuses()).toEqual([481]);
		vi.advanceTimersByTime(60_000);
		expect(one.peer.taken()).toEqual([]);
	});

	test("CANCEL while the PRACK is awaited ends it with 487; its Reason is told", () => {
		const one = early();
		one.peer.give(request("CANCEL", { branch: "z9hG4bK-inv", more: ['Reason: SIP;cause=200;text="Elsewhere, ok"'] }));
		expect(one.peer.statuses()).toEqual([200, 487]);
		expect(one.peer.news).toEqual(['cancelled SIP;cause=200;text="Elsewhere, ok"']);
	});

	test("an offer without a reliable response is refused as our own mistake", () => {
		const peer = wire();
		peer.give(request("INVITE"));
		expect(() => peer.calls[0]?.progress(183, ANSWER)).toThrow(RangeError);
	});
});

describe("UPDATE in the early dialog (RFC 3311 §5.2)", () => {
	const update = (one: Early, cseq: number, body?: string) =>
		request("UPDATE", { toTag: one.toTag, cseq, ...(body === undefined ? {} : { body }) });

	test("an offer before the first has its reliable answer gets 500 with Retry-After", () => {
		const one = early();
		one.peer.give(update(one, 2, SDP));
		const [refused] = one.peer.taken();
		expect(refused?.text).toMatch(/^SIP\/2\.0 500 /);
		expect(Number(refused?.message.headers.get("retry-after"))).toBeLessThanOrEqual(10);
	});

	test("an offer that crosses ours gets 491", () => {
		const one = early(request("INVITE", { more: ["Supported: 100rel"] }));
		one.peer.give(update(one, 2, SDP));
		expect(one.peer.statuses()).toEqual([491]);
	});

	test("after the PRACK it is answered", () => {
		const one = early();
		one.call.handlers = { ...one.call.handlers, onReinvite: () => ({ sdp: ANSWER }) };
		one.peer.give(prack(one));
		one.peer.taken();
		one.peer.give(update(one, 3, SDP));
		const [ok] = one.peer.taken();
		expect(ok?.text).toMatch(/^SIP\/2\.0 200 /);
		expect(Buffer.from(ok?.message.body ?? []).toString()).toBe(ANSWER);
	});
});

describe("as the caller", () => {
	function place() {
		const peer = wire();
		const call = peer.agent.placeCall({
			uri: "sip:bob@192.0.2.9",
			next: { transport: "udp", host: "192.0.2.9", port: 5062 },
			from: "<sip:+1555@198.51.100.1>",
			sdp: SDP,
			handlers: {
				...reporting(peer.news),
				onProgress: (status, sdp) => peer.news.push(`progress ${status} ${sdp === undefined ? "-" : "sdp"}`),
				onAnswered: (sdp) => peer.news.push(`answered ${sdp === undefined ? "-" : "sdp"}`),
			},
		});
		const [invite] = peer.taken();
		return { peer, call, invite };
	}
	const RELIABLE = ["Contact: <sip:bob@192.0.2.10:5080>", "Require: 100rel"];

	test("each reliable response is acknowledged once, in order; what comes too early counts as lost (§4)", () => {
		const { peer, invite } = place();
		expect(invite?.message.headers.all("supported")).toContain("100rel");
		reply(peer, invite, 180, "b1", [...RELIABLE, "RSeq: 10"]);
		reply(peer, invite, 180, "b1", [...RELIABLE, "RSeq: 10"]);
		reply(peer, invite, 183, "b1", [...RELIABLE, "RSeq: 12"], ANSWER);
		reply(peer, invite, 183, "b1", [...RELIABLE, "RSeq: 11"], ANSWER);
		const pracks = peer.taken();
		expect(pracks.map((one) => [one.message.headers.get("rack"), one.message.headers.get("cseq")])).toEqual([
			["10 1 INVITE", "2 PRACK"],
			["11 1 INVITE", "3 PRACK"],
		]);
		expect(pracks[0]?.text).toMatch(/^PRACK sip:bob@192\.0\.2\.10:5080 /);
		expect(peer.news).toEqual(["progress 180 -", "progress 183 sdp"]);
	});

	test("a 200 without SDP means the answer of the reliable 183; BYE takes the next number", () => {
		const { peer, call, invite } = place();
		reply(peer, invite, 183, "b1", [...RELIABLE, "RSeq: 1"], ANSWER);
		reply(peer, peer.taken()[0], 200, "");
		reply(peer, invite, 200, "b1", ["Contact: <sip:bob@192.0.2.10:5080>"]);
		expect(peer.news).toEqual(["progress 183 sdp", "answered sdp"]);
		call.hangUp();
		const [ack, bye] = peer.taken();
		expect([ack, bye].map((one) => one?.message.headers.get("cseq"))).toEqual(["1 ACK", "3 BYE"]);
	});

	test("forks are acknowledged each in its own dialog", () => {
		const { peer, invite } = place();
		reply(peer, invite, 180, "b1", [...RELIABLE, "RSeq: 7"]);
		reply(peer, invite, 180, "b2", [...RELIABLE, "RSeq: 7"]);
		expect(peer.taken().map((one) => [one.message.toTag, one.message.headers.get("cseq")])).toEqual([
			["b1", "2 PRACK"],
			["b2", "2 PRACK"],
		]);
	});

	test("an UPDATE of the callee that crosses our open offer gets 491, one after the answer is asked above", () => {
		const { peer, invite } = place();
		reply(peer, invite, 180, "b1", [...RELIABLE, "RSeq: 1"]);
		const fromTag = invite?.message.fromTag;
		const callId = invite?.message.callId ?? "";
		const update = (cseq: number) =>
			request("UPDATE", { fromTag: "b1", toTag: `;tag=${fromTag}`, callId, cseq, body: SDP });
		peer.taken();
		peer.give(update(1));
		reply(peer, invite, 183, "b1", [...RELIABLE, "RSeq: 2"], ANSWER);
		peer.give(update(2));
		const statuses = peer.taken().map((one) => one.text.split(" ")[1]);
		expect(statuses[0]).toBe("491");
		expect(statuses.at(-1)).toBe("488");
	});
});
