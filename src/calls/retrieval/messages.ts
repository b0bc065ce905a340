/** Hearing messages: the main menu and the `mobile` key map, with every key at every moment. Pure. */
import { durationMsOf } from "../../audio/index.ts";
import type { Message, MessageStatus } from "../../domain/index.ts";
import { type MessagePlace, type Speech, sayEnvelope, sayMessagePlace } from "../../speech/index.ts";
import type { FlowEffect, FlowEvent, FlowReply } from "../flow.ts";
import { CALL_LIMITS } from "../limits.ts";
import { optionsMenu } from "./options.ts";
import {
	type At,
	ask,
	close,
	isEnd,
	type MessageAt,
	note,
	problem,
	type RetrievalState,
	type RetrievalStep,
	type Session,
	say,
	stay,
	stepMenu,
	wait,
} from "./session.ts";

/**
 * A message counts as heard when it was played to its end, or at least this part of it: who goes on or hangs up in the
 * last words has heard it, who skips after the first ones keeps it as new.
 */
const HEARD_PART = 0.75;

const FRESH = { repeats: 0, wrongKeys: 0 };

export function mainMenu(session: Session, lead: Speech = [], counts = FRESH): RetrievalStep {
	const speech: Speech = [...lead, { prompt: "main-menu" }];
	return say(session, speech, (speaking) => ({ name: "mainMenu", speaking, ...counts }));
}

export function inMainMenu(state: RetrievalState, place: At<"mainMenu">, event: FlowEvent): RetrievalStep {
	return stepMenu(state, place, event, {
		key: (digit) => {
			switch (digit) {
				case "1":
					return ask(state, { ask: "messages" }, (requestId) => ({ name: "listing", requestId }));
				case "4":
					return optionsMenu(state);
				case "0":
					return mainMenu(state);
				case "*":
					return close(state, [{ prompt: "goodbye" }]);
				default:
					return undefined;
			}
		},
		again: (lead, counts) => mainMenu(state, lead, counts),
		giveUp: () => close(state, [{ prompt: "no-key" }, { prompt: "goodbye" }]),
	});
}

/** Messages that came meanwhile are among them, deleted ones no longer. */
export function onListed(state: RetrievalState, reply: FlowReply): RetrievalStep {
	if (reply.ask !== "messages") return problem(state);
	const session = { ...state, messages: reply.messages.messages, statuses: new Map(), beforeDelete: new Map() };
	return listenFrom(session, 0, []);
}

/** Fetches the audio of a message; `lead` is said before it. Past the last one comes the main menu. */
export function listenFrom(session: Session, index: number, lead: Speech, wentBack = false): RetrievalStep {
	const message = session.messages[index];
	if (!message) {
		return mainMenu(session, [...lead, { prompt: session.messages.length === 0 ? "no-messages" : "no-more-messages" }]);
	}
	const announced: Speech = [...lead, ...announcement(session, index, wentBack)];
	const loading = (requestId: number) => ({ name: "loading", requestId, index, lead: announced }) as const;
	return ask(session, { ask: "audio", messageId: message.messageId }, loading);
}

function announcement(session: Session, index: number, wentBack: boolean): Speech {
	const isNew = session.messages[index]!.status === "New";
	const group = session.messages.flatMap((message, i) => ((message.status === "New") === isNew ? [i] : []));
	let place: MessagePlace = "next";
	if (wentBack) place = "previous";
	else if (group.length === 1) place = "only";
	else if (index === group[0]) place = "first";
	else if (index === group.at(-1)) place = "last";
	return sayMessagePlace(place, isNew, session.mailbox?.language);
}

/** Audio that is gone or broken is said so and skipped: it must never shut off those behind it. */
export function onLoaded(state: RetrievalState, place: At<"loading">, reply: FlowReply, atMs: number): RetrievalStep {
	if (reply.ask !== "audio") return problem(state);
	const { index, lead } = place;
	const { audio } = reply;
	if (!audio) {
		const skipped = listenFrom(state, index + 1, [...lead, { prompt: "message-cannot-be-played" }]);
		return { state: skipped.state, effects: [note("a message could not be played"), ...skipped.effects] };
	}
	const speech: Speech = [...lead, ...envelope(state, index, atMs)];
	return say(state, speech, (playId) => ({ name: "header", playId, index, audio }));
}

function envelope(session: Session, index: number, atMs: number): Speech {
	const zone = session.mailbox?.timeZone ?? "UTC";
	return sayEnvelope(session.messages[index]!, new Date(atMs), zone, session.mailbox?.language);
}

export function inHeader(state: RetrievalState, place: At<"header">, event: FlowEvent, atMs: number): RetrievalStep {
	if (isEnd(event, place.playId)) return playBody(state, place, atMs);
	return event.type === "digit" ? whileHearing(state, place, event.digit, atMs) : stay(state);
}

function playBody(session: Session, { index, audio }: MessageAt, atMs: number): RetrievalStep {
	if (!audio) return messageMenu(session, { index, audio }, [{ prompt: "message-cannot-be-played" }]);
	const playId = session.nextId;
	const place = { name: "body", playId, index, audio, playedMs: 0, sinceMs: atMs } as const;
	const play: FlowEffect = { type: "play", playId, speech: [{ audio }] };
	return wait({ ...session, nextId: playId + 1 }, place, lengthMs(place) + CALL_LIMITS.mediaGraceMs, play);
}

