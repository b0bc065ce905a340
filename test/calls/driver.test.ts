import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { CALL_LIMITS, type DepositFacts, type HeldNumber } from "../../src/calls/index.ts";
import { writeHeader } from "../../src/calls/recording-header.ts";
import { CALLER, DIVERTED, type FakeHouse, fakeHouse, MAILBOX, VOICEMAIL } from "../support/calls/fake-house.ts";
import { callMailbox, message } from "../support/calls/fake-mailboxes.ts";
import { loggedRecording } from "../support/calls/fake-media.ts";
import { FakeCall, HOLD_OFFER, OFFER, VIDEO_OFFER } from "../support/calls/fake-sip.ts";

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

/** A deposit that records. */
async function recording(): Promise<FakeCall> {
	const call = await house.connected();
	await house.pass(8_000);
	expect(house.media.session.recording).toBeDefined();
	return call;
}

describe("a call that nobody answered", () => {
	test("is answered, greeted, recorded after the beep, and stored when the caller hangs up", async () => {
		const call = await house.connected();
		expect(call.answered).toContain("m=audio 20000 RTP/AVP 0 101");
		expect(house.saying()).toContain("greeting-reached");
		await house.pass(8_000);
		expect(house.saying()).toEqual(["beep"]);
		await house.pass(5_000);
		call.bye();
		await house.pass(10);
		const [stored] = house.mailboxes.deposited;
		expect(stored?.facts).toMatchObject({
			messageId: expect.stringMatching(/^VMID-/),
			phoneNumber: MAILBOX,
			from: CALLER,
			fromName: "Jane Roe",
			receivedOn: "2026-05-28T17:00:00.000Z",
			redirectReason: "NoAnswer",
			mailboxSource: "Diversion",
		});
		expect(stored?.durationMs).toBeGreaterThan(5_000);
		expect(house.media.log.size).toBe(0);
		expect(house.media.session.closed).toBe(true);
		expect(house.calls.active()).toEqual([]);
	});

	test("leaves a trace that tells why, in order, with the message", async () => {
		const call = await recording();
		await house.pass(5_000);
		call.bye();
		await house.pass(10);
		const { last } = house.traces;
		expect(last).toMatchObject({
			kind: "deposit",
			status: 200,
			phoneNumber: MAILBOX,
			mailboxSource: "Diversion",
			from: CALLER,
		});
		expect(last.messageId).toBe(house.mailboxes.deposited[0]?.facts.messageId);
		const whats = last.steps.map((step) => step.what);
		expect(whats).toEqual([
			"answered",
			"confirmed by the caller",
			"recording, take 1",
			"the caller hung up",
			"recording ended by hang-up",
			"message stored",
		]);
		const times = last.steps.map((step) => step.atMs);
		expect(times).toEqual(times.toSorted((a, b) => a - b));
	});

	test("greeting and beep together last at most seven seconds", async () => {
		await house.connected();
		await house.pass(7_000);
		expect(house.media.session.recording).toBeDefined();
	});

	test("hears the subscriber's own greeting where there is one, however long", async () => {
		const samples = new Uint8Array(20_000 * 8);
		house.mailboxes.greetingsHeld = { unavailable: { encoding: "PCMU", samples }, name: undefined };
		await house.connected();
		expect(house.media.session.played[0]).toEqual([{ encoding: "PCMU", samples }]);
		await house.pass(19_000);
		expect(house.media.session.recording).toBeUndefined();
	});

	test("is still greeted when the greetings can not be read", async () => {
		house.mailboxes.greetings = () => Promise.reject(new Error("blob store away"));
		await house.connected();
		expect(house.saying()).toContain("greeting-reached");
	});

	test("is still greeted when the greetings do not come in time", async () => {
		house.mailboxes.greetings = () => new Promise(() => {});
		const call = await house.ring(new FakeCall(VOICEMAIL, DIVERTED));
		await house.pass(CALL_LIMITS.lookUpMsMax);
		call.confirm();
		await house.pass(0);
		expect(house.saying()).toContain("greeting-reached");
	});

	test("hears the beep alone where the setting says so", async () => {
		house = await fakeHouse({ greeting: { mode: "beep", maxMs: 7_000 } });
		house.mailboxes.add(callMailbox({ phoneNumber: MAILBOX }));
		await house.connected();
		expect(house.saying()).toEqual(["beep"]);
	});

	test("is ended when no RTP comes any more, and the message kept", async () => {
		const call = await recording();
		await house.pass(4_000);
		house.media.session.tell({ type: "rtpLost" });
		await house.pass(10);
		expect(call.hungUp).toBe(true);
		expect(house.mailboxes.deposited).toHaveLength(1);
	});

	test("whose recording is below the minimum stores nothing", async () => {
		const call = await house.connected();
		house.media.session.key("#");
		while (house.media.session.recording === undefined) await house.pass(20);
		await house.pass(300);
		call.bye();
		await house.pass(10);
		expect(house.mailboxes.deposited).toEqual([]);
		expect(house.traces.last.messageId).toBeUndefined();
		expect(house.media.log.size).toBe(0);
	});

	test("whose caller discards it stores nothing and leaves nothing in the log", async () => {
		await recording();
		await house.pass(3_000);
		house.media.session.key("#");
		await house.pass(10);
		house.media.session.key("7");
		await house.pass(10_000);
		expect(house.mailboxes.deposited).toEqual([]);
		expect(house.media.log.size).toBe(0);
	});
});

