/** Greeting, name and PIN: the options menu. Pure. */
import type { Speech } from "../../speech/index.ts";
import type { FlowEvent } from "../flow.ts";
import { askNewPin } from "./change-pin.ts";
import { mainMenu } from "./messages.ts";
import { beginOwn } from "./own-recording.ts";
import { type At, close, type RetrievalState, type RetrievalStep, type Session, say, stepMenu } from "./session.ts";

const FRESH = { repeats: 0, wrongKeys: 0 };

export function optionsMenu(session: Session, lead: Speech = [], counts = FRESH): RetrievalStep {
	const speech: Speech = [...lead, { prompt: "options-menu" }];
	return say(session, speech, (speaking) => ({ name: "optionsMenu", speaking, ...counts }));
}

export function inOptionsMenu(state: RetrievalState, place: At<"optionsMenu">, event: FlowEvent): RetrievalStep {
	return stepMenu(state, place, event, {
		key: (digit) => {
			switch (digit) {
				case "1":
					return beginOwn(state, "unavailable");
				case "2":
					return beginOwn(state, "name");
				case "3":
					return askNewPin(state, [], { forced: false, tries: 0 });
				case "0":
					return optionsMenu(state);
				case "*":
					return mainMenu(state);
				default:
					return undefined;
			}
		},
		again: (lead, counts) => optionsMenu(state, lead, counts),
		giveUp: () => close(state, [{ prompt: "no-key" }, { prompt: "goodbye" }]),
	});
}