export function inBody(state: RetrievalState, place: At<"body">, event: FlowEvent, atMs: number): RetrievalStep {
	const paused = place.sinceMs === undefined;
	if (event.type === "digit") {
		if (event.digit === "2") return paused ? resume(state, place, atMs) : pause(state, place, atMs);
		return whileHearing(state, place, event.digit, atMs);
	}
	if (paused) return event.type === "timer" ? resume(state, place, atMs) : stay(state);
	if (!isEnd(event, place.playId)) return stay(state);
	const heard = markHeard(state, place.index);
	const next = messageMenu(heard.session, place, [{ prompt: "end-of-message" }]);
	return { state: next.state, effects: [...heard.effects, ...next.effects] };
}

function pause(state: RetrievalState, place: At<"body">, atMs: number): RetrievalStep {
	const paused = { ...place, playedMs: playedMs(place, atMs), sinceMs: undefined };
	return wait(state, paused, CALL_LIMITS.pauseMsMax, { type: "pause" });
}

function resume(state: RetrievalState, place: At<"body">, atMs: number): RetrievalStep {
	const leftMs = Math.max(0, lengthMs(place) - place.playedMs);
	return wait(state, { ...place, sinceMs: atMs }, leftMs + CALL_LIMITS.mediaGraceMs, { type: "resume" });
}

function playedMs({ playedMs: before, sinceMs }: At<"body">, atMs: number): number {
	return sinceMs === undefined ? before : before + Math.max(0, atMs - sinceMs);
}

function lengthMs({ audio }: MessageAt): number {
	return audio === undefined ? 0 : durationMsOf(audio);
}

/** While a message sounds, a key that means nothing is let pass: a cheek on the keypad must not cut it off. */
function whileHearing(state: RetrievalState, place: At<"header" | "body">, digit: string, atMs: number): RetrievalStep {
	const left = leave(state, atMs);
	const next = messageKey(left.session, place, digit, atMs);
	return next ? { state: next.state, effects: [...left.effects, ...next.effects] } : stay(state);
}

/** What leaving the place means for the message that sounds: enough of it played makes it heard. */
export function leave(state: RetrievalState, atMs: number): { session: Session; effects: readonly FlowEffect[] } {
	const { place } = state;
	if (place.name !== "body" || playedMs(place, atMs) < HEARD_PART * lengthMs(place))
		return { session: state, effects: [] };
	return markHeard(state, place.index);
}

function markHeard(session: Session, index: number): { session: Session; effects: readonly FlowEffect[] } {
	const message = session.messages[index]!;
	if (statusOf(session, message) !== "New") return { session, effects: [] };
	const { messageId } = message;
	const requestId = session.nextId;
	const request = { ask: "setStatus", messageId, status: "Heard" } as const;
	const statuses = new Map(session.statuses).set(messageId, "Heard");
	return {
		session: { ...session, nextId: requestId + 1, statuses },
		effects: [{ type: "request", requestId, request }],
	};
}

function statusOf(session: Session, message: Message): MessageStatus {
	return session.statuses.get(message.messageId) ?? message.status;
}

function messageMenu(session: Session, { index, audio }: MessageAt, lead: Speech, counts = FRESH): RetrievalStep {
	const speech: Speech = [...lead, { pauseMs: 300 }, { prompt: "message-menu" }];
	return say(session, speech, (speaking) => ({ name: "messageMenu", index, audio, speaking, ...counts }));
}

export function inMessageMenu(
	state: RetrievalState,
	place: At<"messageMenu">,
	event: FlowEvent,
	atMs: number,
): RetrievalStep {
	return stepMenu(state, place, event, {
		key: (digit) => messageKey(state, place, digit, atMs),
		again: (lead, counts) => messageMenu(state, place, lead, counts),
		giveUp: () => close(state, [{ prompt: "no-key" }, { prompt: "goodbye" }]),
	});
}

/** The `mobile` key map. @returns undefined for a key without meaning. */
function messageKey(session: Session, at: MessageAt, digit: string, atMs: number): RetrievalStep | undefined {
	const { index } = at;
	switch (digit) {
		case "1":
			return playBody(session, at, atMs);
		case "4":
			if (index === 0) return messageMenu(session, at, [{ prompt: "no-previous-message" }]);
			return listenFrom(session, index - 1, [], true);
		case "5":
			return messageMenu(session, at, envelope(session, index, atMs));
		case "6":
		case "#":
			return listenFrom(session, index + 1, []);
		case "7":
			return toggleDeleted(session, at);
		case "9":
			return mark(session, at, "Saved");
		case "0":
			return messageMenu(session, at, [{ prompt: "message-help" }]);
		case "*":
			return mainMenu(session);
		default:
			return undefined;
	}
}

function toggleDeleted(session: Session, at: MessageAt): RetrievalStep {
	const message = session.messages[at.index]!;
	const status = statusOf(session, message);
	if (status === "Deleted") return mark(session, at, session.beforeDelete.get(message.messageId) ?? "Heard");
	const beforeDelete = new Map(session.beforeDelete).set(message.messageId, status);
	return mark({ ...session, beforeDelete }, at, "Deleted");
}

/** It is said only when it is done. */
function mark(session: Session, { index, audio }: MessageAt, status: MessageStatus): RetrievalStep {
	const { messageId } = session.messages[index]!;
	const marking = (requestId: number) => ({ name: "marking", requestId, index, audio, status }) as const;
	return ask(session, { ask: "setStatus", messageId, status }, marking);
}

export function onMarked(state: RetrievalState, place: At<"marking">, reply: FlowReply): RetrievalStep {
	if (reply.ask !== "setStatus") return problem(state);
	const { messageId } = state.messages[place.index]!;
	const statuses = new Map(state.statuses).set(messageId, place.status);
	const said =
		place.status === "Deleted" ? "message-deleted" : place.status === "Saved" ? "message-saved" : "message-restored";
	const next = messageMenu({ ...state, statuses }, place, [{ prompt: said }]);
	return { state: next.state, effects: [note(`a message is ${place.status} now`), ...next.effects] };
}
