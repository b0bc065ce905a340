/** RFC 4028, RFC 3311 and glare through the whole agent. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { reply, reporting, request, SDP, type Sent, toTagOf, type Wire, wire } from "./wire.ts";

beforeEach(() => {
	vi.useFakeTimers();
});
afterEach(() => {
	vi.useRealTimers();
});

const ANSWER = SDP.replace("192.0.2.9", "198.51.100.1");

/** An answered call whose caller asked for this timer. */
function answered(more: readonly string[]) {
	const peer = wire({}, (call) => {
		call.handlers = { ...call.handlers, onReinvite: () => ({ sdp: ANSWER }) };
		call.answer(ANSWER);
	});
	peer.give(request("INVITE", { body: SDP, more }));
	const [, ok] = peer.taken();
	const toTag = toTagOf(ok);
	peer.give(request("ACK", { toTag }));
	return { peer, toTag, ok };
}

const methods = (sent: readonly Sent[]) => sent.map((one) => one.text.split(" ")[0]);
const field = (sent: Sent | undefined, name: string) => sent?.message.headers.get(name);

describe("a caller's session timer", () => {
	test("is granted in the 200; without a refresh we send BYE a third before its end (§10)", () => {
		const { peer, ok } = answered(["Supported: timer", "Session-Expires: 90"]);
		expect(field(ok, "session-expires")).toBe("90;refresher=uac");
		expect(ok?.message.headers.all("require")).toEqual(["timer"]);
		vi.advanceTimersByTime(59_999);
		expect(peer.taken()).toEqual([]);
		vi.advanceTimersByTime(1);
		const [bye] = peer.taken();
		expect(bye?.text).toMatch(/^BYE /);
		expect(field(bye, "reason")).toBe('SIP;cause=408;text="Session expired"');
		expect(peer.news).toEqual(["confirmed -", "ended expired"]);
	});

	test("starts anew with an UPDATE or a re-INVITE", () => {
		const { peer, toTag } = answered(["Supported: timer", "Session-Expires: 90"]);
		const more = ["Supported: timer", "Session-Expires: 90;refresher=uac"];
		vi.advanceTimersByTime(50_000);
		peer.give(request("UPDATE", { toTag, cseq: 2, more }));
		const [ok] = peer.taken();
		expect([ok?.text.slice(8, 11), field(ok, "session-expires")]).toEqual(["200", "90;refresher=uac"]);
		vi.advanceTimersByTime(50_000);
		peer.give(request("INVITE", { toTag, cseq: 3, more, body: SDP }));
		peer.give(request("ACK", { toTag, cseq: 3 }));
		expect(peer.statuses()).toEqual([100, 200]);
		vi.advanceTimersByTime(50_000);
		expect(peer.news).not.toContain("ended expired");
		vi.advanceTimersByTime(10_000);
		expect(peer.news).toContain("ended expired");
	});

	test("too short in an UPDATE or a re-INVITE gets 422 and changes nothing", () => {
		const { peer, toTag } = answered([]);
		const more = ["Supported: timer", "Session-Expires: 30"];
		peer.give(request("UPDATE", { toTag, cseq: 2, more, contact: "<sip:moved@192.0.2.10>" }));
		peer.give(request("INVITE", { toTag, cseq: 3, more, body: SDP, contact: "<sip:moved@192.0.2.10>" }));
		const refused = peer.taken();
		expect(refused.map((one) => [one.text.slice(8, 11), field(one, "min-se")])).toEqual([
			["422", "90"],
			["422", "90"],
		]);
		peer.calls[0]?.hangUp();
		expect(peer.taken()[0]?.text).toMatch(/^BYE sip:caller@192\.0\.2\.9:5062 /);
	});
});

