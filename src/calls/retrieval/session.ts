/** What all parts of the retrieval share: its state, and the few ways in which a place is entered and left. Pure. */

import type { TelephoneAudio } from "../../audio/index.ts";
import type { Message, MessageStatus } from "../../domain/index.ts";
import type { Speech } from "../../speech/index.ts";
import { type FlowEffect, type FlowEvent, type FlowRequest, playWatchMs, type Step } from "../flow.ts";
import { CALL_LIMITS } from "../limits.ts";
import type { CallMailbox } from "../ports.ts";

export interface RetrievalSetup {
	readonly callId: string;
	/** It is the mailbox of the number that the network asserted, or of the greeting: only the PIN is asked. */
	readonly mailboxKnown: boolean;
	readonly greetingMaxMs: number;
	readonly nameMaxMs: number;
}

/** What is known beside the place where the caller stands. */
export interface Session {
	readonly setup: RetrievalSetup;
	/** Ids of plays, timers and requests: one counter, so that a late answer is never taken for another one's. */
	readonly nextId: number;
	readonly timerId: number;
	readonly wrongPins: number;
	/** Undefined until the right PIN. */
	readonly mailbox: CallMailbox | undefined;
	/** New ones first, each group oldest first; as of the last time they were counted. */
	readonly messages: readonly Message[];
	/** What became of messages in this call. */
	readonly statuses: ReadonlyMap<string, MessageStatus>;
	/** What a deleted one was before. */
	readonly beforeDelete: ReadonlyMap<string, MessageStatus>;
	readonly takes: number;
	/** A key pressed while an answer was awaited; it counts once the answer is there. */
	readonly queued: string | undefined;
}

/** Something is said, then a key is awaited. */
export interface Menu {
	/** The play that runs; undefined while the key is awaited. */
	readonly speaking: number | undefined;
	readonly repeats: number;
	readonly wrongKeys: number;
}

/** Digits up to `#`. */
export interface Entry {
	readonly speaking: number | undefined;
	readonly digits: string;
	/** More came than the frame holds; they were ignored. */
	readonly tooLong: boolean;
	readonly repeats: number;
}

export type Own = "unavailable" | "name";

export type MessageAt = { readonly index: number; readonly audio: TelephoneAudio | undefined };

export type Place =
	| ({ readonly name: "mailboxEntry" } & Entry)
	| ({ readonly name: "pinEntry"; readonly mailboxNumber: string } & Entry)
	| { readonly name: "checking"; readonly requestId: number }
	| { readonly name: "opening"; readonly requestId: number; readonly mustChangePin: boolean }
	| ({ readonly name: "mainMenu" } & Menu)
	| { readonly name: "listing"; readonly requestId: number }
	| { readonly name: "loading"; readonly requestId: number; readonly index: number; readonly lead: Speech }
	| ({ readonly name: "header"; readonly playId: number } & MessageAt)
	| ({
			readonly name: "body";
			readonly playId: number;
			readonly playedMs: number;
			/** When playing went on last; undefined while paused. */
			readonly sinceMs: number | undefined;
	  } & MessageAt)
	| ({ readonly name: "messageMenu" } & MessageAt & Menu)
	| ({ readonly name: "marking"; readonly requestId: number; readonly status: MessageStatus } & MessageAt)
	| ({ readonly name: "optionsMenu" } & Menu)
	| ({ readonly name: "newPin"; readonly forced: boolean; readonly tries: number } & Entry)
	| ({ readonly name: "newPinAgain"; readonly forced: boolean; readonly tries: number; readonly pin: string } & Entry)
	| {
			readonly name: "changingPin";
			readonly requestId: number;
			readonly forced: boolean;
			readonly tries: number;
			readonly digits: number;
	  }
	| { readonly name: "ownPrompt"; readonly own: Own; readonly playId: number }
	| { readonly name: "ownBeep"; readonly own: Own; readonly playId: number }
	| { readonly name: "ownRecording"; readonly own: Own; readonly recordingId: string }
	| {
			readonly name: "ownStopping";
			readonly own: Own;
			readonly recordingId: string;
			readonly next: "menu" | "end" | "goodbye";
	  }
	| ({ readonly name: "ownMenu"; readonly own: Own; readonly recordingId: string } & Menu)
	| { readonly name: "ownFetching"; readonly own: Own; readonly recordingId: string; readonly requestId: number }
	| { readonly name: "ownSaving"; readonly own: Own; readonly recordingId: string; readonly requestId: number }
	| { readonly name: "closing"; readonly playId: number }
	| { readonly name: "ended" };

/** Places with a menu, and places where digits are keyed. */
export type MenuPlace = Extract<Place, Menu>;
export type EntryPlace = Extract<Place, Entry>;
export type PlaceName = Place["name"];
export type At<Name extends PlaceName> = Place & { readonly name: Name };
export type RetrievalState = Session & { readonly place: Place };
export type RetrievalStep = Step<RetrievalState>;

/** Says something and stands at `place` meanwhile; a timer stands in for an end that is lost. */
export function say(
	session: Session,
	speech: Speech,
	place: (playId: number) => Place,
	...before: readonly FlowEffect[]
): RetrievalStep {
	const playId = session.nextId;
	const next = wait({ ...session, nextId: playId + 1 }, place(playId), playWatchMs(speech));
	return { state: next.state, effects: [...before, { type: "play", playId, speech }, ...next.effects] };
}

