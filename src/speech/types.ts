/** What this room speaks with: prompts of the catalogue, pauses, and recordings of the subscriber. */

import type catalogue from "../../prompts/catalogue.json";
import type { TelephoneAudio } from "../audio/index.ts";

/** An entry of `prompts/catalogue.json`: an id that is not there does not compile. */
export type PromptId = keyof typeof catalogue;

export type SpeechItem =
	| { readonly prompt: PromptId }
	| { readonly pauseMs: number }
	/** The subscriber's recorded name or greeting. */
	| { readonly audio: TelephoneAudio };

/** What is said, in order. */
export type Speech = readonly SpeechItem[];

/** The recordings of one language, in memory. */
export interface PromptLibrary {
	/** BCP 47 primary language of the recordings. */
	readonly language: string;
	/** µ-law samples over a SharedArrayBuffer, so that media workers play them without a copy. */
	audio(id: PromptId): TelephoneAudio;
	/** Length of all items one after the other, milliseconds. */
	durationMs(items: Speech): number;
}

/** Where a message stands in the list that is being heard. */
export type MessagePlace = "first" | "next" | "last" | "only" | "previous";
