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

describe("in a dialog", () => {
	test("BYE gets 200 and ends the call; a later one gets 481 (§15.1.2)", () => {
		const { peer, toTag } = established();
		peer.give(request("BYE", { toTag, cseq: 2, branch: "z9hG4bK-bye" }));
		peer.give(request("BYE", { toTag, cseq: 2, branch: "z9hG4bK-bye" }));
		peer.give(request("BYE", { toTag, cseq: 3 }));
		expect(peer.statuses()).toEqual([200, 200, 481]);
		expect(peer.news).toEqual(["confirmed -", "ended bye"]);
	});

	test("a CSeq that is not higher gets 500 (§12.2.2)", () => {
		const { peer, toTag } = established();
		peer.give(request("INFO", { toTag, cseq: 5 }));
		peer.give(request("INFO", { toTag, cseq: 4 }));
		expect(peer.statuses()).toEqual([200, 500]);
	});

	test("re-INVITE hands the offer up and sends the answer; its ACK is confirmed", () => {
		const { peer, toTag } = established();
		const offers: (string | undefined)[] = [];
		const call = peer.calls[0];
		if (call === undefined) throw new Error("no call");
		call.handlers = {
			...call.handlers,
			onReinvite: (offer) => {
				offers.push(offer);
				return { sdp: ANSWER };
			},
		};
		const contact = "<sip:moved@192.0.2.10:5070>";
		peer.give(request("INVITE", { toTag, cseq: 2, body: SDP, contact }));
		expect(peer.statuses()).toEqual([100, 200]);
		peer.give(request("ACK", { toTag, cseq: 2 }));
		expect(offers).toEqual([OFFER]);
		expect(peer.news).toEqual(["confirmed -", "confirmed -"]);
		call.hangUp();
		const [bye] = peer.taken();
		expect(bye?.text).toMatch(/^BYE sip:moved@192\.0\.2\.10:5070 /);
		expect(bye?.to).toMatchObject({ host: "192.0.2.10", port: 5070 });
	});

	test("a re-INVITE that is refused leaves target and session as they were (§14.2)", () => {
		const { peer, toTag } = established();
		peer.give(request("INVITE", { toTag, cseq: 2, body: SDP, contact: "<sip:moved@192.0.2.10:5070>" }));
		expect(peer.statuses()).toEqual([100, 488]);
		peer.calls[0]?.hangUp();
		expect(peer.taken()[0]?.text).toMatch(/^BYE sip:caller@192\.0\.2\.9:5062 /);
	});

	test("a re-INVITE while our own offer is unanswered gets 491 (RFC 6337 §2.3)", () => {
		const peer = wire({}, (call) => call.answer(ANSWER));
		peer.give(request("INVITE", { branch: "z9hG4bK-late" }));
		const toTag = toTagOf(peer.taken()[1]);
		peer.give(request("INVITE", { toTag, cseq: 2, body: SDP }));
		expect(peer.statuses()).toEqual([491]);
	});

	test("a second INVITE before the first is answered gets 500 with Retry-After of 0 to 10 s (§14.2)", () => {
		const peer = wire({}, (call) => call.progress(180));
		peer.give(INVITE);
		const toTag = toTagOf(peer.taken()[1]);
		peer.give(request("INVITE", { toTag, cseq: 2, body: SDP }));
		const [refused] = peer.taken();
		expect(refused?.text).toMatch(/^SIP\/2\.0 500 /);
		expect(Number(refused?.message.headers.get("retry-after"))).toBeLessThanOrEqual(10);
	});

	test.each([
		["an empty INFO gets 200", {}, 200],
		["an INFO with a package we did not ask for gets 469 (RFC 6086 §4.2.2)", { more: ["Info-Package: foo"] }, 469],
		["an INFO with a body we do not know gets 415", { body: "Signal=1" }, 415],
	])("%s", (_title, parts, status) => {
		const { peer, toTag } = established();
		peer.give(request("INFO", { toTag, cseq: 2, ...parts }));
		expect(peer.statuses()).toEqual([status]);
	});

	test("BYE in the early dialog gets 200 and its INVITE 487 (§15.1.2)", () => {
		const peer = wire({}, (call) => call.progress(180));
		peer.give(INVITE);
		const toTag = toTagOf(peer.taken()[1]);
		peer.give(request("BYE", { toTag, cseq: 2 }));
		expect(peer.statuses()).toEqual([200, 487]);
		expect(peer.news).toEqual(["cancelled"]);
	});
});