describe("saying no", () => {
	const refused = async (uri: string, lines: readonly string[] = [], offer: string = OFFER) => {
		const call = await house.ring(new FakeCall(uri, lines, offer));
		expect(call.answered).toBeUndefined();
		expect(house.traces.last).toMatchObject({ kind: "refused", status: call.rejected?.status });
		expect(house.traces.last.why).not.toBe("");
		return call.rejected;
	};

	test("a number that is not ours: 404", async () => {
		expect((await refused("sip:+15557770000@vm"))?.status).toBe(404);
	});

	test("a number of ours without voicemail: 480", async () => {
		house.mailboxes.held.set("+15552220000", { phoneNumber: "+15552220000", mailbox: undefined });
		expect((await refused("sip:+15552220000@vm"))?.status).toBe(480);
		expect(house.traces.last.phoneNumber).toBe("+15552220000");
	});

	test("a full mailbox: 486, and a loop: 486", async () => {
		house.mailboxes.add(callMailbox({ phoneNumber: "+15552220000", full: true }));
		expect((await refused("sip:+15552220000@vm"))?.status).toBe(486);
		expect((await refused(VOICEMAIL, [`Diversion: <sip:${MAILBOX}@op>;counter=9`]))?.status).toBe(486);
	});

	test("the database away: 503 with Retry-After, never 404", async () => {
		house.mailboxes.away = true;
		expect(await refused(VOICEMAIL, DIVERTED)).toMatchObject({ status: 503, headers: [["Retry-After", "5"]] });
	});

	test("a database that hangs: 503 within three seconds, and what it answers later changes nothing", async () => {
		const late = Promise.withResolvers<readonly HeldNumber[]>();
		house.mailboxes.find = () => late.promise;
		const call = await house.ring(new FakeCall(VOICEMAIL, DIVERTED));
		await house.pass(CALL_LIMITS.lookUpMsMax - 1);
		expect(call.rejected).toBeUndefined();
		await house.pass(1);
		expect(call.rejected).toMatchObject({ status: 503, headers: [["Retry-After", "5"]] });
		expect(CALL_LIMITS.lookUpMsMax).toBeLessThanOrEqual(3_000);
		late.resolve([{ phoneNumber: MAILBOX, mailbox: callMailbox({ phoneNumber: MAILBOX }) }]);
		await house.pass(1);
		expect(house.traces.last).toMatchObject({ kind: "refused", status: 503 });
		expect(house.calls.active()).toEqual([]);
	});

	test("SDP without audio that we know: 488, and the port is released", async () => {
		expect((await refused(VOICEMAIL, DIVERTED, VIDEO_OFFER))?.status).toBe(488);
		await house.pass(1);
		expect(house.media.session.closed).toBe(true);
	});

	test("a refused offer is told in a Warning what was wrong with it, whatever the offer holds", async () => {
		const strange = VIDEO_OFFER.replace("m=video", 'm=a"\\\u0007ü');
		const refusal = await refused(VOICEMAIL, DIVERTED, VIDEO_OFFER);
		expect(refusal?.headers).toEqual([["Warning", '399 afterbeep "m-line 1: video is not audio"']]);
		const [[, text] = []] = (await refused(VOICEMAIL, DIVERTED, strange))?.headers ?? [];
		expect(text).toMatch(/^399 afterbeep "[ !#-[\]-~]+"$/);
	});

	test("SDP that is none: 400", async () => expect((await refused(VOICEMAIL, DIVERTED, "garbage"))?.status).toBe(400));

	test("no media port free: 503", async () => {
		house.media.openFails = true;
		expect((await refused(VOICEMAIL, DIVERTED))?.status).toBe(503);
	});

	test("an error of ours: 500, logged, and the next call is taken", async () => {
		house.mailboxes.broken = new Error("a bug");
		expect((await refused(VOICEMAIL, DIVERTED))?.status).toBe(500);
		expect(house.logged.some((line) => line.level === "error")).toBe(true);
		house.mailboxes.broken = undefined;
		expect((await house.connected()).answered).toBeDefined();
	});
});

