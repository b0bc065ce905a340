/** A new PIN: keyed twice, never weak, never the old one. Pure. */
import { LIMITS } from "../../domain/index.ts";
import type { Speech } from "../../speech/index.ts";
import type { FlowEvent, FlowReply } from "../flow.ts";
import { CALL_LIMITS } from "../limits.ts";
import { welcome } from "./login.ts";
import { optionsMenu } from "./options.ts";
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

/** `forced`: nothing is heard before a new PIN is set. */
interface Change {
	readonly forced: boolean;
	/** Entries that were refused or did not match. */
	readonly tries: number;
}

export function askNewPin(session: Session, lead: Speech, { forced, tries }: Change, repeats = 0): RetrievalStep {
	const speech: Speech = [...lead, { prompt: "pin-enter-new" }];
	return say(session, speech, (speaking) => ({ name: "newPin", forced, tries, speaking, ...EMPTY_ENTRY, repeats }));
}

export function inNewPin(state: RetrievalState, place: At<"newPin">, event: FlowEvent): RetrievalStep {
	const { forced } = place;
	return stepEntry(state, place, event, {
		digitsMax: LIMITS.pinDigitsMax,
		submit: (digits, tooLong) => {
			if (tooLong) return refuse(state, place, [{ prompt: "pin-too-long" }]);
			if (digits.length < LIMITS.pinDigitsMin) return refuse(state, place, [{ prompt: "pin-too-short" }]);
			return askAgain(state, place, digits);
		},
		again: (repeats) => askNewPin(state, [], place, repeats),
		...(forced ? {} : { back: () => giveUp(state, false) }),
		giveUp: () => goodbye(state),
	});
}

function askAgain(session: Session, { forced, tries }: Change, pin: string, repeats = 0): RetrievalStep {
	const speech: Speech = [{ prompt: "pin-enter-again" }];
	return say(session, speech, (speaking) => ({
		name: "newPinAgain",
		forced,
		tries,
		pin,
		speaking,
		...EMPTY_ENTRY,
		repeats,
	}));
}

export function inNewPinAgain(state: RetrievalState, place: At<"newPinAgain">, event: FlowEvent): RetrievalStep {
	const { forced, tries, pin } = place;
	return stepEntry(state, place, event, {
		digitsMax: LIMITS.pinDigitsMax,
		submit: (digits, tooLong) => {
			if (tooLong || digits !== pin) return refuse(state, place, [{ prompt: "pin-not-matching" }]);
			const changing = (requestId: number) =>
				({ name: "changingPin", requestId, forced, tries, digits: pin.length }) as const;
			return ask(state, { ask: "changePin", pin }, changing);
		},
		again: (repeats) => askAgain(state, place, pin, repeats),
		...(forced ? {} : { back: () => giveUp(state, false) }),
		giveUp: () => goodbye(state),
	});
}

export function onPinChanged(state: RetrievalState, place: At<"changingPin">, reply: FlowReply): RetrievalStep {
	if (reply.ask !== "changePin") return problem(state);
	switch (reply.change.result) {
		case "changed": {
			const lead: Speech = [{ prompt: "pin-changed" }];
			const next = place.forced ? welcome(state, lead) : optionsMenu(state, lead);
			return { state: next.state, effects: [note("the PIN was changed"), ...next.effects] };
		}
		case "weak":
			return refuse(state, place, [{ prompt: "pin-too-weak" }]);
		case "same":
			return refuse(state, place, [{ prompt: "pin-same" }]);
		case "badLength":
			return refuse(state, place, [{ prompt: place.digits < LIMITS.pinDigitsMin ? "pin-too-short" : "pin-too-long" }]);
	}
}

function refuse(session: Session, { forced, tries }: Change, why: Speech): RetrievalStep {
	if (tries + 1 < CALL_LIMITS.pinChangeTriesMax) return askNewPin(session, why, { forced, tries: tries + 1 });
	return giveUp(session, forced, why);
}

function giveUp(session: Session, forced: boolean, lead: Speech = []): RetrievalStep {
	const speech: Speech = [...lead, { prompt: "pin-not-changed" }];
	return forced ? close(session, [...speech, { prompt: "goodbye" }]) : optionsMenu(session, speech);
}

function goodbye(session: Session): RetrievalStep {
	return close(session, [{ prompt: "pin-not-changed" }, { prompt: "goodbye" }]);
}
