import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { request, SDP, toTagOf, wire } from "./wire.ts";

beforeEach(() => {
	vi.useFakeTimers();
});
afterEach(() => {
	vi.useRealTimers();
});

const INVITE = request("INVITE", { branch: "z9hG4bK-inv", body: SDP });
const OFFER = SDP;
const ANSWER = SDP.replace("192.0.2.9", "198.51.100.1");

function answered(options = {}) {
	const peer = wire(options, (call) => call.answer(ANSWER));
	peer.give(INVITE);
	const [, ok] = peer.taken();
	return { peer, toTag: toTagOf(ok), ok };
}

const established = (options = {}) => {
	const one = answered(options);
	one.peer.give(request("ACK", { toTag: one.toTag }));
	return one;
};

describe("INVITE", () => {
	test("gets 100 at once, without To tag (RFC 3261 §8.2.6)", () => {
		const peer = wire();
		peer.give(INVITE);
		const [trying] = peer.taken();
		expect(trying?.text).toMatch(/^SIP\/2\.0 100 Trying\r\n/);
		expect(trying?.message.toTag).toBe("");
		expect(peer.calls[0]).toMatchObject({ callId: "call-1", offer: OFFER, localAddress: "198.51.100.1" });
	});

	test("resent, gets the last provisional response again and makes no second call (§17.2.1)", () => {
		const peer = wire();
		peer.give(INVITE);
		peer.calls[0]?.progress(180);
		peer.give(INVITE);
		expect(peer.statuses()).toEqual([100, 180, 180]);
		expect(peer.calls).toHaveLength(1);
	});

	test("its 200 echoes Via, Record-Route, From, Call-ID and CSeq, and names Contact, Allow and the answer (§12.1.1, §13.3.1.4)", () => {
		const peer = wire({}, (call) => call.answer(ANSWER));
		const more = ["Record-Route: <sip:192.0.2.1;lr>, <sip:192.0.2.2;lr>", "Record-Route: <sip:192.0.2.3;lr>"];
		peer.give(request("INVITE", { branch: "z9hG4bK-rr", body: SDP, more }));
		const ok = peer.taken()[1];
		expect(ok?.message.headers.all("Record-Route")).toEqual([
			"<sip:192.0.2.1;lr>",
			"<sip:192.0.2.2;lr>",
			"<sip:192.0.2.3;lr>",
		]);
		expect(ok?.message.headers.get("Via")).toBe(
			"SIP/2.0/UDP 192.0.2.9:5062;branch=z9hG4bK-rr;rport=5062;received=192.0.2.9",
		);
		expect(ok?.message.headers.get("Contact")).toBe("<sip:198.51.100.1:5060>");
		expect(ok?.message.headers.all("Allow")).toContain("INFO");
		expect(Buffer.from(ok?.message.body ?? []).toString()).toBe(ANSWER);
	});

	test("the 200 is resent at T1, doubling up to T2, and given up at 64*T1 with BYE and noAck (§13.3.1.4)", () => {
		const { peer } = answered();
		vi.advanceTimersByTime(31_999);
		const times = peer.taken().map((one) => one.atMs);
		expect(times).toEqual([500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500]);
		expect(peer.news).toEqual([]);
		vi.advanceTimersByTime(1);
		const [bye] = peer.taken();
		expect(bye?.text).toMatch(/^BYE sip:caller@192\.0\.2\.9:5062 SIP\/2\.0\r\n/);
		expect(peer.news).toEqual(["ended noAck"]);
	});

	test("the 200 is resent over reliable transports too, since a proxy may have changed the transport", () => {
		const { peer } = answered({ reliable: true });
		vi.advanceTimersByTime(4_000);
		expect(peer.statuses()).toEqual([200, 200, 200]);
	});

	test("the ACK ends the resending and is told once, however often it comes", () => {
		const { peer, toTag } = answered();
		peer.give(request("ACK", { toTag }));
		peer.give(request("ACK", { toTag }));
		vi.advanceTimersByTime(60_000);
		expect(peer.taken()).toEqual([]);
		expect(peer.news).toEqual(["confirmed -"]);
	});

	test("without an offer: the ACK's SDP is the answer (§13.2.1)", () => {
		const peer = wire({}, (call) => call.answer(ANSWER));
		peer.give(request("INVITE", { branch: "z9hG4bK-late" }));
		peer.give(request("ACK", { toTag: toTagOf(peer.taken()[1]), body: SDP }));
		expect(peer.news).toEqual([`confirmed ${SDP}`]);
	});

	test("a refusal is resent until its ACK, then forgotten (§17.2.1)", () => {
		const peer = wire({}, (call) => call.reject(486, { reason: "Full", headers: [["X-Why", "full"]] }));
		peer.give(INVITE);
		const [, busy] = peer.taken();
		expect(busy?.text).toMatch(/^SIP\/2\.0 486 Full\r\n/);
		expect(busy?.message.headers.get("x-why")).toBe("full");
		vi.advanceTimersByTime(1_500);
		expect(peer.statuses()).toEqual([486, 486]);
		peer.give(request("ACK", { branch: "z9hG4bK-inv", toTag: toTagOf(busy) }));
		vi.advanceTimersByTime(60_000);
		expect(peer.taken()).toEqual([]);
	});

	test("answer and reject after the first final response do nothing", () => {
		const peer = wire({}, (call) => {
			call.reject(486);
			call.answer(ANSWER);
			call.reject(500);
			call.progress(180);
		});
		peer.give(INVITE);
		expect(peer.statuses()).toEqual([100, 486]);
	});

	test("a header value of ours cannot smuggle in a field", () => {
		const peer = wire({}, (call) => call.reject(486, { headers: [["X-Why", "a\r\nContact: <sip:evil>"]] }));
		peer.give(INVITE);
		expect(peer.taken()[1]?.message.headers.get("contact")).toBeUndefined();
	});

	test("provisional responses are repeated each minute while nothing final was sent (§13.3.1.1)", () => {
		const peer = wire({}, (call) => call.progress(183, ANSWER));
		peer.give(INVITE);
		vi.advanceTimersByTime(120_000);
		expect(peer.statuses()).toEqual([100, 183, 183, 183]);
	});

	test("a handler that throws gets the call refused with 500, and the next one is taken", () => {
		let calls = 0;
		const peer = wire({}, (call) => {
			if (++calls === 1) throw new Error("broken");
			call.answer(ANSWER);
		});
		peer.give(INVITE);
		peer.give(request("INVITE", { callId: "call-2", body: SDP }));
		expect(peer.statuses()).toEqual([100, 500, 100, 200]);
		expect(peer.complaints).toHaveLength(1);
	});
});