describe("what subscribers lay down about callers", () => {
	const GROUP = "+15553330000";

	test("a caller whom a filter refuses hears 603, and nothing is answered", async () => {
		house.rules.verdicts.set(MAILBOX, { result: "refuse", status: 603, why: "Blocked by CFID-1." });
		const call = await house.ring(new FakeCall(VOICEMAIL, DIVERTED));
		expect(call.answered).toBeUndefined();
		expect(call.rejected?.status).toBe(603);
		expect(house.traces.last).toMatchObject({
			kind: "refused",
			status: 603,
			why: "Blocked by CFID-1.",
			phoneNumber: MAILBOX,
		});
		expect(house.rules.callers).toEqual([{ number: CALLER, asserted: [] }]);
	});

	test("a caller whom a filter keeps out leaves a message that is marked, and the trace says why", async () => {
		house.rules.verdicts.set(MAILBOX, { result: "filter", why: "CFID-1 keeps out strangers." });
		const call = await recording();
		await house.pass(5_000);
		call.bye();
		await house.pass(10);
		expect(house.mailboxes.deposited[0]?.facts.filtered).toBe(true);
		expect(house.traces.last.why).toContain("CFID-1 keeps out strangers. The message alerts nobody.");
	});

	test("the subscriber's own call is never filtered", async () => {
		house.rules.verdicts.set(MAILBOX, { result: "refuse", status: 603, why: "Everybody." });
		const call = await house.ring(new FakeCall(`sip:${MAILBOX}@vm`, [`P-Asserted-Identity: <tel:${MAILBOX}>`]));
		expect(call.answered).toBeDefined();
	});

	test("a number without mailbox lends the one that its rules point to; the message is that one's", async () => {
		house.mailboxes.held.set(GROUP, { phoneNumber: GROUP, mailbox: undefined });
		house.rules.standIns.set(GROUP, MAILBOX);
		const call = await house.connected(`sip:${GROUP}@vm`, [`From: <sip:${CALLER}@op>;tag=1`]);
		await house.pass(12_000);
		call.bye();
		await house.pass(10);
		expect(house.mailboxes.deposited[0]?.facts).toMatchObject({
			phoneNumber: MAILBOX,
			filtered: false,
			attestation: null,
		});
		expect(house.traces.last.why).toContain("The workgroup WID-1 says so.");
		expect(house.rules.asked).toEqual([[GROUP], [MAILBOX]]);
	});

	test("what the lender of a mailbox lays down holds too", async () => {
		house.mailboxes.held.set(GROUP, { phoneNumber: GROUP, mailbox: undefined });
		house.rules.standIns.set(GROUP, MAILBOX);
		house.rules.verdicts.set(GROUP, { result: "filter", why: "Strangers." });
		house.rules.verdicts.set(MAILBOX, { result: "refuse", status: 603, why: "Blocked." });
		const call = await house.ring(new FakeCall(`sip:${GROUP}@vm`, []));
		expect(call.rejected?.status).toBe(603);
	});

	test("a call to a number with a mailbox asks for the rules once", async () => {
		await house.connected();
		expect(house.rules.asked).toHaveLength(1);
	});

	test("the lender who calls the group's number leaves a message and hears none", async () => {
		house.mailboxes.held.set(GROUP, { phoneNumber: GROUP, mailbox: undefined });
		house.rules.standIns.set(GROUP, MAILBOX);
		await house.connected(`sip:${GROUP}@vm`, [`P-Asserted-Identity: <tel:${MAILBOX}>`]);
		expect(house.calls.active()[0]?.kind).toBe("deposit");
	});
});

