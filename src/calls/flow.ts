/**
 * What the call flows and their driver say to each other. A flow is a pure machine: `step(state, event, atMs)` gives the
 * next state and the effects that the driver carries out, in order. Time comes in as `atMs`, a timer goes out as an effect.
 */

import { durationMsOf, type TelephoneAudio } from "../audio/index.ts";
import type { MessageStatus } from "../domain/index.ts";
import type { Speech } from "../speech/index.ts";
import { CALL_LIMITS } from "./limits.ts";
import type { CallMailbox, MailboxMessages, PinChange, PinCheck } from "./ports.ts";

export type FlowEvent =
	/** What `play` of that id began has been heard to its end. */
	| { readonly type: "promptEnded"; readonly playId: number }
	| { readonly type: "digit"; readonly digit: string }
	/** Nothing louder than the silence level while recording, for the set time. */
	| { readonly type: "silence" }
	| { readonly type: "recordingFull" }
	| { readonly type: "timer"; readonly timerId: number }
	/** The recording is durable in the log; a length of undefined: it could not be told, the log decides. */
	| { readonly type: "recorded"; readonly recordingId: string; readonly durationMs: number | undefined }
	| { readonly type: "reply"; readonly requestId: number; readonly reply: FlowReply }
	/** The caller acknowledged the answer that `answer` asked for. */
	| { readonly type: "confirmed" }
	/** The platform closes: say goodbye and keep what there is. */
	| { readonly type: "drain" }
	/** The caller is gone, or no RTP came for the set time. */
	| { readonly type: "hangUp" };

export type FlowEffect =
	/** In place of what plays now. */
	| { readonly type: "play"; readonly playId: number; readonly speech: Speech }
	| { readonly type: "pause" }
	| { readonly type: "resume" }
	| { readonly type: "stopPlaying" }
	/** There is one timer: a new one takes the place of the old one. */
	| { readonly type: "startTimer"; readonly timerId: number; readonly afterMs: number }
	| { readonly type: "clearTimer" }
	| { readonly type: "record"; readonly recordingId: string; readonly take: number; readonly maxMs: number }
	/** Answered by `recorded`. */
	| { readonly type: "stopRecording"; readonly recordingId: string }
	/** These are the takes of the message, the one to keep first; where it is too short the next one counts. */
	| { readonly type: "keep"; readonly recordingIds: readonly string[] }
	/** The log may forget these. */
	| { readonly type: "drop"; readonly recordingIds: readonly string[] }
	| { readonly type: "request"; readonly requestId: number; readonly request: FlowRequest }
	/** The greeting was played before the answer: now the call is answered. `confirmed` follows. */
	| { readonly type: "answer" }
	/** The caller logs in to the mailbox in place of leaving a message: from here on the call is a retrieval. */
	| { readonly type: "login" }
	/** A step of the call trace; never digits. */
	| { readonly type: "note"; readonly what: string }
	/** Ends the call; the last effect of a call that we end. */
	| { readonly type: "hangUp" };

/** What a flow asks of the mailboxes and the recording log; each is answered by `reply` with the same id. */
export type FlowRequest =
	| { readonly ask: "checkPin"; readonly mailboxNumber: string; readonly pin: string }
	/** After the right PIN. */
	| { readonly ask: "open" }
	| { readonly ask: "messages" }
	| { readonly ask: "audio"; readonly messageId: string }
	| { readonly ask: "setStatus"; readonly messageId: string; readonly status: MessageStatus }
	| { readonly ask: "changePin"; readonly pin: string }
	| { readonly ask: "readRecording"; readonly recordingId: string }
	| { readonly ask: "setGreeting"; readonly kind: "unavailable" | "name"; readonly recordingId: string };

export type FlowReply =
	| { readonly ask: "checkPin"; readonly check: PinCheck }
	| { readonly ask: "open"; readonly mailbox: CallMailbox; readonly messages: MailboxMessages }
	| { readonly ask: "messages"; readonly messages: MailboxMessages }
	/** Undefined: gone or not playable. */
	| { readonly ask: "audio"; readonly audio: TelephoneAudio | undefined }
	| { readonly ask: "setStatus" }
	| { readonly ask: "changePin"; readonly change: PinChange }
	| { readonly ask: "readRecording"; readonly audio: TelephoneAudio | undefined }
	| { readonly ask: "setGreeting" }
	/** The PIN was changed elsewhere or the mailbox deleted: the session is over. */
	| { readonly ask: "closed" }
	/** It could not be done now. */
	| { readonly ask: "failed" };

/** Said where the platform closes and there is no message to be kept. */
export const SERVICE_CLOSING: Speech = [{ prompt: "service-closing" }];

export interface Step<State> {
	readonly state: State;
	readonly effects: readonly FlowEffect[];
}

/** After so long the end of a play has been lost: prompts have a bound, recordings their own length. */
export function playWatchMs(speech: Speech): number {
	const recordedMs = speech.reduce((sum, item) => sum + ("audio" in item ? durationMsOf(item.audio) : 0), 0);
	return CALL_LIMITS.promptMsMax + recordedMs;
}

/** Recording id of one take: the message's own id for the first one. */
export function takeId(id: string, take: number): string {
	return take === 1 ? id : `${id}.${take}`;
}