describe("when we are the refresher", () => {
	const ASKED = ["Supported: timer", "Session-Expires: 100;refresher=uas"];

	test("UPDATE without SDP goes out at half the time where the peer allows it", () => {
		const { peer } = answered([...ASKED, "Allow: INVITE, UPDATE, BYE"]);
		vi.advanceTimersByTime(50_000);
		const [update] = peer.taken();
		expect(update?.text).toMatch(/^UPDATE /);
		expect(field(update, "session-expires")).toBe("100;refresher=uac");
		expect(update?.message.body).toHaveLength(0);
		reply(peer, update, 200, "", ["Session-Expires: 100;refresher=uac"]);
		vi.advanceTimersByTime(50_000);
		const [again] = peer.taken();
		expect(methods([again as Sent])).toEqual(["UPDATE"]);
		expect(field(again, "cseq")).toBe("2 UPDATE");
	});

	test("else a re-INVITE with the description as it was; its 200 is acknowledged each time", () => {
		const { peer } = answered(ASKED);
		vi.advanceTimersByTime(50_000);
		const [invite] = peer.taken();
		expect(invite?.text).toMatch(/^INVITE /);
		expect(Buffer.from(invite?.message.body ?? []).toString()).toBe(ANSWER);
		reply(peer, invite, 200, "", ["Session-Expires: 100;refresher=uac"], SDP);
		reply(peer, invite, 200, "", ["Session-Expires: 100;refresher=uac"], SDP);
		expect(methods(peer.taken())).toEqual(["ACK", "ACK"]);
		expect(peer.news).toEqual(["confirmed -", `refreshed ${SDP}`]);
	});

	test("a peer that answers 405 to UPDATE is asked by re-INVITE", () => {
		const { peer } = answered([...ASKED, "Allow: UPDATE"]);
		vi.advanceTimersByTime(50_000);
		reply(peer, peer.taken()[0], 405, "");
		expect(methods(peer.taken())).toEqual(["INVITE"]);
	});

	test("422 is asked again with the time it names", () => {
		const { peer } = answered([...ASKED, "Allow: UPDATE"]);
		vi.advanceTimersByTime(50_000);
		reply(peer, peer.taken()[0], 422, "", ["Min-SE: 300"]);
		const [again] = peer.taken();
		expect([field(again, "session-expires"), field(again, "min-se")]).toEqual(["300;refresher=uac", "300"]);
	});

	test.each([
		[481, "ended failed"],
		[408, "ended failed"],
	])("%i ends the call with BYE", (status, news) => {
		const { peer } = answered([...ASKED, "Allow: UPDATE"]);
		vi.advanceTimersByTime(50_000);
		reply(peer, peer.taken()[0], status, "");
		expect(methods(peer.taken())).toEqual(["BYE"]);
		expect(peer.news.at(-1)).toBe(news);
	});

	test("no answer at all ends the call with BYE when the transaction gives up, or the session expires", () => {
		const { peer } = answered([...ASKED, "Allow: UPDATE"]);
		vi.advanceTimersByTime(100_000);
		expect(methods(peer.taken())).toContain("BYE");
		expect(peer.news.filter((news) => news.startsWith("ended"))).toEqual([expect.stringMatching(/failed|expired/)]);
	});

	test("any other refusal leaves the session until it expires", () => {
		const { peer } = answered([...ASKED, "Allow: UPDATE"]);
		vi.advanceTimersByTime(50_000);
		reply(peer, peer.taken()[0], 403, "");
		vi.advanceTimersByTime(18_000);
		expect(peer.news.at(-1)).toBe("ended expired");
	});
});

describe("re-INVITEs that cross (RFC 3261 §14)", () => {
	function crossing() {
		const { peer, toTag } = answered(["Supported: timer", "Session-Expires: 100;refresher=uas"]);
		vi.advanceTimersByTime(50_000);
		const [ours] = peer.taken();
		return { peer, toTag, ours };
	}

	test("theirs gets 491 while ours waits; ours is tried again within 2 s of its 491", () => {
		const { peer, toTag, ours } = crossing();
		peer.give(request("INVITE", { toTag, cseq: 2, body: SDP }));
		expect(peer.statuses()).toEqual([491]);
		reply(peer, ours, 491, "");
		expect(methods(peer.taken())).toEqual(["ACK"]);
		vi.advanceTimersByTime(2_000);
		// Resent as any request until it is answered: one number.
		expect(new Set(peer.taken().map((one) => field(one, "cseq")))).toEqual(new Set(["2 INVITE"]));
	});

	test("an UPDATE with an offer gets 491, one without is answered", () => {
		const { peer, toTag } = crossing();
		peer.give(request("UPDATE", { toTag, cseq: 2, body: SDP }));
		peer.give(request("UPDATE", { toTag, cseq: 3 }));
		expect(peer.statuses()).toEqual([491, 200]);
	});

	test("500 with Retry-After is waited for", () => {
		const { peer, ours } = crossing();
		reply(peer, ours, 500, "", ["Retry-After: 7 (busy)"]);
		peer.taken();
		vi.advanceTimersByTime(6_900);
		expect(peer.taken()).toEqual([]);
		vi.advanceTimersByTime(200);
		expect(methods(peer.taken())).toEqual(["INVITE"]);
	});

	test("our own hang-up meanwhile sends BYE; the late 200 is acknowledged and changes nothing", () => {
		const { peer, ours } = crossing();
		peer.calls[0]?.hangUp();
		reply(peer, ours, 200, "", [], SDP);
		expect(methods(peer.taken())).toEqual(["BYE", "ACK"]);
		expect(peer.news.at(-1)).toBe("ended hungUp");
	});
});

