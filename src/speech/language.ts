/** What a language must be able to say. English is the only one yet; any other falls back to it. */
import type { TelephoneAudio } from "../audio/index.ts";
import { english } from "./english.ts";
import type { MessagePlace, Speech } from "./types.ts";

export interface SpokenLanguage {
	/** BCP 47 primary language, also the folder of the recordings. */
	readonly language: string;
	sayCount(n: number): Speech;
	sayPhoneNumber(number: string, options?: { readonly plus?: boolean }): Speech;
	sayCaller(from: string | null): Speech;
	sayDateTime(moment: Date, now: Date, timeZone: string): Speech;
	sayMessageCounts(newCount: number, savedCount: number): Speech;
	sayMessagePlace(place: MessagePlace, isNew: boolean): Speech;
	sayEnvelope(
		message: { readonly from: string | null; readonly receivedOn: Date },
		now: Date,
		timeZone: string,
	): Speech;
	/** Standard greetings without their beep, the most telling first. */
	greetings(phoneNumber: string | undefined, name: TelephoneAudio | undefined): readonly Speech[];
}

const LANGUAGES: ReadonlyMap<string, SpokenLanguage> = new Map([[english.language, english]]);

/**
 * @param language BCP 47 tag such as `en` or `en-GB`; only its primary part counts.
 * @returns that language, or English where we do not speak it.
 */
export function spokenLanguage(language: string): SpokenLanguage {
	return LANGUAGES.get(language.toLowerCase().split("-", 1)[0]!) ?? english;
}
