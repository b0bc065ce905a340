/**
 * The deposit: greeting, beep, recording, and after `#` a menu. Pure.
 *
 *   greeting --ended or #--> (answering -->) beep --ended--> recording --# or full--> menu --1--> kept
 *                              ^                 |                      |--2--> listening --> menu
 *                              |                 `--silence--> kept     |--3--.
 *                              `-----------------------------------------------'
 * Where the peer's policy allows it, `*` in the greeting (--> answering) --> login: the retrieval takes over.
 * With early media the greeting is heard before the call is answered, so that nobody pays for it; recording begins
 * behind the answer all the same.
 *
 * A hang-up keeps what was recorded, wherever it comes: in the menu, and while recording again, too. Nothing is stored
 * before the first beep has ended.
 */
import type { Speech } from "../speech/index.ts";
import { type FlowEffect, type FlowEvent, playWatchMs, SERVICE_CLOSING, type Step, takeId } from "./flow.ts";
import { CALL_LIMITS } from "./limits.ts";

export interface DepositSetup {
	readonly messageId: string;
	/** Without its beep; empty where only the beep is wanted. */
	readonly greeting: Speech;
	/** The greeting is played before the answer. */
	readonly early: boolean;
	/** `*` in the greeting leads to the login of the mailbox. */
	readonly starLogin: boolean;
	readonly maxMs: number;
	/** Shorter takes are no message. */
	readonly minMs: number;
}

interface Take {
	readonly recordingId: string;
	/** Undefined until it has ended, or where its end was lost. */
	readonly durationMs: number | undefined;
}

interface Common {
	readonly setup: DepositSetup;
	/** Ids of plays, timers and requests: one counter, so that a late answer is never taken for another one's. */
	readonly nextId: number;
	/** Oldest first. */
	readonly takes: readonly Take[];
	readonly timerId: number;
}

/** Why a recording was stopped, and so what comes then. */
type StopReason = "key" | "full" | "silence" | "drain" | "hangUp";

type Place =
	| { readonly name: "greeting"; readonly playId: number }
	/** `next`: what comes behind the answer. */
	| { readonly name: "answering"; readonly next: "beep" | "login" }
	| { readonly name: "beep"; readonly playId: number }
	| { readonly name: "recording" }
	| { readonly name: "stopping"; readonly why: StopReason }
	| {
			readonly name: "menu";
			readonly speaking: number | undefined;
			readonly repeats: number;
			readonly wrongKeys: number;
	  }
	| { readonly name: "fetching"; readonly requestId: number }
	| { readonly name: "closing"; readonly playId: number }
	/** The retrieval has taken over. */
	| { readonly name: "login" }
	| { readonly name: "ended" };

export type DepositState = Common & { readonly place: Place };
type DepositStep = Step<DepositState>;

const BEEP: Speech = [{ prompt: "beep" }];
const MENU: Speech = [{ prompt: "deposit-menu" }];

/** Media flow: behind the answer, or before it with early media. */
export function beginDeposit(setup: DepositSetup): DepositStep {
	const common: Common = { setup, nextId: 1, takes: [], timerId: 0 };
	if (setup.greeting.length === 0) return afterGreeting(common);
	return play(common, setup.greeting, (playId) => ({ name: "greeting", playId }));
}

export function depositEnded(state: DepositState): boolean {
	return state.place.name === "ended";
}

/** The first id of the retrieval that takes over; undefined while the call is a deposit. */
export function depositLeftFor({ place, nextId }: DepositState): number | undefined {
	return place.name === "login" ? nextId : undefined;
}

/** Takes of the call so far, the newest first: what a driver keeps when a bug ends the call. */
export function depositTakes(state: DepositState): readonly string[] {
	return state.takes.map((take) => take.recordingId).reverse();
}

export function stepDeposit(state: DepositState, event: FlowEvent): DepositStep {
	const { place } = state;
	if (place.name === "login") return stay(state);
	if (event.type === "hangUp" && place.name !== "ended") return hungUp(state);
	if (event.type === "drain") return drain(state);
	if (event.type === "timer" && event.timerId !== state.timerId) return stay(state);
	switch (place.name) {
		case "greeting":
			if (isEnd(event, place.playId) || isKey(event, "#")) return afterGreeting(state);
			return isKey(event, "*") && mayLogIn(state) ? answered(state, "login") : stay(state);
		case "answering":
			if (event.type === "confirmed") return enter(state, place.next);
			// Without ACK the signalling ends the call by itself; the timer only stands in for that.
			return event.type === "timer" ? end(state, { type: "hangUp" }) : stay(state);
		case "beep":
			return isEnd(event, place.playId) ? record(state) : stay(state);
		case "recording":
			return whileRecording(state, event);
		case "stopping":
			return whileStopping(state, place.why, event);
		case "menu":
			return inMenu(state, place, event);
		case "fetching":
			return whileFetching(state, place.requestId, event);
		case "closing":
			return isEnd(event, place.playId) ? end(state, { type: "hangUp" }) : stay(state);
		case "ended":
			return stay(state);
	}
}

