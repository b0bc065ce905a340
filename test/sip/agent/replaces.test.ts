/** RFC 3891 §3 through the whole agent; INFO, REFER and what we say we can do. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { request, SDP, toTagOf, wire } from "./wire.ts";

beforeEach(() => {
	vi.useFakeTimers();
});
afterEach(() => {
	vi.useRealTimers();
});

const ANSWER = SDP.replace("192.0.2.9", "198.51.100.1");

function answered() {
	const peer = wire({ replaces: true }, (call) => call.answer(ANSWER));
	peer.give(request("INVITE", { body: SDP }));
	const toTag = toTagOf(peer.taken()[1]);
	peer.give(request("ACK", { toTag }));
	return { peer, toTag, tag: toTag.slice(";tag=".length) };
}

const replacing = (...values: string[]) =>
	request("INVITE", {
		callId: "call-2",
		body: SDP,
		more: values.map((value) => `Replaces: ${value}`),
	});

describe("Replaces", () => {
	test("a dialog that is ours is handed up with the call that asks for its place", () => {
		const { peer, tag } = answered();
		peer.give(replacing(`call-1;to-tag=${tag};from-tag=f1`));
		expect(peer.statuses()).toEqual([100, 200]);
		expect(peer.calls[1]?.replaces).toBe(peer.calls[0]);
		peer.calls[1]?.replaces?.hangUp();
		expect(peer.taken().map((one) => one.text.split(" ")[0])).toEqual(["BYE"]);
	});

	test.each([
		["no such dialog: 481", "call-9;to-tag=x;from-tag=f1", 481],
		["tags the wrong way round: 481", "call-1;to-tag=f1;from-tag=TAG", 481],
		["an answered one where only an early one is wanted: 486", "call-1;to-tag=TAG;from-tag=f1;early-only", 486],
		["nonsense: 400", "call-1", 400],
	])("%s", (_title, value, status) => {
		const { peer, tag } = answered();
		peer.give(replacing(value.replace("TAG", tag)));
		expect(peer.statuses()).toEqual([100, status]);
		expect(peer.calls).toHaveLength(1);
	});

	test("two of them leave open which is meant: 400", () => {
		const { peer, tag } = answered();
		peer.give(replacing(`call-1;to-tag=${tag};from-tag=f1`, "call-9;to-tag=a;from-tag=b"));
		expect(peer.statuses()).toEqual([100, 400]);
	});

	test("a call that rings still is nobody's to take: 481", () => {
		const peer = wire({ replaces: true }, (call) => call.progress(180));
		peer.give(request("INVITE", { body: SDP }));
		const tag = toTagOf(peer.taken()[1]).slice(5);
		peer.give(replacing(`call-1;to-tag=${tag};from-tag=f1`));
		expect(peer.statuses()).toEqual([100, 481]);
	});

	test("a call that we are ending: 603", () => {
		const { peer, tag } = answered();
		peer.calls[0]?.hangUp();
		peer.taken();
		peer.give(replacing(`call-1;to-tag=${tag};from-tag=f1`));
		expect(peer.statuses()).toEqual([100, 603]);
	});

	test("where nobody above takes it, it is not supported: passed over, or 420 where required", () => {
		const peer = wire({}, (call) => call.answer(ANSWER));
		peer.give(request("INVITE", { body: SDP, more: ["Replaces: x;to-tag=1;from-tag=2"] }));
		expect(peer.statuses()).toEqual([100, 200]);
		peer.give(request("INVITE", { callId: "c2", body: SDP, more: ["Require: replaces"] }));
		expect(peer.statuses()).toEqual([420]);
	});
});

describe("INFO with key presses", () => {
	function keyed() {
		const { peer, toTag } = answered();
		const keys: string[] = [];
		const call = peer.calls[0];
		if (call === undefined) throw new Error("no call");
		call.handlers = { ...call.handlers, onDigit: (key) => keys.push(key) };
		let cseq = 1;
		const info = (type: string, body: string) => {
			cseq++;
			peer.give(request("INFO", { toTag, cseq, body }).replace("application/sdp", type));
		};
		return { peer, keys, info };
	}

	test("are told, each once, and get 200", () => {
		const { peer, keys, info } = keyed();
		info("application/dtmf-relay", "Signal=5\r\nDuration=160\r\n");
		info("application/dtmf", "#");
		expect(peer.statuses()).toEqual([200, 200]);
		expect(keys).toEqual(["5", "#"]);
	});

	test("a body without a key gets 400, another type 415 with Accept", () => {
		const { peer, keys, info } = keyed();
		info("application/dtmf-relay", "Signal=\r\n");
		info("application/x-broadsoft", "play");
		const [bad, unsupported] = peer.taken();
		expect(bad?.text).toMatch(/^SIP\/2\.0 400 /);
		expect(unsupported?.text).toMatch(/^SIP\/2\.0 415 /);
		expect(unsupported?.message.headers.all("accept")).toEqual(["application/dtmf-relay", "application/dtmf"]);
		expect(keys).toEqual([]);
	});
});

describe("what we say we can do", () => {
	test("REFER in a call gets 405 with an Allow that does not name it (RFC 3515 §2.4.2)", () => {
		const { peer, toTag } = answered();
		peer.give(request("REFER", { toTag, cseq: 2, more: ["Refer-To: <sip:evil@192.0.2.66>"] }));
		const [refused] = peer.taken();
		expect(refused?.text).toMatch(/^SIP\/2\.0 405 /);
		expect(refused?.message.headers.all("allow")).not.toContain("REFER");
		expect(peer.news).toEqual(["confirmed -"]);
	});

	test("every option tag in Supported is taken in Require, and no other", () => {
		const { peer } = answered();
		peer.give(request("OPTIONS", { callId: "c9" }));
		const [options] = peer.taken();
		const tags = options?.message.headers.all("supported") ?? [];
		expect(tags).toEqual(["100rel", "timer", "histinfo", "replaces"]);
		for (const [i, tag] of [...tags, "precondition", "outbound"].entries()) {
			peer.give(request("INVITE", { callId: `require-${i}`, body: SDP, more: [`Require: ${tag}`] }));
		}
		expect(peer.statuses().filter((status) => status !== 100)).toEqual([200, 200, 200, 200, 420, 420]);
	});

	test("every method in Allow is carried out: none gets 405 in a call", () => {
		const { peer, toTag } = answered();
		peer.give(request("OPTIONS", { callId: "c9" }));
		const allow = peer.taken()[0]?.message.headers.all("allow") ?? [];
		for (const [i, method] of allow.filter((one) => one !== "ACK" && one !== "CANCEL").entries()) {
			const body = method === "INVITE" ? SDP : "";
			peer.give(request(method, { toTag, cseq: 10 + i, body }));
		}
		expect(peer.statuses()).not.toContain(405);
	});

	test("History-Info goes back to a caller who knows it, in every answer but 100 (RFC 7044)", () => {
		const peer = wire({}, (call) => call.reject(486));
		const history = "<sip:100@x>;index=1, <sip:vm@x;cause=486>;index=1.1;mp=1";
		peer.give(request("INVITE", { body: SDP, more: ["Supported: histinfo", `History-Info: ${history}`] }));
		peer.give(request("INVITE", { callId: "c2", body: SDP, more: [`History-Info: ${history}`] }));
		const echoed = peer.taken().map((one) => one.message.headers.all("history-info").join(", "));
		expect(echoed).toEqual(["", history, "", ""]);
	});
});