describe("refusals before any call", () => {
	test.each([
		[
			"of several extensions the unknown one is named in 420 (§8.2.2.3)",
			request("INVITE", { more: ["Require: 100rel, foo"] }),
			[420],
			"unsupported",
			"foo",
		],
		["an unknown method gets 405 with Allow (§8.2.1)", request("REGISTER"), [405], "allow", "INVITE"],
		["REFER is not among the methods (RFC 3515 §2.4.2)", request("REFER"), [405], "allow", "INVITE"],
		["UPDATE without a dialog gets 481 (RFC 3311 §5.2)", request("UPDATE", { toTag: ";tag=x" }), [481], "server", "A"],
		["PRACK without a dialog gets 481 (RFC 3262 §3)", request("PRACK", { toTag: ";tag=x" }), [481], "server", "A"],
		[
			"a session shorter than 90 s gets 422 with Min-SE (RFC 4028 §9)",
			request("INVITE", { body: SDP, more: ["Supported: timer", "Session-Expires: 60"] }),
			[100, 422],
			"min-se",
			"90",
		],
		[
			"a refusal tells gateways the release cause (RFC 6432)",
			request("INVITE", { body: SDP, more: ["Require: foo"] }),
			[420],
			"reason",
			"Q.850;cause=127",
		],
		["a scheme we do not know gets 416 (§8.2.2.1)", request("INVITE", { uri: "soap:x" }), [416], "server", "Afterbeep"],
		[
			"a body that is no session gets 415 with Accept (§8.2.3)",
			request("INVITE", { more: ["Content-Type: text/plain"], body: "" }).replace(
				"Content-Length: 0\r\n\r\n",
				"Content-Length: 2\r\n\r\nhi",
			),
			[100, 415],
			"accept",
			"application/sdp",
		],
		[
			"an answer the peer does not accept gets 406 (§20.1)",
			request("INVITE", { body: SDP, more: ["Accept: text/html"] }),
			[100, 406],
			"accept",
			"application/sdp",
		],
		["BYE without a dialog gets 481 (§15.1.2)", request("BYE", { toTag: ";tag=gone" }), [481], "server", "Afterbeep"],
		["CANCEL without its INVITE gets 481 (§9.2)", request("CANCEL"), [481], "server", "Afterbeep"],
		[
			"INVITE for a dialog that is gone gets 481 (§12.2.2)",
			request("INVITE", { toTag: ";tag=gone", body: SDP }),
			[481],
			"server",
			"Afterbeep",
		],
		[
			"no hops left, and routed on beyond us: 483",
			request("INVITE", { more: ["Route: <sip:192.0.2.77;lr>"] }).replace("Forwards: 70", "Forwards: 0"),
			[483],
			"server",
			"Afterbeep",
		],
		[
			"what is wrong with a bad request stands in the reason",
			request("INVITE").replace(/From: .*\r\n/, ""),
			[400],
			"server",
			"Afterbeep",
		],
	] as const)("%s", (_title, message, statuses, field, value) => {
		const peer = wire();
		peer.give(message);
		expect(peer.sent.map((one) => Number(one.text.slice(8, 11)))).toEqual(statuses);
		expect(peer.sent.at(-1)?.text.toLowerCase()).toContain(`${field}: ${value}`.toLowerCase());
		expect(peer.calls).toEqual([]);
	});

	test("the reason of 400 names the field", () => {
		const peer = wire();
		peer.give(request("INVITE").replace(/From: .*\r\n/, ""));
		expect(peer.sent[0]?.text).toMatch(/^SIP\/2\.0 400 Missing From Header Field\r\n/);
	});

	test("no hops left, but meant for us: taken (RFC 4475 §3.3.11)", () => {
		const peer = wire();
		peer.give(request("OPTIONS", { more: ["Route: <sip:198.51.100.1;lr>"] }).replace("Forwards: 70", "Forwards: 0"));
		expect(peer.statuses()).toEqual([200]);
	});

	test("the same INVITE by another path gets 482 (§8.2.2.2)", () => {
		const peer = wire();
		peer.give(INVITE);
		peer.give(request("INVITE", { branch: "z9hG4bK-other", body: SDP }));
		expect(peer.statuses()).toEqual([100, 482]);
		expect(peer.calls).toHaveLength(1);
	});

	test("while draining, new INVITEs and OPTIONS get 503 with Retry-After; dialogs go on", () => {
		const { peer, toTag } = established();
		peer.agent.setDraining(true);
		peer.give(request("INVITE", { callId: "call-2", body: SDP }));
		peer.give(request("OPTIONS", { callId: "call-3" }));
		peer.give(request("OPTIONS", { toTag, cseq: 2 }));
		expect(peer.taken().map((one) => [one.text.slice(8, 11), one.message.headers.get("retry-after")])).toEqual([
			["100", undefined],
			["503", "5"],
			["503", "5"],
			["200", undefined],
		]);
		peer.agent.setDraining(false);
		peer.give(request("OPTIONS", { callId: "call-4" }));
		expect(peer.statuses()).toEqual([200]);
	});

	test("callsMax counts calls that run; one that ended makes room", () => {
		const { peer, toTag } = established({ callsMax: 1 });
		peer.give(request("INVITE", { callId: "call-2", body: SDP }));
		expect(peer.statuses()).toEqual([503]);
		peer.give(request("BYE", { toTag, cseq: 2 }));
		peer.give(request("INVITE", { callId: "call-3", body: SDP }));
		expect(peer.statuses()).toEqual([200, 100, 200]);
	});
});