function whileRecording(state: DepositState, event: FlowEvent): DepositStep {
	if (isKey(event, "#")) return stop(state, "key");
	// the timer only stands in for an end that was lost
	if (event.type === "recordingFull" || event.type === "timer") return stop(state, "full");
	if (event.type === "silence") return stop(state, "silence");
	return stay(state);
}

function whileStopping(state: DepositState, why: StopReason, event: FlowEvent): DepositStep {
	const recordingId = state.takes.at(-1)!.recordingId;
	if (event.type === "recorded" && event.recordingId !== recordingId) return stay(state);
	if (event.type !== "recorded" && event.type !== "timer") return stay(state);
	const durationMs = event.type === "recorded" ? event.durationMs : undefined;
	const takes = [...state.takes.slice(0, -1), { recordingId, durationMs }];
	const now = { ...state, takes };
	switch (why) {
		case "hangUp":
			return end(now, keepEffect(now));
		case "drain":
			return close(now, [{ prompt: "going-down" }], keepEffect(now));
		case "silence":
			return keep(now);
		case "full":
			return menu(now, [{ prompt: "deposit-time-up" }, ...MENU], 0, 0);
		case "key":
			if (!isTooShort(takes.slice(-1), state.setup)) return menu(now, MENU, 0, 0);
			return takes.length < CALL_LIMITS.takesMax ? again(now, [{ prompt: "deposit-too-short" }]) : keep(now);
	}
}

function inMenu(state: DepositState, place: Place & { name: "menu" }, event: FlowEvent): DepositStep {
	if (place.speaking !== undefined && isEnd(event, place.speaking)) {
		return withTimer(state, { ...place, speaking: undefined }, CALL_LIMITS.keyWaitMs);
	}
	if (event.type === "timer") {
		if (place.repeats >= CALL_LIMITS.idleRepeatsMax) return keep(state);
		return menu(state, MENU, place.repeats + 1, place.wrongKeys);
	}
	if (event.type !== "digit") return stay(state);
	switch (event.digit) {
		case "1":
			return keep(state);
		case "2":
			return fetch(state);
		case "3":
			// with no take left to record, the last one is the message
			return state.takes.length < CALL_LIMITS.takesMax ? again(state, []) : keep(state);
		case "7":
		case "*":
			return discard(state);
		default:
			if (place.wrongKeys >= CALL_LIMITS.wrongKeysMax) return keep(state);
			return menu(state, [{ prompt: "invalid-key" }, ...MENU], place.repeats, place.wrongKeys + 1);
	}
}

function whileFetching(state: DepositState, requestId: number, event: FlowEvent): DepositStep {
	if (event.type === "timer") return menu(state, MENU, 0, 0);
	if (event.type !== "reply" || event.requestId !== requestId) return stay(state);
	const audio = event.reply.ask === "readRecording" ? event.reply.audio : undefined;
	const heard: Speech = audio ? [{ audio }] : [{ prompt: "message-cannot-be-played" }];
	return menu(state, [...heard, { pauseMs: 500 }, ...MENU], 0, 0);
}

function hungUp(state: DepositState): DepositStep {
	switch (state.place.name) {
		case "recording":
			return stop(state, "hangUp");
		case "stopping":
			return stay({ ...state, place: { name: "stopping", why: "hangUp" } });
		case "closing":
			return end(state); // kept or discarded when the closing began
		default:
			return end(
				state,
				...(state.takes.length > 0 ? [keepEffect(state)] : [note("the caller hung up before the beep")]),
			);
	}
}

function drain(state: DepositState): DepositStep {
	switch (state.place.name) {
		case "recording":
			return stop(state, "drain");
		case "stopping":
			return state.place.why === "hangUp" ? stay(state) : stay({ ...state, place: { name: "stopping", why: "drain" } });
		case "closing":
		case "ended":
			return stay(state);
		default:
			if (state.takes.length === 0) return close(state, SERVICE_CLOSING);
			return close(state, [{ prompt: "going-down" }], keepEffect(state));
	}
}

/** A second take has its "record again" where the first one had the greeting: the call is answered then. */
function afterGreeting(common: Common): DepositStep {
	return common.takes.length > 0 ? beep(common) : answered(common, "beep");
}

/** Nobody pays for an early greeting; what comes then is behind the answer. */
function answered(common: Common, next: "beep" | "login"): DepositStep {
	if (!common.setup.early) return enter(common, next);
	const waiting = withTimer(common, { name: "answering", next }, CALL_LIMITS.ackWaitMs);
	return { state: waiting.state, effects: [{ type: "stopPlaying" }, { type: "answer" }, ...waiting.effects] };
}

function enter(common: Common, next: "beep" | "login"): DepositStep {
	if (next === "beep") return beep(common);
	const { setup, takes, nextId, timerId } = common;
	const state: DepositState = { setup, takes, nextId, timerId, place: { name: "login" } };
	return { state, effects: [{ type: "login" }, note("* in the greeting: the PIN of this mailbox is asked for")] };
}

/** A message that was begun is the caller's; behind its first take `*` is no way out of it. */
function mayLogIn({ setup, takes }: DepositState): boolean {
	return setup.starLogin && takes.length === 0;
}

