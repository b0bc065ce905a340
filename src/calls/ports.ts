/**
 * What the call flows need of the rest of the house. `mailbox/` fulfils `CallMailboxes`, `routing/` fulfils `CallRules`,
 * `main.ts` hands them over.
 */

import type { TelephoneAudio } from "../audio/index.ts";
import type { AttestationLevel, MailboxSource, Message, MessageStatus, RedirectReason } from "../domain/index.ts";

/** A number of ours, with its mailbox where one is active. */
export interface HeldNumber {
	readonly phoneNumber: string;
	readonly mailbox: CallMailbox | undefined;
}

/** A mailbox as a call sees it: one consistent reading for the whole call. */
export interface CallMailbox {
	/** `MBID-...`; a mailbox deleted and activated again has another one. */
	readonly mailboxId: string;
	readonly phoneNumber: string;
	readonly full: boolean;
	readonly pinSet: boolean;
	/** A weak or initial PIN must be changed before anything is heard. */
	readonly pinChangeRequired: boolean;
	/** IANA name. */
	readonly timeZone: string;
	/** BCP 47. */
	readonly language: string;
	readonly maxMessageMs: number;
	readonly minMessageMs: number;
}

export interface Greetings {
	/** The subscriber's own greeting. */
	readonly unavailable: TelephoneAudio | undefined;
	/** The subscriber's recorded name. */
	readonly name: TelephoneAudio | undefined;
}

/** What is known when a message starts; it is the recording's header, so that recovery after a crash has it too. */
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

/** `own`: the network asserted the mailbox's own number as the caller; `foreign`: any other call. Each has its own failure counter. */
export type PinChannel = "own" | "foreign";

export type PinCheck =
	| { readonly result: "right"; readonly pinChangeRequired: boolean }
	/** Also for a mailbox without PIN or no mailbox at all, after the same time. */
	| { readonly result: "wrong" }
	| { readonly result: "locked"; readonly until: Date };

export type PinChange = { readonly result: "changed" } | { readonly result: "badLength" | "weak" | "same" };

export interface MailboxMessages {
	/** Not deleted, new ones first, each group oldest first. */
	readonly messages: readonly Message[];
	readonly newCount: number;
	readonly savedCount: number;
}

export interface CallMailboxes {
	/** One query for all candidates. Throws Failure `storeUnavailable` when the database is away. */
	find(phoneNumbers: readonly string[]): Promise<readonly HeldNumber[]>;
	greetings(mailboxId: string): Promise<Greetings>;
	/**
	 * Blob, then message row and job in one transaction; doing it twice is harmless.
	 * @returns "stored", "tooShort" (under the minimum, nothing kept), or "mailboxGone".
	 */
	deposit(recording: DepositedRecording): Promise<"stored" | "tooShort" | "mailboxGone">;
	checkPin(phoneNumber: string, pin: string, channel: PinChannel): Promise<PinCheck>;
	changePin(mailboxId: string, pin: string): Promise<PinChange>;
	messages(mailboxId: string): Promise<MailboxMessages>;
	/** Undefined when the message or its blob is gone or unreadable: the flow says so and goes on. */
	audio(messageId: string, mailboxId: string): Promise<TelephoneAudio | undefined>;
	/** Heard, Saved, Deleted, or back to what it was (undelete). Unknown ids are ignored. */
	setStatus(mailboxId: string, messageId: string, status: MessageStatus): Promise<void>;
	setGreeting(mailboxId: string, kind: "unavailable" | "name", audio: TelephoneAudio): Promise<void>;
	/** Ends when the PIN was changed elsewhere or the mailbox deleted: retrieval sessions end with it. */
	stillOpen(mailboxId: string, since: Date): Promise<boolean>;
}

/** Who calls, as far as rules may look. */
export interface CallingParty {
	/** As the subscriber may see it; null when withheld. */
	readonly number: string | null;
	/** What the network vouches for, also where the caller withholds it. */
	readonly asserted: readonly string[];
}

export type CallVerdict =
	| { readonly result: "accept" }
	/** May leave a message; nobody is alerted. */
	| { readonly result: "filter"; readonly why: string }
	| { readonly result: "refuse"; readonly status: number; readonly why: string };

/** What was laid down for the numbers of one call, as it was when they were looked up. */
export interface RulesInForce {
	judge(phoneNumber: string, caller: CallingParty): CallVerdict;
	/** The number whose mailbox takes calls for one that has none of its own; undefined where nobody does. */
	standIn(phoneNumber: string): Promise<{ readonly phoneNumber: string; readonly why: string } | undefined>;
}

export interface CallRules {
	/** One query for all numbers of an INVITE. Throws Failure `storeUnavailable` when the database is away. */
	find(phoneNumbers: readonly string[]): Promise<RulesInForce>;
}

/** One candidate that the INVITE offered for the mailbox, and what became of it. */
export interface TracedCandidate {
	readonly source: MailboxSource;
	readonly raw: string;
	/** Undefined where the raw text could not be read as a number; `why` says how. */
	readonly phoneNumber: string | undefined;
	readonly why: string;
}

/** Why a call did or did not become a voicemail: `afterbeep calls trace ID`. */
export interface CallTrace {
	/** `CALL-...` */
	readonly callId: string;
	readonly sipCallId: string;
	readonly startedOn: Date;
	readonly endedOn: Date | undefined;
	readonly source: string;
	readonly requestUri: string;
	readonly from: string | null;
	/** What the INVITE says of the caller's identity beside the number: attestation, origid, not verified by us. */
	readonly identity: string | undefined;
	readonly kind: "deposit" | "retrieval" | "refused";
	readonly candidates: readonly TracedCandidate[];
	readonly phoneNumber: string | undefined;
	readonly mailboxSource: MailboxSource | undefined;
	/** SIP status we answered with. */
	readonly status: number;
	/** One sentence: why this outcome, and how to mend it where it is a refusal. */
	readonly why: string;
	readonly messageId: string | undefined;
	/** What happened, in order: `{atMs, what}` since the INVITE. Never digits. */
	readonly steps: readonly { readonly atMs: number; readonly what: string }[];
}

export interface CallTraces {
	/** Written at the end of each call, best effort: a failure is logged and never disturbs a call. */
	write(trace: CallTrace): Promise<void>;
}
