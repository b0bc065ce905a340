/** Greeting before the answer (RFC 3262), calls that replace others (RFC 3891), keys by INFO, reasons (RFC 3326). */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { CALLER, DIVERTED, type FakeHouse, fakeHouse, MAILBOX, VOICEMAIL } from "../support/calls/fake-house.ts";
import { callMailbox } from "../support/calls/fake-mailboxes.ts";
import { FakeCall, OFFER, POLICY, VIDEO_OFFER } from "../support/calls/fake-sip.ts";

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

const steps = () => house.traces.last.steps.map((step) => step.what);

/** A deposit that records. */
async function recording(): Promise<FakeCall> {
	const call = await house.connected();
	await house.pass(8_000);
	expect(house.media.session.recording).toBeDefined();
	return call;
}

describe("the greeting before the answer", () => {
	async function ring(lines: readonly string[] = [], offer: string | undefined = OFFER): Promise<FakeCall> {
		const call = new FakeCall(VOICEMAIL, [...DIVERTED, ...lines], offer);
		call.peer = { name: "carrier", policy: { ...POLICY, earlyMedia: true } };
		return house.ring(call);
	}

	test("183 with SDP, the greeting, then the 200, the beep and the recording", async () => {
		const call = await ring();
		expect(call.progressed).toEqual([[183, expect.stringContaining("m=audio 20000 ")]]);
		expect(house.saying()).toContain("greeting-reached");
		expect(call.answered).toBeUndefined();
		// Nobody sends before the answer: that is no lost caller.
		expect(house.media.session.negotiated.at(-1)?.receiving).toBe(false);
		await house.pass(8_000);
		expect(call.answered).toBe(call.progressed[0]?.[1]);
		expect(house.media.session.recording).toBeUndefined();
		call.confirm();
		expect(house.saying()).toEqual(["beep"]);
		expect(house.media.session.negotiated.at(-1)?.receiving).toBe(true);
		await house.pass(5_000);
		call.bye();
		await house.pass(10);
		expect(house.mailboxes.deposited).toHaveLength(1);
		expect(house.traces.last).toMatchObject({ kind: "deposit", status: 200 });
	});

	test("a caller with 100rel hears it from the PRACK on", async () => {
		const call = await ring(["Supported: 100rel"]);
		expect(house.media.session.played).toEqual([]);
		call.handlers.onProgressConfirmed?.(undefined);
		expect(house.saying()).toContain("greeting-reached");
	});

	test("without PRACK nothing is left, and the trace says why", async () => {
		const call = await ring(["Supported: 100rel"]);
		call.handlers.onProgressLost?.();
		await house.pass(10);
		expect(house.media.session.closed).toBe(true);
		expect(house.traces.last).toMatchObject({ kind: "refused", status: 504, why: expect.stringContaining("PRACK") });
	});

	test("a caller who hangs up in it was never answered, and left nothing", async () => {
		const call = await ring();
		await house.pass(1_000);
		call.cancel("SIP;cause=487");
		await house.pass(10);
		expect(house.media.session.closed).toBe(true);
		expect(house.mailboxes.deposited).toEqual([]);
		expect(house.traces.last).toMatchObject({ kind: "refused", status: 487 });
		expect(steps()).toContain("cancelled by the caller (Reason: SIP;cause=487)");
		expect(house.calls.active()).toEqual([]);
	});

	test("# leads to the answer at once", async () => {
		const call = await ring();
		house.media.session.key("#");
		expect(call.answered).toBeDefined();
	});

	test("an ACK that never comes ends it", async () => {
		const call = await ring();
		await house.pass(8_000);
		call.handlers.onEnded?.("noAck", []);
		await house.pass(10);
		expect(house.mailboxes.deposited).toEqual([]);
		expect(house.media.session.closed).toBe(true);
	});

	test("the platform's closing refuses it with 480 behind its goodbye", async () => {
		const call = await ring();
		const drained = house.calls.drain(0);
		await house.pass(20_000);
		await drained;
		expect(call.answered).toBeUndefined();
		expect(house.traces.last.status).toBe(480);
	});

	test("a late offer and a call to hear messages are answered at once; so is every peer that did not agree", async () => {
		const late = new FakeCall(VOICEMAIL, DIVERTED);
		Object.assign(late, { offer: undefined, peer: { name: "carrier", policy: { ...POLICY, earlyMedia: true } } });
		await house.ring(late);
		expect([late.progressed, late.answered === undefined]).toEqual([[], false]);
		const menu = new FakeCall("sip:*86@vm.example", [`From: <sip:${CALLER}@op>;tag=1`]);
		menu.peer = { name: "carrier", policy: { ...POLICY, earlyMedia: true } };
		await house.ring(menu);
		expect([menu.progressed, menu.answered === undefined]).toEqual([[], false]);
		const other = await house.ring(new FakeCall(VOICEMAIL, [...DIVERTED, "Supported: 100rel"]));
		expect([other.progressed, other.answered === undefined]).toEqual([[], false]);
	});
});