describe("hangUp", () => {
	test("sends BYE along the route set to the target and reports at once (§12.2.1.1)", () => {
		const peer = wire({}, (call) => call.answer(ANSWER));
		const more = ["Record-Route: <sip:192.0.2.1:5080;lr>, <sip:192.0.2.2;lr>"];
		peer.give(request("INVITE", { body: SDP, more }));
		const toTag = toTagOf(peer.taken()[1]);
		peer.give(request("ACK", { toTag }));
		peer.calls[0]?.hangUp();
		expect(peer.news).toEqual(["confirmed -", "ended hungUp"]);
		const [bye] = peer.taken();
		expect(bye?.text).toMatch(/^BYE sip:caller@192\.0\.2\.9:5062 SIP\/2\.0\r\n/);
		expect(bye?.message.headers.all("Route")).toEqual(["<sip:192.0.2.1:5080;lr>", "<sip:192.0.2.2;lr>"]);
		expect(bye?.to).toEqual({ transport: "udp", host: "192.0.2.1", port: 5080 });
		expect(bye?.message.headers.get("From")).toBe(`<sip:100@198.51.100.1>${toTag}`);
	});

	test("towards a strict router puts it into the Request-URI and the target at the end (§12.2.1.1)", () => {
		const peer = wire({}, (call) => call.answer(ANSWER));
		peer.give(request("INVITE", { body: SDP, more: ["Record-Route: <sip:192.0.2.1>, <sip:192.0.2.2;lr>"] }));
		peer.give(request("ACK", { toTag: toTagOf(peer.taken()[1]) }));
		peer.calls[0]?.hangUp();
		const [bye] = peer.taken();
		expect(bye?.text).toMatch(/^BYE sip:192\.0\.2\.1 SIP\/2\.0\r\n/);
		expect(bye?.message.headers.all("Route")).toEqual(["<sip:192.0.2.2;lr>", "<sip:caller@192.0.2.9:5062>"]);
	});

	test("before the ACK waits with the BYE until it comes (§15)", () => {
		const { peer, toTag } = answered();
		peer.calls[0]?.hangUp();
		expect(peer.news).toEqual(["ended hungUp"]);
		expect(peer.taken()).toEqual([]);
		peer.give(request("ACK", { toTag }));
		expect(peer.taken()[0]?.text).toMatch(/^BYE /);
		expect(peer.news).toEqual(["ended hungUp"]);
	});

	test("the BYE is resent until answered, and given up at 64*T1 without a further word (§17.1.2)", () => {
		const { peer } = established();
		peer.calls[0]?.hangUp();
		vi.advanceTimersByTime(60_000);
		const times = peer.taken().map((one) => one.atMs);
		expect(times).toEqual([0, 500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500]);
		expect(peer.news).toEqual(["confirmed -", "ended hungUp"]);
	});

	test("a BYE that crosses ours gets 200", () => {
		const { peer, toTag } = established();
		peer.calls[0]?.hangUp();
		peer.taken();
		peer.give(request("BYE", { toTag, cseq: 2 }));
		expect(peer.statuses()).toEqual([200]);
		expect(peer.news).toEqual(["confirmed -", "ended hungUp"]);
	});

	test("closing the agent ends what runs with BYE and 503, and leaves no timer", async () => {
		const { peer } = established();
		peer.give(request("INVITE", { callId: "call-2", body: SDP, branch: "z9hG4bK-2" }));
		await peer.agent[Symbol.asyncDispose]();
		expect(peer.news).toEqual(["confirmed -", "ended hungUp", "ended hungUp"]);
		expect(vi.getTimerCount()).toBe(0);
	});
});