describe("signalling", () => {
	test("CANCEL before the answer ends the call with nothing open, wherever it comes", async () => {
		const call = new FakeCall(VOICEMAIL, DIVERTED);
		house.calls.take(call);
		call.cancel();
		await house.pass(10);
		expect(call.answered).toBeUndefined();
		expect(call.rejected).toBeUndefined();
		expect(house.media.sessions.every((session) => session.closed)).toBe(true);
		expect(house.traces.last.status).toBe(487);
		expect(house.calls.active()).toEqual([]);
	});

	test("CANCEL while the media open releases them", async () => {
		house.media.openMs = 100;
		const call = await house.ring(new FakeCall(VOICEMAIL, DIVERTED));
		call.cancel();
		await house.pass(200);
		expect(call.answered).toBeUndefined();
		expect(house.media.session.closed).toBe(true);
		expect(house.traces.written.map((trace) => trace.status)).toEqual([487]);
	});

	test("nothing is played before the ACK", async () => {
		const call = await house.ring(new FakeCall(VOICEMAIL, DIVERTED));
		await house.pass(2_000);
		expect(house.media.session.played).toEqual([]);
		call.confirm();
		expect(house.media.session.played).toHaveLength(1);
	});

	test("RTP stands in for an ACK that was lost: the caller is greeted once, and leaves a message", async () => {
		const call = await house.ring(new FakeCall(VOICEMAIL, DIVERTED));
		house.media.session.tell({ type: "rtpHeard" });
		expect(house.media.session.played).toHaveLength(1);
		call.confirm();
		expect(house.media.session.played).toHaveLength(1);
		expect(house.media.session.negotiated).toHaveLength(1);
	});

	test("RTP before the answer to a late offer begins nothing", async () => {
		const call = await house.ring(Object.assign(new FakeCall(VOICEMAIL, DIVERTED), { offer: undefined }));
		house.media.session.tell({ type: "rtpHeard" });
		expect(house.media.session.played).toEqual([]);
		call.confirm(OFFER);
		expect(house.media.session.played).toHaveLength(1);
	});

	test("a call whose ACK never comes leaves nothing", async () => {
		const call = await house.ring(new FakeCall(VOICEMAIL, DIVERTED));
		call.handlers.onEnded?.("noAck", []);
		await house.pass(10);
		expect(house.mailboxes.deposited).toEqual([]);
		expect(house.media.session.closed).toBe(true);
		expect(house.traces.last.steps.at(-1)?.what).toBe("no ACK came for our answer");
	});

	test("a late offer is made by us, and its answer connects the media", async () => {
		const call = await house.ring(Object.assign(new FakeCall(VOICEMAIL, DIVERTED), { offer: undefined }));
		expect(call.answered).toContain("m=audio 20000 RTP/AVP 9 107 0 8 101 110");
		expect(house.media.session.negotiated).toEqual([]);
		call.confirm(OFFER);
		await house.pass(0);
		expect(house.media.session.negotiated).toHaveLength(1);
		expect(house.saying()).toContain("greeting-reached");
	});

	test.each([undefined, VIDEO_OFFER, "garbage"])(
		"a late offer without a usable answer (%s) ends the call",
		async (answer) => {
			const call = await house.ring(Object.assign(new FakeCall(VOICEMAIL, DIVERTED), { offer: undefined }));
			call.confirm(answer);
			await house.pass(10);
			expect(call.hungUp).toBe(true);
			expect(house.mailboxes.deposited).toEqual([]);
		},
	);

	test("hold and resume are answered with a raised version, and the recording goes on", async () => {
		const call = await recording();
		const version = (sdp: string) => /o=\S+ \d+ (\d+)/.exec(sdp)?.[1];
		const held = call.handlers.onReinvite?.(HOLD_OFFER) as { sdp: string };
		expect(held.sdp).toContain("a=recvonly");
		const resumed = call.handlers.onReinvite?.(OFFER) as { sdp: string };
		expect([call.answered!, held.sdp, resumed.sdp].map(version)).toEqual(["1", "2", "3"]);
		expect(house.media.session.negotiated).toHaveLength(3);
		expect(house.media.session.recording).toBeDefined();
	});

	test("a session refresh that changes nothing is answered with the same SDP", async () => {
		const call = await recording();
		expect(call.handlers.onReinvite?.(OFFER)).toEqual({ sdp: call.answered });
	});

	test("a re-INVITE that we can not take is refused and the call goes on", async () => {
		const call = await recording();
		expect(call.handlers.onReinvite?.(VIDEO_OFFER)).toEqual({ status: 488 });
		expect(house.media.session.recording).toBeDefined();
		expect(call.hungUp).toBe(false);
	});
});

