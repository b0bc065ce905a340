/**
 * The retrieval: mailbox number where needed, PIN, counts, messages, options. Pure; its parts are in `retrieval/`.
 * Here is what holds at every place: hang-up, closing of the platform, lost answers, keys pressed too early.
 */
import { type FlowEffect, type FlowEvent, type FlowReply, SERVICE_CLOSING } from "./flow.ts";
import { inNewPin, inNewPinAgain, onPinChanged } from "./retrieval/change-pin.ts";
import { beginLogin, inMailboxEntry, inPinEntry, onOpened, onPinChecked } from "./retrieval/login.ts";
import {
	inBody,
	inHeader,
	inMainMenu,
	inMessageMenu,
	leave,
	onListed,
	onLoaded,
	onMarked,
} from "./retrieval/messages.ts";
import { inOptionsMenu } from "./retrieval/options.ts";
import {
	inOwnBeep,
	inOwnMenu,
	inOwnPrompt,
	inOwnRecording,
	inOwnStopping,
	onOwnFetched,
	onOwnSaved,
	stopOwn,
} from "./retrieval/own-recording.ts";
import {
	close,
	end,
	isEnd,
	note,
	type Place,
	type RetrievalSetup,
	type RetrievalState,
	type RetrievalStep,
	type Session,
	stay,
} from "./retrieval/session.ts";

export type { RetrievalSetup, RetrievalState } from "./retrieval/session.ts";

/**
 * The call is answered and media flows.
 *
 * @param firstId of plays, timers and requests: beyond those of a flow that came before in the same call.
 */
export function beginRetrieval(setup: RetrievalSetup, firstId = 1): RetrievalStep {
	return beginLogin({
		setup,
		nextId: firstId,
		timerId: 0,
		wrongPins: 0,
		mailbox: undefined,
		messages: [],
		statuses: new Map(),
		beforeDelete: new Map(),
		takes: 0,
		queued: undefined,
	});
}

export function retrievalEnded(state: RetrievalState): boolean {
	return state.place.name === "ended";
}

/**
 * @param atMs wall clock, milliseconds since 1970: dates are spoken and playing times measured by it.
 */
export function stepRetrieval(state: RetrievalState, event: FlowEvent, atMs: number): RetrievalStep {
	if (state.place.name === "ended") return stay(state);
	if (event.type === "timer" && event.timerId !== state.timerId) return stay(state);
	if (event.type === "hangUp") return hungUp(state, atMs);
	if (event.type === "drain") return drain(state, atMs);
	if (event.type === "digit" && KEYS_WAIT_AT.has(state.place.name)) return stay({ ...state, queued: event.digit });
	const next = atPlace(state, event, atMs);
	const { queued } = next.state;
	if (queued === undefined || KEYS_WAIT_AT.has(next.state.place.name)) return next;
	const after = stepRetrieval({ ...next.state, queued: undefined }, { type: "digit", digit: queued }, atMs);
	return { state: after.state, effects: [...next.effects, ...after.effects] };
}

/** Places of a short wait in the midst of menus. While a PIN is checked keys are ignored: no typing ahead of guesses. */
const KEYS_WAIT_AT: ReadonlySet<Place["name"]> = new Set(["listing", "loading", "marking"]);

function atPlace(state: RetrievalState, event: FlowEvent, atMs: number): RetrievalStep {
	const { place } = state;
	if ("requestId" in place) {
		if (event.type === "timer") return onReply(state, { ask: "failed" }, atMs);
		return event.type === "reply" && event.requestId === place.requestId
			? onReply(state, event.reply, atMs)
			: stay(state);
	}
	switch (place.name) {
		case "mailboxEntry":
			return inMailboxEntry(state, place, event);
		case "pinEntry":
			return inPinEntry(state, place, event);
		case "mainMenu":
			return inMainMenu(state, place, event);
		case "header":
			return inHeader(state, place, event, atMs);
		case "body":
			return inBody(state, place, event, atMs);
		case "messageMenu":
			return inMessageMenu(state, place, event, atMs);
		case "optionsMenu":
			return inOptionsMenu(state, place, event);
		case "newPin":
			return inNewPin(state, place, event);
		case "newPinAgain":
			return inNewPinAgain(state, place, event);
		case "ownPrompt":
			return inOwnPrompt(state, place, event);
		case "ownBeep":
			return inOwnBeep(state, place, event);
		case "ownRecording":
			return inOwnRecording(state, place, event);
		case "ownStopping":
			return inOwnStopping(state, place, event);
		case "ownMenu":
			return inOwnMenu(state, place, event);
		case "closing":
			return isEnd(event, place.playId) ? end(state, { type: "hangUp" }) : stay(state);
		case "ended":
			return stay(state);
	}
}

function onReply(state: RetrievalState, reply: FlowReply, atMs: number): RetrievalStep {
	const { place } = state;
	if (reply.ask === "closed") return sessionOver(state);
	switch (place.name) {
		case "checking":
			return onPinChecked(state, reply);
		case "opening":
			return onOpened(state, place, reply);
		case "listing":
			return onListed(state, reply);
		case "loading":
			return onLoaded(state, place, reply, atMs);
		case "marking":
			return onMarked(state, place, reply);
		case "changingPin":
			return onPinChanged(state, place, reply);
		case "ownFetching":
			return onOwnFetched(state, place, reply);
		case "ownSaving":
			return onOwnSaved(state, place, reply);
		default:
			return stay(state);
	}
}

/** The PIN was changed elsewhere, or the mailbox deleted: whoever is in has no right to be any more. */
function sessionOver(state: RetrievalState): RetrievalStep {
	const said = [{ prompt: "no-access" }, { prompt: "goodbye" }] as const;
	return close(
		forget(state),
		said,
		...unconfirmed(state.place),
		note("the PIN was changed elsewhere or the mailbox deleted"),
	);
}

function hungUp(state: RetrievalState, atMs: number): RetrievalStep {
	const { place } = state;
	if (place.name === "ownRecording") return stopOwn(state, place, "end");
	if (place.name === "ownStopping") return stay({ ...state, place: { ...place, next: "end" } });
	const left = leave(state, atMs);
	return end(left.session, ...left.effects, ...unconfirmed(place));
}

function drain(state: RetrievalState, atMs: number): RetrievalStep {
	const { place } = state;
	if (place.name === "closing") return stay(state);
	if (place.name === "ownRecording") return stopOwn(state, place, "goodbye");
	if (place.name === "ownStopping") {
		return place.next === "end" ? stay(state) : stay({ ...state, place: { ...place, next: "goodbye" } });
	}
	const left = leave(state, atMs);
	return close(forget(left.session), SERVICE_CLOSING, ...left.effects, ...unconfirmed(place));
}

/** A greeting that was not confirmed. While it is being set the log still needs it, and whoever sets it drops it. */
function unconfirmed(place: Place): FlowEffect[] {
	if (place.name !== "ownMenu" && place.name !== "ownFetching") return [];
	return [{ type: "drop", recordingIds: [place.recordingId] }];
}

function forget(session: Session): Session {
	return { ...session, queued: undefined };
}