describe("CANCEL", () => {
	const CANCEL = request("CANCEL", { branch: "z9hG4bK-inv" });

	test("gets 200, its INVITE 487, both with one To tag (§9.2)", () => {
		const peer = wire();
		peer.give(INVITE);
		peer.taken();
		peer.give(CANCEL);
		const [ok, terminated] = peer.taken();
		expect([ok?.text.slice(8, 11), terminated?.text.slice(8, 11)]).toEqual(["200", "487"]);
		expect(ok?.message.toTag).toBe(terminated?.message.toTag);
		expect(peer.news).toEqual(["cancelled"]);
		peer.calls[0]?.answer(ANSWER);
		expect(peer.taken()).toEqual([]);
	});

	test("after the 200 is answered and changes nothing", () => {
		const { peer, toTag } = answered();
		peer.give(CANCEL);
		const [ok] = peer.taken();
		expect(toTagOf(ok)).toBe(toTag);
		expect(peer.news).toEqual([]);
	});

	test("resent, gets its 200 again and cancels once", () => {
		const peer = wire();
		peer.give(INVITE);
		peer.give(CANCEL);
		peer.give(CANCEL);
		expect(peer.statuses()).toEqual([100, 200, 487, 200]);
		expect(peer.news).toEqual(["cancelled"]);
	});
});

test("an RFC 2543 peer without branch, tags and Contact is answered and acknowledged (RFC 4475 §3.4.1)", () => {
	const peer = wire({}, (call) => call.answer(ANSWER));
	const old = (method: string, to = ""): string =>
		[
			`${method} sip:100@198.51.100.1 SIP/2.0`,
			"Via: SIP/2.0/UDP 192.0.2.9:5062",
			"From: <sip:caller@192.0.2.9:5062>",
			`To: <sip:100@198.51.100.1>${to}`,
			"Call-ID: old-1",
			`CSeq: 1 ${method}`,
			"Content-Length: 0",
			"\r\n",
		].join("\r\n");
	peer.give(old("INVITE"));
	const [, ok] = peer.taken();
	peer.give(old("INVITE"));
	expect(peer.taken()).toEqual([]);
	peer.give(old("ACK", toTagOf(ok)));
	expect(peer.news).toEqual(["confirmed -"]);
	peer.calls[0]?.hangUp();
	expect(peer.taken()[0]?.text).toMatch(/^BYE sip:caller@192\.0\.2\.9:5062 /);
});