function beep(common: Common): DepositStep {
	return play(common, BEEP, (playId) => ({ name: "beep", playId }));
}

/** Only once the beep has ended, so that it is not in the recording. */
function record(state: DepositState): DepositStep {
	const take = state.takes.length + 1;
	const recordingId = takeId(state.setup.messageId, take);
	const { maxMs } = state.setup;
	const takes = [...state.takes, { recordingId, durationMs: undefined }];
	const waiting = withTimer({ ...state, takes }, { name: "recording" }, maxMs + CALL_LIMITS.mediaGraceMs);
	const effects: FlowEffect[] = [{ type: "record", recordingId, take, maxMs }, note(`recording, take ${take}`)];
	return { state: waiting.state, effects: [...effects, ...waiting.effects] };
}

function stop(state: DepositState, why: StopReason): DepositStep {
	const recordingId = state.takes.at(-1)!.recordingId;
	const waiting = withTimer(state, { name: "stopping", why }, CALL_LIMITS.replyMsMax);
	const effects: FlowEffect[] = [{ type: "stopRecording", recordingId }, note(`recording ended by ${STOPPED_BY[why]}`)];
	return { state: waiting.state, effects: [...effects, ...waiting.effects] };
}

const STOPPED_BY: Readonly<Record<StopReason, string>> = {
	key: "#",
	full: "its longest length",
	silence: "silence",
	drain: "our closing",
	hangUp: "hang-up",
};

function menu(state: DepositState, speech: Speech, repeats: number, wrongKeys: number): DepositStep {
	return play(state, speech, (speaking) => ({ name: "menu", speaking, repeats, wrongKeys }));
}

function again(state: DepositState, before: Speech): DepositStep {
	const speech: Speech = [...before, { prompt: "deposit-record-again" }];
	return play(state, speech, (playId) => ({ name: "greeting", playId }), note("recording again"));
}

function fetch(state: DepositState): DepositStep {
	const requestId = state.nextId;
	const recordingId = state.takes.at(-1)!.recordingId;
	const place: Place = { name: "fetching", requestId };
	const waiting = withTimer({ ...state, nextId: requestId + 1 }, place, CALL_LIMITS.replyMsMax);
	const request: FlowEffect = { type: "request", requestId, request: { ask: "readRecording", recordingId } };
	return { state: waiting.state, effects: [{ type: "stopPlaying" }, request, ...waiting.effects] };
}

function keep(state: DepositState): DepositStep {
	const goodbye: Speech = [{ prompt: "deposit-saved" }, { prompt: "goodbye" }];
	return close(state, isTooShort(state.takes, state.setup) ? [{ prompt: "goodbye" }] : goodbye, keepEffect(state));
}

function discard(state: DepositState): DepositStep {
	const drop: FlowEffect = { type: "drop", recordingIds: depositTakes(state) };
	const effects = [drop, note("the caller discarded the message")];
	return close(state, [{ prompt: "deposit-discarded" }, { prompt: "goodbye" }], ...effects);
}

/** What is to be kept or dropped is said before the goodbye, so that hanging up in it changes nothing. */
function close(state: DepositState, speech: Speech, ...before: readonly FlowEffect[]): DepositStep {
	return play(state, speech, (playId) => ({ name: "closing", playId }), ...before);
}

function end(state: DepositState, ...effects: readonly FlowEffect[]): DepositStep {
	return { state: { ...state, place: { name: "ended" } }, effects: [{ type: "clearTimer" }, ...effects] };
}

/** Each place that waits for the end of a play has a timer, in case that end is lost. */
function play(
	common: Common,
	speech: Speech,
	place: (playId: number) => Place,
	...before: readonly FlowEffect[]
): DepositStep {
	const playId = common.nextId;
	const waiting = withTimer({ ...common, nextId: playId + 1 }, place(playId), playWatchMs(speech));
	return { state: waiting.state, effects: [...before, { type: "play", playId, speech }, ...waiting.effects] };
}

function withTimer(common: Common, place: Place, afterMs: number): DepositStep {
	const timerId = common.nextId;
	const { setup, takes } = common;
	return {
		state: { setup, takes, nextId: timerId + 1, timerId, place },
		effects: [{ type: "startTimer", timerId, afterMs }],
	};
}

function stay(state: DepositState): DepositStep {
	return { state, effects: [] };
}

/** The newest take first: it is the message unless it is too short. */
function keepEffect(state: DepositState): FlowEffect {
	return { type: "keep", recordingIds: depositTakes(state) };
}

function isTooShort(takes: readonly Take[], setup: DepositSetup): boolean {
	return takes.every((take) => take.durationMs !== undefined && take.durationMs < setup.minMs);
}

/** The end of a play, or the time by which it must have ended. */
function isEnd(event: FlowEvent, playId: number): boolean {
	return event.type === "timer" || (event.type === "promptEnded" && event.playId === playId);
}

function isKey(event: FlowEvent, key: string): boolean {
	return event.type === "digit" && event.digit === key;
}

function note(what: string): FlowEffect {
	return { type: "note", what };
}
