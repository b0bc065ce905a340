/** Mailbox number and PIN. Unknown mailboxes, mailboxes without a PIN and wrong PINs sound alike. Pure. */
import { isPin, LIMITS } from "../../domain/index.ts";
import { type Speech, sayMessageCounts } from "../../speech/index.ts";
import type { FlowEvent, FlowReply } from "../flow.ts";
import { CALL_LIMITS } from "../limits.ts";
import { askNewPin } from "./change-pin.ts";
import { listenFrom, mainMenu } from "./messages.ts";
import {
	type At,
	ask,
	close,
	EMPTY_ENTRY,
	note,
	problem,
	type RetrievalState,
	type RetrievalStep,
	type Session,
	say,
	stepEntry,
} from "./session.ts";

const NO_KEY_GOODBYE: Speech = [{ prompt: "no-key" }, { prompt: "goodbye" }];

export function beginLogin(session: Session, lead: Speech = []): RetrievalStep {
	return session.setup.mailboxKnown ? askPin(session, "", lead) : askMailbox(session, lead);
}

function askMailbox(session: Session, lead: Speech, repeats = 0): RetrievalStep {
	const speech: Speech = [...lead, { prompt: "enter-mailbox" }];
	return say(session, speech, (speaking) => ({ name: "mailboxEntry", speaking, ...EMPTY_ENTRY, repeats }));
}

function askPin(session: Session, mailboxNumber: string, lead: Speech, repeats = 0): RetrievalStep {
	const speech: Speech = [...lead, { prompt: "enter-pin" }];
	return say(session, speech, (speaking) => ({ name: "pinEntry", mailboxNumber, speaking, ...EMPTY_ENTRY, repeats }));
}

export function inMailboxEntry(state: RetrievalState, place: At<"mailboxEntry">, event: FlowEvent): RetrievalStep {
	return stepEntry(state, place, event, {
		digitsMax: CALL_LIMITS.mailboxDigitsMax,
		submit: (digits) => askPin(state, digits, []),
		again: (repeats) => askMailbox(state, [], repeats),
		giveUp: () => close(state, NO_KEY_GOODBYE),
	});
}

export function inPinEntry(state: RetrievalState, place: At<"pinEntry">, event: FlowEvent): RetrievalStep {
	const { mailboxNumber } = place;
	return stepEntry(state, place, event, {
		digitsMax: LIMITS.pinDigitsMax,
		submit: (digits) => {
			// too short to be a PIN: wrong without asking, and still one of the call's tries
			if (!isPin(digits)) return wrongPin(state);
			const request = { ask: "checkPin", mailboxNumber, pin: digits } as const;
			return ask(state, request, (requestId) => ({ name: "checking", requestId }));
		},
		again: (repeats) => askPin(state, mailboxNumber, [], repeats),
		giveUp: () => close(state, NO_KEY_GOODBYE),
	});
}

export function onPinChecked(state: RetrievalState, reply: FlowReply): RetrievalStep {
	if (reply.ask !== "checkPin") return problem(state);
	switch (reply.check.result) {
		case "wrong":
			return wrongPin(state);
		case "locked":
			return close(state, [{ prompt: "mailbox-locked" }, { prompt: "goodbye" }], note("the mailbox is locked"));
		case "right": {
			const mustChangePin = reply.check.pinChangeRequired;
			const opening = (requestId: number) => ({ name: "opening", requestId, mustChangePin }) as const;
			return ask(state, { ask: "open" }, opening, note("the PIN was right"));
		}
	}
}

function wrongPin(state: RetrievalState): RetrievalStep {
	const session = { ...state, wrongPins: state.wrongPins + 1 };
	const said = note(`wrong PIN or mailbox number, try ${session.wrongPins}`);
	const lead: Speech = [{ prompt: state.setup.mailboxKnown ? "pin-incorrect" : "login-incorrect" }];
	if (session.wrongPins >= LIMITS.pinTriesPerCall) {
		return close(session, [...lead, { prompt: "too-many-attempts" }, { prompt: "goodbye" }], said);
	}
	const next = beginLogin(session, lead);
	return { state: next.state, effects: [said, ...next.effects] };
}

export function onOpened(state: RetrievalState, place: At<"opening">, reply: FlowReply): RetrievalStep {
	if (reply.ask !== "open") return problem(state);
	const { mailbox, messages } = reply;
	const session: Session = { ...state, mailbox, messages: messages.messages };
	const { newCount, savedCount } = messages;
	const opened = note(`mailbox opened: ${newCount} new, ${savedCount} saved`);
	const next =
		place.mustChangePin || mailbox.pinChangeRequired
			? askNewPin(session, [{ prompt: "pin-must-change" }], { forced: true, tries: 0 })
			: welcome(session);
	return { state: next.state, effects: [opened, ...next.effects] };
}

/** The counts; new messages follow by themselves, since to hear them is what nearly every call is for. */
export function welcome(session: Session, lead: Speech = []): RetrievalStep {
	const newCount = session.messages.filter((message) => message.status === "New").length;
	const counts = sayMessageCounts(newCount, session.messages.length - newCount, session.mailbox?.language);
	const speech: Speech = [...lead, ...counts, { pauseMs: 300 }];
	return newCount > 0 ? listenFrom(session, 0, speech) : mainMenu(session, speech);
}
