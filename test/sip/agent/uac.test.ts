import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { OutgoingCallOptions } from "../../../src/sip/types.ts";
import { reply, reporting, request, SDP, type Sent, wire } from "./wire.ts";

beforeEach(() => {
	vi.useFakeTimers();
});
afterEach(() => {
	vi.useRealTimers();
});

function place(options: Partial<OutgoingCallOptions> = {}) {
	const peer = wire();
	const news = peer.news;
	const call = peer.agent.placeCall({
		uri: "sip:bob@192.0.2.9",
		next: { transport: "udp", host: "192.0.2.9", port: 5062 },
		from: '"Jane" <sip:+1555@198.51.100.1>',
		sdp: SDP,
		...options,
		handlers: {
			...reporting(news),
			onProgress: (status, sdp) => news.push(`progress ${status} ${sdp === undefined ? "-" : "sdp"}`),
			onAnswered: (sdp) => news.push(`answered ${sdp === undefined ? "-" : "sdp"}`),
			onRejected: (status, reason) => news.push(`rejected ${status} ${reason}`),
		},
	});
	const [invite] = peer.taken();
	return { peer, call, invite: invite as Sent };
}

const CONTACT = ["Contact: <sip:bob@192.0.2.10:5080>"];

test("the INVITE carries what §8.1.1 and §13.2.1 ask for", () => {
	const { invite, call } = place({ headers: [["Diversion", "<sip:+1666@x>;reason=no-answer"]] });
	expect(invite.text).toMatch(/^INVITE sip:bob@192\.0\.2\.9 SIP\/2\.0\r\n/);
	const { headers } = invite.message;
	expect(headers.get("From")).toMatch(/^"Jane" <sip:\+1555@198\.51\.100\.1>;tag=[0-9a-f]{16}$/);
	expect(headers.get("To")).toBe("<sip:bob@192.0.2.9>");
	expect(headers.get("Via")).toMatch(/^SIP\/2\.0\/UDP 198\.51\.100\.1:5060;branch=z9hG4bK[0-9a-f]{20};rport$/);
	expect(headers.get("Max-Forwards")).toBe("70");
	expect(headers.get("Contact")).toBe("<sip:198.51.100.1:5060>");
	expect(headers.get("Call-ID")).toBe(call.callId);
	expect(headers.all("Diversion")).toHaveLength(1);
	expect(Buffer.from(invite.message.body).toString()).toBe(SDP);
	expect(invite.to).toEqual({ transport: "udp", host: "192.0.2.9", port: 5062 });
});

test("2xx is acknowledged along the route set, read backwards, and again each time it comes (§13.2.2.4)", () => {
	const { peer, invite, call } = place();
	reply(peer, invite, 100, "");
	reply(peer, invite, 183, "b", [], SDP);
	const routes = ["Record-Route: <sip:192.0.2.1;lr>, <sip:192.0.2.2;lr>", ...CONTACT];
	reply(peer, invite, 200, "b", routes, SDP);
	reply(peer, invite, 200, "b", routes, SDP);
	const acks = peer.taken();
	expect(acks.map((one) => one.text.split("\r\n")[0])).toEqual(Array(2).fill("ACK sip:bob@192.0.2.10:5080 SIP/2.0"));
	expect(acks[0]?.message.headers.all("Route")).toEqual(["<sip:192.0.2.2;lr>", "<sip:192.0.2.1;lr>"]);
	expect(acks[0]?.message.headers.get("CSeq")).toBe("1 ACK");
	expect(acks[0]?.to?.host).toBe("192.0.2.2");
	expect(peer.news).toEqual(["progress 183 sdp", "answered sdp"]);
	call.hangUp();
	const [bye] = peer.taken();
	expect(bye?.message.headers.get("CSeq")).toBe("2 BYE");
	reply(peer, bye, 200, "");
	expect(peer.news.at(-1)).toBe("ended hungUp");
	vi.advanceTimersByTime(60_000);
	expect(peer.taken()).toEqual([]);
});

test("the peer's BYE ends the call", () => {
	const { peer, invite } = place();
	reply(peer, invite, 200, "b", CONTACT, SDP);
	const ourTag = invite.message.fromTag;
	peer.taken();
	peer.give(request("BYE", { callId: invite.message.callId, fromTag: "b", toTag: `;tag=${ourTag}` }));
	expect(peer.statuses()).toEqual([200]);
	expect(peer.news).toEqual(["answered sdp", "ended bye"]);
});

