/** What is agreed with a peer holds for its calls, and for no other's. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { PeerPolicy } from "../../src/domain/index.ts";
import { DIVERTED, type FakeHouse, fakeHouse, MAILBOX, VOICEMAIL } from "../support/calls/fake-house.ts";
import { callMailbox } from "../support/calls/fake-mailboxes.ts";
import { FakeCall, HOLD_OFFER, OFFER, POLICY } from "../support/calls/fake-sip.ts";

let house: FakeHouse;

beforeEach(async () => {
	vi.useFakeTimers({ now: new Date("2026-05-28T17:00:00Z"), toFake: ["setTimeout", "clearTimeout", "Date"] });
	house = await fakeHouse();
	house.mailboxes.add(callMailbox({ phoneNumber: MAILBOX }));
});

afterEach(async () => {
	const closing = house.calls[Symbol.asyncDispose]();
	await vi.runAllTimersAsync();
	await closing;
	vi.useRealTimers();
});

function from(policy: Partial<PeerPolicy>, uri = VOICEMAIL, lines: readonly string[] = DIVERTED): Promise<FakeCall> {
	const call = new FakeCall(uri, lines);
	call.peer = { name: "pbx", policy: { ...POLICY, ...policy } };
	return house.ring(call);
}

describe("media addresses", () => {
	test("SDP that leads elsewhere is refused with 488, and the trace says why", async () => {
		const call = await from({ mediaAddresses: ["192.0.2.0/24"] });
		expect(call.rejected?.status).toBe(488);
		await house.pass(0);
		expect(house.traces.written.at(-1)?.why).toContain("127.0.0.1 is none of the peer's media addresses");
	});

	test("within the ranges, and where there are none, it is taken; the signalling address counts within them alone", async () => {
		expect((await from({ mediaAddresses: ["192.0.2.0/24", "127.0.0.0/8"] })).answered).toBeDefined();
		expect(house.media.session.negotiated.at(-1)?.signallingAddress).toBe("127.0.0.1");
		expect((await from({})).answered).toBeDefined();
	});

	test("a re-INVITE can not lead elsewhere, and may hold in the old way", async () => {
		const call = await from({ mediaAddresses: ["127.0.0.1"] });
		call.confirm();
		const elsewhere = OFFER.replace("c=IN IP4 127.0.0.1", "c=IN IP4 203.0.113.9");
		expect(call.handlers.onReinvite?.(elsewhere)).toEqual({ status: 488 });
		expect(call.handlers.onReinvite?.(HOLD_OFFER)).toHaveProperty("sdp");
		expect(call.handlers.onReinvite?.(OFFER.replace("c=IN IP4 127.0.0.1", "c=IN IP4 0.0.0.0"))).toHaveProperty("sdp");
	});
});

describe("numbers", () => {
	const dialled = `sip:9${MAILBOX.slice(2)}@pbx`;

	test("are read by the plan of the peer that sent them", async () => {
		expect((await from({}, dialled, [])).rejected?.status).toBe(404);
		const plan = { ...POLICY.plan, prefixes: { 9: "+1" } };
		expect((await from({ plan }, dialled, [])).answered).toBeDefined();
	});

	test("are looked for where the peer is believed alone", async () => {
		expect((await from({ order: ["RequestUri", "To"] })).rejected?.status).toBe(404);
		expect((await from({ order: ["Diversion"] })).answered).toBeDefined();
	});

	test("an access number is one behind a prefix too", async () => {
		const call = await from({ plan: { ...POLICY.plan, prefixes: { 9: "" } } }, "sip:9*86@pbx", []);
		call.confirm();
		expect(house.calls.active().at(-1)?.kind).toBe("retrieval");
	});
});

describe("SRTP", () => {
	const KEY = Buffer.alloc(30, 7).toString("base64");
	const SECURE = OFFER.replace("RTP/AVP", "RTP/SAVP").concat(`a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${KEY}\r\n`);
	const offering = async (policy: Partial<PeerPolicy>, offer: string): Promise<FakeCall> => {
		const call = new FakeCall(VOICEMAIL, DIVERTED, offer);
		call.peer = { name: "pbx", policy: { ...POLICY, ...policy } };
		return house.ring(call);
	};

	test("required: a plain offer gets 488 and the trace says why; an encrypted one is answered with a key of ours", async () => {
		const plain = await offering({ srtp: "required" }, OFFER);
		expect(plain.rejected?.status).toBe(488);
		await house.pass(0);
		expect(house.traces.written.at(-1)?.why).toContain("SRTP is required of this peer");
		const secure = await offering({ srtp: "required" }, SECURE);
		expect(secure.answered).toMatch(/RTP\/SAVP 0 101\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:/);
		expect(house.media.session.negotiated.at(-1)?.srtp).toBeDefined();
	});

	test("required: a re-INVITE can not lead back to plain RTP", async () => {
		const call = await offering({ srtp: "required" }, SECURE);
		call.confirm();
		expect(call.handlers.onReinvite?.(OFFER)).toEqual({ status: 488 });
		expect(call.handlers.onReinvite?.(SECURE)).toHaveProperty("sdp", call.answered);
	});

	test("optional: both are taken; off: an encrypted one gets 488", async () => {
		expect((await offering({ srtp: "optional" }, OFFER)).answered).not.toContain("crypto");
		expect((await offering({ srtp: "optional" }, SECURE)).answered).toContain("RTP/SAVP");
		expect((await offering({ srtp: "off" }, SECURE)).rejected?.status).toBe(488);
	});

	test("no key stands in a trace", async () => {
		for (const srtp of ["off", "optional", "required"] as const) {
			const call = await offering({ srtp }, SECURE);
			call.confirm();
			call.handlers.onEnded?.("bye", []);
		}
		await house.pass(1000);
		const told = JSON.stringify(house.traces.written);
		expect(told).not.toContain(KEY);
		expect(told).not.toContain("inline:");
	});
});