describe("never losing a recording", () => {
	test("while the database is away it stays in the log and is tried again until it is stored", async () => {
		const call = await recording();
		await house.pass(4_000);
		house.mailboxes.away = true;
		call.bye();
		await house.pass(100);
		expect(house.traces.last.steps.at(-1)?.what).toContain("tried again");
		expect(house.traces.last.messageId).toMatch(/^VMID-/);
		await house.pass(10 * 60_000);
		expect(house.media.log.size).toBe(1);
		expect(house.calls.counters().keepPending).toBe(1);
		house.mailboxes.away = false;
		await house.pass(60_000);
		expect(house.mailboxes.deposited).toHaveLength(1);
		expect(house.media.log.size).toBe(0);
		expect(house.calls.counters().keepPending).toBe(0);
	});

	test("a bug in the midst of a recording ends that call and keeps what was recorded", async () => {
		const call = await recording();
		await house.pass(4_000);
		house.media.session.failOnPlay = new Error("a bug");
		house.media.session.key("#");
		await house.pass(100);
		expect(call.hungUp).toBe(true);
		expect(house.mailboxes.deposited).toHaveLength(1);
		expect(house.calls.active()).toEqual([]);
		expect(house.traces.last.steps.map((step) => step.what)).toContain("ended by an error of ours");
	});

	const facts = (messageId: string): DepositFacts => ({
		messageId,
		mailboxId: `MBID-${MAILBOX}`,
		phoneNumber: MAILBOX,
		from: null,
		fromName: null,
		receivedOn: "2026-05-28T16:00:00.000Z",
		redirectReason: "Busy",
		mailboxSource: "To",
		minMessageMs: 1_000,
		callId: "CALL-1",
		filtered: false,
		attestation: null,
	});
	const left = (messageId: string, take: number, ms: number) => {
		const header = writeHeader({ kind: "message", take, facts: facts(messageId) });
		return loggedRecording({ recordingId: take === 1 ? messageId : `${messageId}.${take}`, header }, ms);
	};

	test("recordings of an earlier run become messages: the newest take that is long enough, each message once", async () => {
		house.media.left.push(
			left("VMID-a", 1, 3_000),
			left("VMID-b", 1, 5_000),
			left("VMID-b", 2, 9_000),
			left("VMID-a", 2, 300),
		);
		expect(await house.calls.recoverRecordings()).toBe(4);
		const stored = house.mailboxes.deposited.map((one) => [one.facts.messageId, one.durationMs]);
		expect(stored.toSorted()).toEqual([
			["VMID-a", 3_000],
			["VMID-b", 9_000],
		]);
		expect(house.media.log.size).toBe(0);
	});

	test("an unconfirmed greeting of an earlier run is dropped; what has no header of ours is left alone", async () => {
		house.media.left.push(loggedRecording({ recordingId: "own", header: writeHeader({ kind: "own" }) }, 4_000));
		house.media.left.push(loggedRecording({ recordingId: "foreign", header: new Uint8Array([1, 2, 3]) }, 4_000));
		await house.calls.recoverRecordings();
		expect([...house.media.log.keys()]).toEqual(["foreign"]);
		expect(house.mailboxes.deposited).toEqual([]);
	});

	test("recovery does not wait for a database that is away", async () => {
		house.media.left.push(left("VMID-a", 1, 3_000));
		house.mailboxes.away = true;
		await house.calls.recoverRecordings();
		house.mailboxes.away = false;
		await house.pass(60_000);
		expect(house.mailboxes.deposited).toHaveLength(1);
	});

	test("a mailbox deleted meanwhile takes its message with it", async () => {
		const call = await recording();
		await house.pass(4_000);
		house.mailboxes.held.clear();
		call.bye();
		await house.pass(10);
		expect(house.media.log.size).toBe(0);
		expect(house.traces.last.messageId).toBeUndefined();
	});
});

