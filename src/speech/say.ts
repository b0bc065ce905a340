/**
 * What the platform says, as lists of prompts. Pure. `language` is a BCP 47 tag; a language we do not speak is answered
 * in English.
 */
import type { TelephoneAudio } from "../audio/index.ts";
import { spokenLanguage } from "./language.ts";
import type { MessagePlace, PromptLibrary, Speech } from "./types.ts";

const DEFAULT_LANGUAGE = "en";

/**
 * A cardinal number.
 *
 * @param n whole, 0 to 999,999.
 * @throws RangeError for any other: our bug, not bad input.
 */
export function sayCount(n: number, language = DEFAULT_LANGUAGE): Speech {
	return spokenLanguage(language).sayCount(n);
}

/**
 * A telephone number digit by digit, in groups with short pauses, the voice falling on the last digit.
 *
 * @param number E.164, or as received; what is no digit is left out, so a text without digits says nothing.
 * @param options `plus`: a leading + is spoken (it is not by default).
 */
export function sayPhoneNumber(
	number: string,
	options: { readonly plus?: boolean } = {},
	language = DEFAULT_LANGUAGE,
): Speech {
	return spokenLanguage(language).sayPhoneNumber(number, options);
}

/** "from 1 801 555 1234", "from a withheld number" for null, "from an unknown caller" for a text without digits. */
export function sayCaller(from: string | null, language = DEFAULT_LANGUAGE): Speech {
	return spokenLanguage(language).sayCaller(from);
}

/**
 * "today at ten thirty a.m.": the day as seen from `now`, both in the listener's zone.
 *
 * @param timeZone IANA name.
 * @throws RangeError for an unknown zone.
 */
export function sayDateTime(moment: Date, now: Date, timeZone: string, language = DEFAULT_LANGUAGE): Speech {
	return spokenLanguage(language).sayDateTime(moment, now, timeZone);
}

/** "You have two new messages, and one saved message." Counts as in `sayCount`. */
export function sayMessageCounts(newCount: number, savedCount: number, language = DEFAULT_LANGUAGE): Speech {
	return spokenLanguage(language).sayMessageCounts(newCount, savedCount);
}

/** "Next new message." */
export function sayMessagePlace(place: MessagePlace, isNew: boolean, language = DEFAULT_LANGUAGE): Speech {
	return spokenLanguage(language).sayMessagePlace(place, isNew);
}

/** "Received yesterday at noon, from 1 801 555 1234." with a pause behind it. */
export function sayEnvelope(
	message: { readonly from: string | null; readonly receivedOn: Date },
	now: Date,
	timeZone: string,
	language = DEFAULT_LANGUAGE,
): Speech {
	return spokenLanguage(language).sayEnvelope(message, now, timeZone);
}

/**
 * The greeting of a mailbox without one of its own: with the recorded name, else with the number. Where that does not
 * fit into the time, the next shorter one is taken, at last the beep alone, since a caller pays for each second.
 *
 * @param name the subscriber's recorded name.
 * @param maxMs greeting and beep together.
 * @returns greeting and beep.
 */
export function standardGreeting(
	phoneNumber: string | undefined,
	name: TelephoneAudio | undefined,
	library: PromptLibrary,
	maxMs: number,
	language = DEFAULT_LANGUAGE,
): Speech {
	const beep = { prompt: "beep" } as const;
	for (const greeting of spokenLanguage(language).greetings(phoneNumber, name)) {
		const speech = [...greeting, beep];
		if (library.durationMs(speech) <= maxMs) return speech;
	}
	return [beep];
}