/** Stands at `place` until something comes or the time is over. */
export function wait(session: Session, place: Place, afterMs: number, ...before: readonly FlowEffect[]): RetrievalStep {
	const timerId = session.nextId;
	const state: RetrievalState = { ...session, nextId: timerId + 1, timerId, place };
	return { state, effects: [...before, { type: "startTimer", timerId, afterMs }] };
}

/** Asks something of the mailboxes and stands at `place` until the answer. */
export function ask(
	session: Session,
	request: FlowRequest,
	place: (requestId: number) => Place,
	...before: readonly FlowEffect[]
): RetrievalStep {
	const requestId = session.nextId;
	const asked: FlowEffect = { type: "request", requestId, request };
	const numbered = { ...session, nextId: requestId + 1 };
	return wait(numbered, place(requestId), CALL_LIMITS.replyMsMax, ...before, { type: "stopPlaying" }, asked);
}

export function stay(state: RetrievalState): RetrievalStep {
	return { state, effects: [] };
}

/** The last words; then the call ends. */
export function close(session: Session, speech: Speech, ...before: readonly FlowEffect[]): RetrievalStep {
	return say(session, speech, (playId) => ({ name: "closing", playId }), ...before);
}

export function end(session: Session, ...effects: readonly FlowEffect[]): RetrievalStep {
	return { state: { ...session, place: { name: "ended" } }, effects: [{ type: "clearTimer" }, ...effects] };
}

/** It could not be done now; what was said before stands. */
export function problem(session: Session, ...before: readonly FlowEffect[]): RetrievalStep {
	return close(session, [{ prompt: "internal-problem" }, { prompt: "goodbye" }], ...before, note("a request failed"));
}

export function note(what: string): FlowEffect {
	return { type: "note", what };
}

/** The end of a play, or the time by which it must have ended. */
export function isEnd(event: FlowEvent, playId: number): boolean {
	return event.type === "timer" || (event.type === "promptEnded" && event.playId === playId);
}

/** What a menu does with a key; undefined: the key has no meaning here. */
export interface MenuActions {
	readonly key: (digit: string) => RetrievalStep | undefined;
	/** Says the menu (again), after `lead`. */
	readonly again: (lead: Speech, counts: { readonly repeats: number; readonly wrongKeys: number }) => RetrievalStep;
	/** Nobody answers, or only with keys that mean nothing. */
	readonly giveUp: () => RetrievalStep;
}

/** Waiting, saying again, giving up: the same for all menus. Keys count at every moment. */
export function stepMenu(
	state: RetrievalState,
	menu: MenuPlace,
	event: FlowEvent,
	actions: MenuActions,
): RetrievalStep {
	const { repeats, wrongKeys } = menu;
	if (event.type === "digit") {
		const done = actions.key(event.digit);
		if (done) return done;
		if (wrongKeys >= CALL_LIMITS.wrongKeysMax) return actions.giveUp();
		return actions.again([{ prompt: "invalid-key" }], { repeats, wrongKeys: wrongKeys + 1 });
	}
	if (menu.speaking !== undefined) {
		if (!isEnd(event, menu.speaking)) return stay(state);
		return wait(state, { ...menu, speaking: undefined }, CALL_LIMITS.keyWaitMs);
	}
	if (event.type !== "timer") return stay(state);
	if (repeats >= CALL_LIMITS.idleRepeatsMax) return actions.giveUp();
	return actions.again([{ prompt: "no-key" }], { repeats: repeats + 1, wrongKeys });
}

export interface EntryActions {
	readonly digitsMax: number;
	readonly submit: (digits: string, tooLong: boolean) => RetrievalStep;
	/** Asks once more, with an empty entry. */
	readonly again: (repeats: number) => RetrievalStep;
	/** `*`; undefined: the entry starts anew. */
	readonly back?: () => RetrievalStep;
	readonly giveUp: () => RetrievalStep;
}

/** A frame of digits, ended by `#` or by a pause: digits beyond the frame are ignored, never matched as a stream. */
export function stepEntry(
	state: RetrievalState,
	entry: EntryPlace,
	event: FlowEvent,
	actions: EntryActions,
): RetrievalStep {
	const { digits, repeats } = entry;
	const again = () => (repeats >= CALL_LIMITS.idleRepeatsMax ? actions.giveUp() : actions.again(repeats + 1));
	if (event.type === "digit") {
		if (event.digit === "#") return digits === "" ? again() : actions.submit(digits, entry.tooLong);
		if (event.digit === "*") return actions.back ? actions.back() : again();
		if (!/^[0-9]$/.test(event.digit)) return stay(state);
		const full = digits.length >= actions.digitsMax;
		const longer = {
			...entry,
			speaking: undefined,
			digits: full ? digits : digits + event.digit,
			tooLong: entry.tooLong || full,
		};
		return wait(state, longer, CALL_LIMITS.digitWaitMs, ...(entry.speaking === undefined ? [] : [STOP]));
	}
	if (entry.speaking !== undefined) {
		if (!isEnd(event, entry.speaking)) return stay(state);
		return wait(state, { ...entry, speaking: undefined }, CALL_LIMITS.digitWaitMs);
	}
	if (event.type !== "timer") return stay(state);
	return digits === "" ? again() : actions.submit(digits, entry.tooLong);
}

const STOP: FlowEffect = { type: "stopPlaying" };

export const EMPTY_ENTRY: Omit<Entry, "speaking"> = { digits: "", tooLong: false, repeats: 0 };
