/** `*` in the greeting: a deposit that becomes a retrieval, where the peer's policy allows it. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { depositFlow } from "../../src/calls/call-flow.ts";
import type { DepositSetup } from "../../src/calls/deposit.ts";
import { CALL_LIMITS } from "../../src/calls/limits.ts";
import { readHeader } from "../../src/calls/recording-header.ts";
import { LIMITS, type PeerPolicy } from "../../src/domain/index.ts";
import { CALLER, DIVERTED, type FakeHouse, fakeHouse, MAILBOX, VOICEMAIL } from "../support/calls/fake-house.ts";
import { callMailbox, message } from "../support/calls/fake-mailboxes.ts";
import { FakeCall, POLICY } from "../support/calls/fake-sip.ts";
import { PROMPT_MS } from "../support/calls/flow-world.ts";
import { PIN, RetrievalWorld } from "../support/calls/retrieval-world.ts";

const DEPOSIT: DepositSetup = {
	messageId: "VMID-new",
	greeting: [{ prompt: "greeting-reached" }, { prompt: "greeting-leave-message" }],
	maxMs: 60_000,
	minMs: 1_000,
	early: false,
	starLogin: true,
};

const greeted = (deposit: Partial<DepositSetup> = {}) =>
	new RetrievalWorld({ flowFor: (menu) => depositFlow({ ...DEPOSIT, ...deposit }, menu) });

describe("the flow", () => {
	test("* in the greeting asks for the PIN at once, and the right one leads to the messages", () => {
		const world = greeted();
		world.flow.advance(300).key("*");
		expect(world.flow.lastPrompts).toEqual(["enter-pin"]);
		expect(world.flow.state.kind).toBe("retrieval");
		world.flow.key(...PIN, "#").advance(100);
		expect(world.loggedIn).toBe(true);
		expect(world.flow.prompts).toContain("first-new-message");
		world.flow.hangUp();
		expect(world.flow.ended).toBe(true);
		expect([...world.flow.all("record"), ...world.flow.all("keep")]).toEqual([]);
		expect(world.flow.state.takes).toEqual([]);
	});

	test("ids go on where those of the greeting end, so that its late end and its timer mean nothing", () => {
		const world = greeted();
		const [greeting] = world.flow.all("play");
		const [watch] = world.flow.all("startTimer");
		world.flow.key("*");
		const effects = world.flow.effects.length;
		world.flow.give({ type: "promptEnded", playId: greeting!.playId });
		world.flow.give({ type: "timer", timerId: watch!.timerId });
		world.flow.give({ type: "confirmed" });
		expect(world.flow.effects).toHaveLength(effects);
		const ids = world.flow.effects.flatMap(({ effect }) =>
			effect.type === "play" ? effect.playId : effect.type === "startTimer" ? effect.timerId : [],
		);
		expect(ids).toEqual([...new Set(ids)].toSorted((a, b) => a - b));
	});

	test("no PIN, no menu: a wrong one is refused, three end the call, and nothing is left", () => {
		const world = greeted();
		world.flow.key("*");
		for (let i = 0; i < LIMITS.pinTriesPerCall; i++) world.flow.key(..."9999", "#").advance(100);
		expect(world.flow.lastPrompts).toEqual(["pin-incorrect", "too-many-attempts", "goodbye"]);
		world.flow.runToEnd();
		expect(world.loggedIn).toBe(false);
		expect([...world.flow.all("record"), ...world.flow.all("keep")]).toEqual([]);
	});

	test("where it is not allowed * is ignored, and the message is left as ever", () => {
		const world = greeted({ starLogin: false });
		world.flow.key("*").advance(3 * PROMPT_MS);
		expect(world.flow.state.kind).toBe("deposit");
		expect(world.flow.recording).toBe(true);
		world.flow.advance(5_000).hangUp();
		expect(world.flow.all("keep")).toEqual([{ type: "keep", recordingIds: ["VMID-new"] }]);
	});

	test("from the beep on * is what it always was: ignored, part of the message, the end of it in the menu", () => {
		const world = greeted();
		world.flow.key("#", "*").advance(PROMPT_MS).key("*");
		expect(world.flow.recording).toBe(true);
		world.flow.advance(5_000).keyAndWait("#").keyAndWait("3");
		expect(world.flow.lastPrompts).toEqual(["deposit-record-again"]);
		world.flow.key("*");
		expect(world.flow.state.kind).toBe("deposit");
		world.flow
			.advance(2 * PROMPT_MS + 2_000)
			.keyAndWait("#")
			.key("*");
		expect(world.flow.lastPrompts).toContain("deposit-discarded");
		expect(world.flow.all("login")).toEqual([]);
	});

	test("an early greeting is answered before the PIN is asked; without ACK the call ends", () => {
		const world = greeted({ early: true });
		world.flow.key("*");
		expect(world.flow.all("answer")).toHaveLength(1);
		expect(world.flow.prompts).not.toContain("enter-pin");
		world.flow.key("*", "#", ...PIN, "#").give({ type: "confirmed" });
		expect(world.flow.lastPrompts).toEqual(["enter-pin"]);
		world.flow.key(...PIN, "#").advance(100);
		expect(world.loggedIn).toBe(true);
		const unconfirmed = greeted({ early: true });
		unconfirmed.flow.key("*").advance(CALL_LIMITS.ackWaitMs);
		expect(unconfirmed.flow.ended).toBe(true);
		expect(unconfirmed.flow.prompts).not.toContain("enter-pin");
	});
});

describe("in the house", () => {
	let house: FakeHouse;

	beforeEach(async () => {
		vi.useFakeTimers({ now: new Date("2026-05-28T17:00:00Z"), toFake: ["setTimeout", "clearTimeout", "Date"] });
		house = await fakeHouse();
		const messages = [message({ messageId: "VMID-1" }), message({ messageId: "VMID-2" })];
		house.mailboxes.add(callMailbox({ phoneNumber: MAILBOX }), PIN, messages);
		house.mailboxes.audioOf.set("VMID-1", { encoding: "PCMU", samples: new Uint8Array(32_000).fill(0xff) });
	});

	afterEach(async () => {
		const closing = house.calls[Symbol.asyncDispose]();
		await vi.runAllTimersAsync();
		await closing;
		vi.useRealTimers();
	});

	const key = async (digits: string) => {
		for (const digit of digits) house.media.session.key(digit);
		await house.pass(20);
	};

	async function ring(policy: Partial<PeerPolicy> = {}, lines: readonly string[] = DIVERTED): Promise<FakeCall> {
		const call = new FakeCall(VOICEMAIL, lines);
		call.peer = { name: "pbx", policy: { ...POLICY, starLogin: true, ...policy } };
		return house.ring(call);
	}

	async function connected(policy: Partial<PeerPolicy> = {}): Promise<FakeCall> {
		const call = await ring(policy);
		call.confirm();
		await house.pass(300);
		return call;
	}

	test("the mailbox of the greeting is opened on the channel of foreign callers, and the trace tells of a retrieval", async () => {
		const call = await connected();
		expect(house.calls.active()[0]).toMatchObject({ kind: "deposit", phoneNumber: MAILBOX });
		await key("*");
		expect(house.calls.active()[0]).toMatchObject({ kind: "retrieval", phoneNumber: MAILBOX });
		expect(house.saying()).toEqual(["enter-pin"]);
		await key(`${PIN}#`);
		expect(house.mailboxes.channels).toEqual(["foreign"]);
		expect(house.saying()).toEqual(expect.arrayContaining(["you-have", "first-new-message"]));
		call.bye();
		await house.pass(10);
		expect(house.mailboxes.deposited).toEqual([]);
		const { last } = house.traces;
		expect(last).toMatchObject({ kind: "retrieval", status: 200, phoneNumber: MAILBOX, from: CALLER });
		expect(last.messageId).toBeUndefined();
		expect(last.steps.map((step) => step.what)).toEqual([
			"answered",
			"confirmed by the caller",
			"* in the greeting: the PIN of this mailbox is asked for",
			"the PIN was right",
			"mailbox opened: 2 new, 0 saved",
			"the caller hung up",
		]);
		expect(house.calls.counters()).toMatchObject({ callsDeposit: 0, callsRetrieval: 1 });
	});

	test("a greeting recorded there is no message, not even for the recovery after a crash", async () => {
		await connected();
		await key("*");
		await key(`${PIN}#`);
		for (const digit of "*41#") await key(digit);
		await house.pass(10_000);
		expect(house.media.session.recording).toBeDefined();
		await house.pass(3_000);
		await key("#");
		const [logged] = house.media.log.values();
		expect(readHeader(logged!.header)?.kind).toBe("own");
		await key("1");
		expect(house.mailboxes.greetingsSet.map((one) => one.kind)).toEqual(["unavailable"]);
		expect(house.mailboxes.deposited).toEqual([]);
	});

	test("a peer without it: * is ignored, and a message is left", async () => {
		const call = await connected({ starLogin: false });
		await key("*");
		expect(house.saying()).toContain("greeting-reached");
		await house.pass(12_000);
		call.bye();
		await house.pass(10);
		expect(house.mailboxes.deposited).toHaveLength(1);
		expect(house.mailboxes.channels).toEqual([]);
	});

	test("an early greeting: * answers the call, and the menu is behind the answer", async () => {
		const call = await ring({ earlyMedia: true });
		await house.pass(300);
		expect(call.answered).toBeUndefined();
		await key("*");
		expect(call.answered).toBeDefined();
		expect(house.saying()).not.toEqual(["enter-pin"]);
		call.confirm();
		await house.pass(10);
		expect(house.saying()).toEqual(["enter-pin"]);
		call.bye();
		await house.pass(10);
		expect(house.traces.last).toMatchObject({ kind: "retrieval", status: 200 });
	});

	test("a bug in the menu keeps no message", async () => {
		const call = await connected();
		await key("*");
		house.media.session.failOnPlay = new Error("a bug");
		await key(`${PIN}#`);
		expect(call.hungUp).toBe(true);
		expect(house.mailboxes.deposited).toEqual([]);
		expect(house.media.log.size).toBe(0);
	});

	test("nobody takes the call over once it is at the login", async () => {
		const call = await connected();
		await key("*");
		const other = new FakeCall(VOICEMAIL, DIVERTED);
		other.replaces = call;
		await house.ring(other);
		expect(other.rejected?.status).toBe(603);
	});
});
