/**
 * The subscriber's own greeting and name: prompt, beep, recording, and a menu to keep, hear, repeat or discard it. Pure.
 *
 * Only what was confirmed with 1 is set: a greeting cut off by a lost call would be heard by every caller. Hang-up and
 * time-out discard here, other than with messages.
 */
import type { PromptId, Speech } from "../../speech/index.ts";
import { type FlowEffect, type FlowEvent, type FlowReply, SERVICE_CLOSING, takeId } from "../flow.ts";
import { CALL_LIMITS } from "../limits.ts";
import { optionsMenu } from "./options.ts";
import {
	type At,
	ask,
	close,
	end,
	isEnd,
	note,
	type Own,
	problem,
	type RetrievalState,
	type RetrievalStep,
	type Session,
	say,
	stay,
	stepMenu,
	wait,
} from "./session.ts";

const PROMPTS = {
	unavailable: {
		record: "greeting-record",
		menu: "greeting-menu",
		saved: "greeting-saved",
		discarded: "greeting-discarded",
	},
	name: { record: "name-record", menu: "name-menu", saved: "name-saved", discarded: "name-discarded" },
} as const satisfies Record<Own, Record<string, PromptId>>;

const FRESH = { repeats: 0, wrongKeys: 0 };

export function beginOwn(
	session: Session,
	own: Own,
	lead: Speech = [],
	...before: readonly FlowEffect[]
): RetrievalStep {
	const speech: Speech = [...lead, { prompt: PROMPTS[own].record }];
	return say(session, speech, (playId) => ({ name: "ownPrompt", own, playId }), ...before);
}

export function inOwnPrompt(state: RetrievalState, place: At<"ownPrompt">, event: FlowEvent): RetrievalStep {
	const { own } = place;
	if (event.type === "digit" && event.digit === "*") return optionsMenu(state, [{ prompt: PROMPTS[own].discarded }]);
	const skipped = event.type === "digit" && event.digit === "#";
	if (!skipped && !isEnd(event, place.playId)) return stay(state);
	return say(state, [{ prompt: "beep" }], (playId) => ({ name: "ownBeep", own, playId }));
}

export function inOwnBeep(state: RetrievalState, place: At<"ownBeep">, event: FlowEvent): RetrievalStep {
	if (!isEnd(event, place.playId)) return stay(state);
	const { own } = place;
	const take = state.takes + 1;
	const recordingId = takeId(`${state.setup.callId}.own`, take);
	const maxMs = own === "name" ? state.setup.nameMaxMs : state.setup.greetingMaxMs;
	const effects: FlowEffect[] = [{ type: "record", recordingId, take, maxMs }, note(`recording the ${OWN[own]}`)];
	const place2 = { name: "ownRecording", own, recordingId } as const;
	return wait({ ...state, takes: take }, place2, maxMs + CALL_LIMITS.mediaGraceMs, ...effects);
}

const OWN: Readonly<Record<Own, string>> = { unavailable: "greeting", name: "name" };

export function inOwnRecording(state: RetrievalState, place: At<"ownRecording">, event: FlowEvent): RetrievalStep {
	const ends = event.type === "digit" || ["silence", "recordingFull", "timer"].includes(event.type);
	return ends ? stopOwn(state, place, "menu") : stay(state);
}

/** Also when the call ends while recording: the log forgets the recording once it has stopped. */
export function stopOwn(session: Session, place: At<"ownRecording">, next: At<"ownStopping">["next"]): RetrievalStep {
	const { own, recordingId } = place;
	const stopping = { name: "ownStopping", own, recordingId, next } as const;
	return wait(session, stopping, CALL_LIMITS.replyMsMax, { type: "stopRecording", recordingId });
}

export function inOwnStopping(state: RetrievalState, place: At<"ownStopping">, event: FlowEvent): RetrievalStep {
	const { own, recordingId, next } = place;
	const stopped = event.type === "recorded" && event.recordingId === recordingId;
	if (!stopped && event.type !== "timer") return stay(state);
	const drop: FlowEffect = { type: "drop", recordingIds: [recordingId] };
	if (next === "end") return end(state, drop);
	if (next === "goodbye") return close(state, SERVICE_CLOSING, drop);
	const durationMs = event.type === "recorded" ? event.durationMs : undefined;
	if (durationMs === undefined) return problem(state, drop);
	if (durationMs >= CALL_LIMITS.ownRecordingMinMs) return ownMenu(state, own, recordingId);
	const lead: Speech = [{ prompt: "recording-too-short" }];
	if (state.takes < CALL_LIMITS.takesMax) return beginOwn(state, own, lead, drop);
	return discard(state, place, lead);
}

function ownMenu(session: Session, own: Own, recordingId: string, lead: Speech = [], counts = FRESH): RetrievalStep {
	const speech: Speech = [...lead, { prompt: PROMPTS[own].menu }];
	return say(session, speech, (speaking) => ({ name: "ownMenu", own, recordingId, speaking, ...counts }));
}

export function inOwnMenu(state: RetrievalState, place: At<"ownMenu">, event: FlowEvent): RetrievalStep {
	const { own, recordingId } = place;
	const drop: FlowEffect = { type: "drop", recordingIds: [recordingId] };
	return stepMenu(state, place, event, {
		key: (digit) => {
			switch (digit) {
				case "1": {
					const saving = (requestId: number) => ({ name: "ownSaving", own, recordingId, requestId }) as const;
					return ask(state, { ask: "setGreeting", kind: own, recordingId }, saving);
				}
				case "2": {
					const fetching = (requestId: number) => ({ name: "ownFetching", own, recordingId, requestId }) as const;
					return ask(state, { ask: "readRecording", recordingId }, fetching);
				}
				case "3":
					return state.takes < CALL_LIMITS.takesMax ? beginOwn(state, own, [], drop) : discard(state, place, []);
				case "7":
				case "*":
					return discard(state, place, []);
				default:
					return undefined;
			}
		},
		again: (lead, counts) => ownMenu(state, own, recordingId, lead, counts),
		giveUp: () => close(state, [{ prompt: PROMPTS[own].discarded }, { prompt: "goodbye" }], drop),
	});
}

function discard(
	session: Session,
	place: { readonly own: Own; readonly recordingId: string },
	lead: Speech,
): RetrievalStep {
	const next = optionsMenu(session, [...lead, { prompt: PROMPTS[place.own].discarded }]);
	const drop: FlowEffect = { type: "drop", recordingIds: [place.recordingId] };
	return { state: next.state, effects: [drop, ...next.effects] };
}

export function onOwnFetched(state: RetrievalState, place: At<"ownFetching">, reply: FlowReply): RetrievalStep {
	const audio = reply.ask === "readRecording" ? reply.audio : undefined;
	if (!audio) return problem(state, { type: "drop", recordingIds: [place.recordingId] });
	return ownMenu(state, place.own, place.recordingId, [{ audio }, { pauseMs: 500 }]);
}

export function onOwnSaved(state: RetrievalState, place: At<"ownSaving">, reply: FlowReply): RetrievalStep {
	if (reply.ask !== "setGreeting") return problem(state, { type: "drop", recordingIds: [place.recordingId] });
	const next = optionsMenu(state, [{ prompt: PROMPTS[place.own].saved }]);
	return { state: next.state, effects: [note(`the ${OWN[place.own]} was set`), ...next.effects] };
}