describe("many at once", () => {
	test("a few recordings at a time are brought from the log to the mailboxes, and all of them arrive", async () => {
		let now = 0;
		let most = 0;
		const deposit = house.mailboxes.deposit.bind(house.mailboxes);
		house.mailboxes.deposit = async (recording) => {
			most = Math.max(most, ++now);
			await new Promise((resolve) => setTimeout(resolve, 100));
			now--;
			return deposit(recording);
		};
		const calls = [];
		for (let i = 0; i < 100; i++) calls.push(await house.connected());
		await house.pass(10_000);
		for (const call of calls) call.bye();
		await house.pass(2_000);
		expect(house.mailboxes.deposited).toHaveLength(100);
		expect(most).toBe(CALL_LIMITS.keepingMax);
		expect(house.calls.counters()).toMatchObject({
			callsTaken: 100,
			callsDeposit: 100,
			callsActive: 0,
			messagesStored: 100,
		});
	});

	test("a trace that can not be written disturbs nobody", async () => {
		house.traces.write = () => Promise.reject(new Error("database away"));
		const call = await recording();
		await house.pass(3_000);
		call.bye();
		await house.pass(10);
		expect(house.mailboxes.deposited).toHaveLength(1);
		expect(house.calls.active()).toEqual([]);
	});
});

describe("closing", () => {
	test("a drain waits for calls that end in time", async () => {
		const call = await recording();
		const drained = house.calls.drain(60_000);
		await house.pass(5_000);
		call.bye();
		await house.pass(10);
		await drained;
		expect(house.mailboxes.deposited).toHaveLength(1);
		expect(house.saying()).toEqual(["beep"]);
	});

	test("after the drain time callers hear a goodbye, and their messages are kept", async () => {
		const call = await recording();
		const drained = house.calls.drain(5_000);
		await house.pass(5_100);
		expect(house.saying()).toEqual(["going-down"]);
		await house.pass(15_000);
		await drained;
		expect(call.hungUp).toBe(true);
		expect(house.mailboxes.deposited).toHaveLength(1);
	});

	test("while draining new calls get 503 with Retry-After", async () => {
		const drained = house.calls.drain(0);
		await drained;
		const call = await house.ring(new FakeCall(VOICEMAIL, DIVERTED));
		expect(call.rejected).toMatchObject({ status: 503, headers: [["Retry-After", "5"]] });
	});
});