describe("a call that replaces another", () => {
	async function replacing(before: FakeCall, offer = OFFER.replace("40000", "41000")): Promise<FakeCall> {
		const call = new FakeCall(VOICEMAIL, [], offer);
		call.replaces = before;
		return house.ring(call);
	}

	test("takes the caller's place: the recording goes on, the first call gets BYE", async () => {
		const before = await recording();
		const id = house.media.session.recording;
		const call = await replacing(before);
		expect(call.answered).toContain("m=audio");
		expect(before.hungUp).toBe(true);
		expect(before.hungUpBecause).toEqual({ protocol: "SIP", cause: 200, text: "Replaced" });
		expect(house.media.session.negotiated.at(-1)?.remotePort).toBe(41_000);
		expect(house.media.session.recording).toBe(id);
		call.confirm();
		await house.pass(3_000);
		call.bye();
		await house.pass(10);
		expect(house.mailboxes.deposited).toHaveLength(1);
		expect(steps()).toContain(`taken over by the call ${call.callId} (Replaces)`);
	});

	test("with nothing in common changes nothing", async () => {
		const before = await recording();
		const call = await replacing(before, VIDEO_OFFER);
		expect(call.rejected?.status).toBe(488);
		expect(before.hungUp).toBe(false);
	});

	test("never gets into a mailbox that another opened", async () => {
		const before = await house.connected("sip:*86@vm.example", [`From: <sip:${CALLER}@op>;tag=1`]);
		const call = await replacing(before);
		expect(call.rejected?.status).toBe(603);
		expect(before.hungUp).toBe(false);
	});

	test("of a call that is over is refused", async () => {
		const before = await recording();
		before.bye();
		await house.pass(10);
		expect((await replacing(before)).rejected?.status).toBe(603);
	});
});

test("a key by INFO does what one by RFC 4733 does, and both together once", async () => {
	const call = await house.connected();
	call.handlers.onDigit?.("#");
	expect(house.saying()).toEqual(["beep"]);
	await house.pass(3_000);
	call.handlers.onDigit?.("#");
	house.media.session.key("#");
	await house.pass(100);
	expect(house.saying()).toContain("deposit-menu");
	// The echo of the # would be a wrong key in the menu.
	expect(house.saying()).not.toContain("invalid-key");
});

test("what the caller gave as the reason of the BYE stands in the trace", async () => {
	const call = await recording();
	call.bye('Q.850;cause=16;text="Normal"', "SIP;cause=200");
	await house.pass(10);
	expect(steps()).toContain('the caller hung up (Reason: Q.850;cause=16;text="Normal", SIP;cause=200)');
});

test("the answer to our own refresh may move the media", async () => {
	const call = await recording();
	call.handlers.onRefreshed?.(OFFER.replace("40000", "42000"));
	expect(house.media.session.negotiated.at(-1)?.remotePort).toBe(42_000);
});