describe("UPDATE in a confirmed dialog", () => {
	test("its offer is answered in the 200, and the target moves", () => {
		const { peer, toTag } = answered([]);
		peer.give(request("UPDATE", { toTag, cseq: 2, body: SDP, contact: "<sip:moved@192.0.2.10:5070>" }));
		const [ok] = peer.taken();
		expect(Buffer.from(ok?.message.body ?? []).toString()).toBe(ANSWER);
		peer.calls[0]?.hangUp();
		expect(peer.taken()[0]?.text).toMatch(/^BYE sip:moved@192\.0\.2\.10:5070 /);
	});

	test("while the ACK with the answer to our offer is out: 491", () => {
		const peer = wire({}, (call) => call.answer(ANSWER));
		peer.give(request("INVITE"));
		peer.give(request("UPDATE", { toTag: toTagOf(peer.taken()[1]), cseq: 2, body: SDP }));
		expect(peer.statuses()).toEqual([491]);
	});

	test("a body that is no SDP gets 415", () => {
		const { peer, toTag } = answered([]);
		peer.give(request("UPDATE", { toTag, cseq: 2, body: "x" }).replace("application/sdp", "text/plain"));
		expect(peer.statuses()).toEqual([415]);
	});
});

describe("a call of ours", () => {
	function place(): { peer: Wire; invite: Sent | undefined } {
		const peer = wire();
		peer.agent.placeCall({
			uri: "sip:bob@192.0.2.9",
			next: { transport: "udp", host: "192.0.2.9", port: 5062 },
			from: "<sip:+1555@198.51.100.1>",
			sdp: SDP,
			handlers: { ...reporting(peer.news), onRejected: (status) => peer.news.push(`rejected ${status}`) },
		});
		return { peer, invite: peer.taken()[0] };
	}
	const CONTACT = "Contact: <sip:bob@192.0.2.10:5080>";

	test("asks for half an hour, and for more where a 422 says so, as a new request of the same call (§7.3)", () => {
		const { peer, invite } = place();
		expect([field(invite, "session-expires"), field(invite, "min-se")]).toEqual(["1800", "90"]);
		reply(peer, invite, 422, "x", ["Min-SE: 3600"]);
		const [ack, again] = peer.taken();
		expect([ack?.text.slice(0, 3), field(ack, "cseq")]).toEqual(["ACK", "1 ACK"]);
		expect(field(again, "session-expires")).toBe("3600");
		expect([field(again, "cseq"), field(again, "call-id")]).toEqual(["2 INVITE", field(invite, "call-id")]);
		expect(again?.message.via.params.get("branch")).not.toBe(invite?.message.via.params.get("branch"));
		reply(peer, again, 200, "b", [CONTACT], ANSWER);
		expect(field(peer.taken()[0], "cseq")).toBe("2 ACK");
	});

	test("a 422 that names no longer time is a refusal like any other", () => {
		const { peer, invite } = place();
		reply(peer, invite, 422, "x", ["Min-SE: 90"]);
		expect(peer.news).toEqual(["rejected 422"]);
	});

	test("refreshes by UPDATE, or waits for the callee's, as the 200 says", () => {
		const one = place();
		const allow = "Allow: INVITE, UPDATE, BYE, ACK";
		reply(one.peer, one.invite, 200, "b", [CONTACT, allow, "Session-Expires: 1800;refresher=uac"], ANSWER);
		vi.advanceTimersByTime(900_000);
		expect(methods(one.peer.taken())).toEqual(["ACK", "UPDATE"]);
		const other = place();
		reply(other.peer, other.invite, 200, "b", [CONTACT, allow, "Session-Expires: 1800;refresher=uas"], ANSWER);
		vi.advanceTimersByTime(1_768_000);
		expect(methods(other.peer.taken())).toEqual(["ACK", "BYE"]);
		expect(other.peer.news).toEqual(["ended expired"]);
	});

	test("does not expire where the 200 says nothing of it", () => {
		const { peer, invite } = place();
		reply(peer, invite, 200, "b", [CONTACT], ANSWER);
		vi.advanceTimersByTime(10_000_000);
		expect(methods(peer.taken())).toEqual(["ACK"]);
	});
});