describe("hearing messages", () => {
	const pai = [`P-Asserted-Identity: <sip:${MAILBOX}@op>`];
	const key = async (digits: string) => {
		for (const digit of digits) house.media.session.key(digit);
		await house.pass(20);
	};

	beforeEach(() => {
		const mailbox = callMailbox({ phoneNumber: MAILBOX });
		house.mailboxes.add(mailbox, "4821", [message({ messageId: "VMID-1" }), message({ messageId: "VMID-2" })]);
		house.mailboxes.audioOf.set("VMID-1", { encoding: "PCMU", samples: new Uint8Array(32_000).fill(0xff) });
	});
	const statuses = () => house.mailboxes.messagesOf.get(`MBID-${MAILBOX}`)?.map((one) => one.status);

	test("from the own number: PIN, counts, the new message, saved; a hang-up keeps that", async () => {
		const call = await house.connected("sip:*86@vm", pai);
		expect(house.saying()).toEqual(["enter-pin"]);
		await key("4821#");
		expect(house.mailboxes.channels).toEqual(["own"]);
		expect(house.saying()).toEqual(expect.arrayContaining(["you-have", "first-new-message", "received"]));
		await key("1");
		expect(house.media.session.played.at(-1)).toEqual([house.mailboxes.audioOf.get("VMID-1")]);
		await house.pass(4_000);
		await key("9");
		expect(house.saying()).toContain("message-saved");
		call.bye();
		await house.pass(10);
		expect(statuses()).toEqual(["Saved", "New"]);
		expect(house.traces.last).toMatchObject({ kind: "retrieval", status: 200, phoneNumber: MAILBOX });
	});

	test("marks reach the mailboxes in the order in which they were made, also when one is slow", async () => {
		house.mailboxes.setStatusMs = (status) => (status === "Heard" ? 500 : 0);
		const call = await house.connected("sip:*86@vm", pai);
		await key("4821#");
		await key("1");
		await house.pass(3_500);
		await key("7");
		call.bye();
		await house.pass(2_000);
		expect(statuses()).toEqual(["Deleted", "New"]);
		expect(house.traces.written).toHaveLength(1);
	});

	test("from elsewhere: mailbox number and PIN, on the channel of foreign callers", async () => {
		await house.connected("sip:*86@vm", [`From: <sip:${MAILBOX}@op>`]);
		expect(house.saying()).toEqual(["enter-mailbox"]);
		await key("5551110001#");
		await key("4821#");
		expect(house.mailboxes.channels).toEqual(["foreign"]);
		expect(house.saying()).toContain("you-have");
	});

	test("no trace and no log line holds what was keyed", async () => {
		const call = await house.connected("sip:*86@vm", pai);
		await key("9753#");
		await key("8642#");
		await key("4821#");
		call.bye();
		await house.pass(10);
		const texts = [JSON.stringify(house.traces.last.steps), JSON.stringify(house.logged)].join();
		for (const secret of ["9753", "8642", "4821"]) expect(texts).not.toContain(secret);
	});

	test("a session ends when the PIN is changed elsewhere", async () => {
		const call = await house.connected("sip:*86@vm", pai);
		await key("4821#");
		house.mailboxes.open = false;
		await key("1");
		await key("7");
		expect(house.saying()).toContain("no-access");
		await house.pass(10_000);
		expect(call.hungUp).toBe(true);
		expect(statuses()).toEqual(["New", "New"]);
	});

	test("a greeting is recorded, confirmed, set and taken off the log", async () => {
		await house.connected("sip:*86@vm", pai);
		await key("4821#");
		await key("*");
		await key("4");
		await key("1");
		await key("#");
		while (house.media.session.recording === undefined) await house.pass(20);
		await house.pass(3_000);
		await key("#");
		expect(house.saying()).toEqual(["greeting-menu"]);
		await key("1");
		expect(house.saying()).toContain("greeting-saved");
		expect(house.mailboxes.greetingsSet.map((one) => one.kind)).toEqual(["unavailable"]);
		expect(house.media.log.size).toBe(0);
	});
});