test("a second 2xx with another tag is acknowledged and ended with BYE; the call goes on (forking)", () => {
	const { peer, invite } = place();
	reply(peer, invite, 200, "b", CONTACT, SDP);
	peer.taken();
	reply(peer, invite, 200, "c", ["Contact: <sip:fork@192.0.2.11>"], SDP);
	expect(peer.taken().map((one) => one.text.split("\r\n")[0])).toEqual([
		"ACK sip:fork@192.0.2.11 SIP/2.0",
		"BYE sip:fork@192.0.2.11 SIP/2.0",
	]);
	expect(peer.news).toEqual(["answered sdp"]);
});

test("a refusal is acknowledged in the INVITE's transaction and told once (§17.1.1.3)", () => {
	const { peer, invite } = place();
	reply(peer, invite, 486, "b");
	reply(peer, invite, 486, "b");
	const acks = peer.taken();
	expect(acks).toHaveLength(2);
	expect(acks[0]?.text).toMatch(/^ACK sip:bob@192\.0\.2\.9 /);
	expect(acks[0]?.message.headers.get("Via")).toBe(invite.message.headers.get("Via"));
	expect(acks[0]?.message.toTag).toBe("b");
	expect(peer.news).toEqual(["rejected 486 Why"]);
});

describe("cancel", () => {
	test("waits for a provisional response; the 487 ends the call (§9.1)", () => {
		const { peer, invite, call } = place();
		call.cancel();
		expect(peer.taken()).toEqual([]);
		reply(peer, invite, 180, "b");
		const [cancel] = peer.taken();
		expect(cancel?.text).toMatch(/^CANCEL sip:bob@192\.0\.2\.9 /);
		expect(cancel?.message.headers.get("Via")).toBe(invite.message.headers.get("Via"));
		expect(cancel?.message.headers.get("CSeq")).toBe("1 CANCEL");
		reply(peer, cancel, 200, "b");
		reply(peer, invite, 487, "b");
		expect(peer.news).toEqual(["rejected 487 Why"]);
	});

	test("that comes too late: the 200 is acknowledged and ended with BYE", () => {
		const { peer, invite, call } = place();
		reply(peer, invite, 180, "b");
		call.cancel();
		peer.taken();
		reply(peer, invite, 200, "b", CONTACT, SDP);
		expect(peer.taken().map((one) => one.text.split(" ")[0])).toEqual(["ACK", "BYE"]);
		expect(peer.news).toEqual(["progress 180 -", "rejected 487 Request Terminated"]);
	});

	test("to a peer that never finishes the INVITE: over after 64*T1", () => {
		const { peer, invite, call } = place();
		reply(peer, invite, 180, "b");
		call.hangUp();
		vi.advanceTimersByTime(32_000);
		expect(peer.news).toEqual(["progress 180 -", "rejected 487 Request Terminated"]);
	});
});

test("no answer at all: 408 after 64*T1 (§8.1.3.1)", () => {
	const { peer } = place();
	vi.advanceTimersByTime(32_000);
	expect(peer.news).toEqual(["rejected 408 Request Timeout"]);
});

test("a response with two Vias, or to nothing of ours, is dropped (§8.1.3.3, §18.1.2)", () => {
	const { peer, invite } = place();
	reply(peer, invite, 180, "b", ["Via: SIP/2.0/UDP 192.0.2.77;branch=z9hG4bKx"]);
	peer.give(
		`SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP x;branch=z9hG4bKnone\r\nFrom: <sip:a@x>;tag=1\r\nTo: <sip:b@x>;tag=2\r\nCall-ID: z\r\nCSeq: 1 INVITE\r\n\r\n`,
	);
	expect(peer.news).toEqual([]);
	expect(peer.agent.counters().sipStrayResponses).toBe(2);
});

test("the agent that closes ends what is being placed", async () => {
	const { peer, invite } = place();
	reply(peer, invite, 180, "b");
	await peer.agent[Symbol.asyncDispose]();
	expect(peer.taken()[0]?.text).toMatch(/^CANCEL /);
	expect(peer.news).toEqual(["progress 180 -", "rejected 503 Service Unavailable"]);
	expect(vi.getTimerCount()).toBe(0);
});
