/**
 * Mailboxes as calls see them. `calls/` declares the same shapes as the ports that it needs; the two rooms may not
 * import each other, and a test holds them assignable.
 */

import type { TelephoneAudio } from "../audio/index.ts";
import type { AttestationLevel, MailboxSource, Message, MessageStatus, RedirectReason } from "../domain/index.ts";

/** A live number of ours, with its mailbox where one is active. */
export interface HeldNumber {
	readonly phoneNumber: string;
	readonly mailbox: CallMailbox | undefined;
}

export interface CallMailbox {
	/** `MBID-...`; a mailbox deleted and activated again has another one. */
	readonly mailboxId: string;
	readonly phoneNumber: string;
	readonly full: boolean;
	readonly pinSet: boolean;
	readonly pinChangeRequired: boolean;
	/** IANA name. */
	readonly timeZone: string;
	/** BCP 47. */
	readonly language: string;
	readonly maxMessageMs: number;
	readonly minMessageMs: number;
}

export interface Greetings {
	readonly unavailable: TelephoneAudio | undefined;
	readonly name: TelephoneAudio | undefined;
}
export type GreetingKind = keyof Greetings;

/** What was known when the message started. */
export interface DepositFacts {
	readonly messageId: string;
	readonly mailboxId: string;
	readonly phoneNumber: string;
	readonly from: string | null;
	readonly fromName: string | null;
	/** ISO 8601 UTC, moment of answer. */
	readonly receivedOn: string;
	readonly redirectReason: RedirectReason;
	readonly mailboxSource: MailboxSource;
	readonly minMessageMs: number;
	readonly callId: string;
	/** A rule of the subscriber kept the caller out: the message alerts nobody. */
	readonly filtered: boolean;
	/** What the caller's network attests, not verified. */
	readonly attestation: AttestationLevel | null;
}

export interface DepositedRecording {
	readonly facts: DepositFacts;
	readonly audio: TelephoneAudio;
	readonly durationMs: number;
	readonly speechMs: number;
}

/** For the lamps: a mailbox at one moment. */
export interface LampReading {
	readonly phoneNumber: string;
	/** Another one whenever the counts are others. */
	readonly version: string;
	readonly counts: {
		readonly new: number;
		readonly old: number;
		readonly newUrgent: number;
		readonly oldUrgent: number;
	};
}

export type DepositResult = "stored" | "tooShort" | "mailboxGone";

/** `own`: the network asserted the mailbox's own number as the caller; `foreign`: everybody else, web and API. */
export type PinChannel = "own" | "foreign";

export type PinCheck =
	| { readonly result: "right"; readonly pinChangeRequired: boolean }
	| { readonly result: "wrong" }
	| { readonly result: "locked"; readonly until: Date };

export type PinChange = { readonly result: "changed" } | { readonly result: "badLength" | "weak" | "same" };

export interface MailboxMessages {
	/** Not deleted, new ones first, each group oldest first. */
	readonly messages: readonly Message[];
	readonly newCount: number;
	/** All that are not new: heard and saved. */
	readonly savedCount: number;
}

/** Verbs of a call. All throw Failure `storeUnavailable` when the database is away. */
export interface CallMailboxes {
	/** One query for all candidates; numbers that are not ours, cancelled or still in the pool are not among the result. */
	find(phoneNumbers: readonly string[]): Promise<readonly HeldNumber[]>;
	/** A greeting that can not be read is undefined, as if there were none. */
	greetings(mailboxId: string): Promise<Greetings>;
	/** Blob, then row and job in one transaction; twice is harmless. */
	deposit(recording: DepositedRecording): Promise<DepositResult>;
	/** Also "wrong" for a mailbox without PIN or no mailbox at all, after the same time. */
	checkPin(phoneNumber: string, pin: string, channel: PinChannel): Promise<PinCheck>;
	/** Failure `mailboxGone` when the mailbox was deleted meanwhile. Sessions opened before the change end. */
	changePin(mailboxId: string, pin: string): Promise<PinChange>;
	messages(mailboxId: string): Promise<MailboxMessages>;
	/** Also of a message just deleted, since it may be restored. Undefined when the message or its blob can not be had. */
	audio(messageId: string, mailboxId: string): Promise<TelephoneAudio | undefined>;
	/** Deleted, or any other status, which also restores a deleted message. Unknown ids are ignored. */
	setStatus(mailboxId: string, messageId: string, status: MessageStatus): Promise<void>;
	/** What is beyond the greatest length is cut. Failure `badInput` for empty audio, `mailboxGone`. */
	setGreeting(mailboxId: string, kind: GreetingKind, audio: TelephoneAudio): Promise<void>;
	/** @param since when the session's PIN was checked. */
	stillOpen(mailboxId: string, since: Date): Promise<boolean>;
}
