/** Which greeting a caller hears. Pure. */
import { type PromptLibrary, type Speech, standardGreeting } from "../speech/index.ts";
import type { CallMailbox, Greetings } from "./ports.ts";

/** `beep`: the beep only, for tests, benches and networks that announce themselves. */
export type GreetingMode = "standard" | "beep";

export interface GreetingSettings {
	readonly mode: GreetingMode;
	/** Standard greeting and beep together; an own greeting may be longer. */
	readonly maxMs: number;
}

/**
 * The subscriber's own greeting; else a standard one with the recorded name, else with the number. Without its beep.
 *
 * @param numberHidden the subscriber's number is not to be told: the caller dialled another one.
 */
export function greetingOf(
	mailbox: CallMailbox,
	greetings: Greetings,
	library: PromptLibrary,
	settings: GreetingSettings,
	numberHidden = false,
): Speech {
	if (settings.mode === "beep") return [];
	if (greetings.unavailable) return [{ audio: greetings.unavailable }];
	const { phoneNumber, language } = mailbox;
	const shown = numberHidden ? undefined : phoneNumber;
	const speech = standardGreeting(shown, greetings.name, library, settings.maxMs, language);
	// the beep is played apart, since recording starts at its end and # leads to it
	return speech.filter((item) => !("prompt" in item && item.prompt === "beep"));
}
