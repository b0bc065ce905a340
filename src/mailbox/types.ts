/** What one can do with a mailbox and its messages: the only door to them for calls, HTTP and CLI alike. */
import type { TelephoneAudio } from "../audio/index.ts";
import type { NumberHooks } from "../directory/index.ts";
import type { FailureCode, Message, Principal } from "../domain/index.ts";
import type { LampReading } from "./call-types.ts";

export interface MailboxFields {
	/** Undefined: unchanged. `""` clears name and e-mail; a PIN can not be cleared. */
	readonly pin?: string | undefined;
	readonly firstName?: string | undefined;
	readonly lastName?: string | undefined;
	readonly email?: string | undefined;
}

export interface MailboxInfo {
	readonly phoneNumber: string;
	readonly voicemailEnabled: boolean;
	readonly email: string | null;
	readonly firstName: string | null;
	readonly lastName: string | null;
}

/** Operators' view (`afterbeep mailboxes show`); never a PIN or its hash. */
export interface MailboxDetails extends MailboxInfo {
	readonly mailboxId: string;
	readonly accountId: string;
	readonly pinSet: boolean;
	readonly pinChangeRequired: boolean;
	readonly lockedUntil: Date | null;
	readonly failedAttempts: number;
	readonly newMessages: number;
	readonly totalMessages: number;
	readonly mailboxFull: boolean;
	readonly timeZone: string;
	readonly language: string;
	readonly activatedOn: Date;
}

/** What the notification e-mail of a message needs, read at send time. */
export interface MessageNotice {
	readonly message: Message;
	readonly audio: TelephoneAudio;
	readonly email: string | null;
	readonly firstName: string | null;
	readonly lastName: string | null;
	readonly timeZone: string;
	readonly language: string;
	readonly attachAudio: boolean;
	readonly newMessages: number;
}

/** What the mail with a new random PIN needs, read at send time. */
export interface PinNotice {
	readonly phoneNumber: string;
	readonly email: string;
	readonly firstName: string | null;
	readonly lastName: string | null;
	readonly pin: string;
	readonly resetOn: Date;
}

export interface MailboxImportLine {
	/** Of the file, from 1. */
	readonly line: number;
	readonly phoneNumber: string;
	readonly fields: MailboxFields;
	readonly timeZone?: string | undefined;
	readonly language?: string | undefined;
}

export interface MailboxImport {
	/** Names what is imported and for whom: the same again goes on where it stopped. */
	readonly importId: string;
	/** Undefined: the operator's only account. */
	readonly accountId: string | undefined;
	/** Each number once; each line without a `lineProblem`. */
	readonly lines: readonly MailboxImportLine[];
	/** Take no numbers that are not the operator's yet. */
	readonly knownOnly?: boolean | undefined;
	/** From the first line, whatever was done before. */
	readonly again?: boolean | undefined;
}

export interface ImportProgress {
	readonly done: number;
	readonly total: number;
	/** Lines that an earlier run had done. */
	readonly resumedAt: number;
	/** Lines that could not be imported since the last report. */
	readonly problems: readonly { readonly line: number; readonly reason: string }[];
}

/**
 * Verbs of the API. Failures: `notFound` for unknown, foreign or cancelled numbers alike; `badInput` for fields out of
 * bounds or an AccountId that the principal does not have (contract 1.5).
 */
export interface Mailboxes {
	/** Idempotent upsert of the supplied fields. */
	activate(who: Principal, phoneNumber: string, accountId: string | undefined, fields: MailboxFields): Promise<void>;
	info(who: Principal, phoneNumber: string, accountId: string | undefined): Promise<MailboxInfo>;
	/** Failure `notFound` also when voicemail is not active. */
	update(who: Principal, phoneNumber: string, accountId: string | undefined, fields: MailboxFields): Promise<void>;
	/** Removes settings and messages; harmless when there is no voicemail. */
	remove(who: Principal, phoneNumber: string, accountId: string | undefined): Promise<void>;
	/** Undefined where voicemail is not active. */
	status(who: Principal, phoneNumber: string, accountId: string | undefined): Promise<MailboxDetails | undefined>;
	/** Lifts the locks of all channels. Failure `notFound` also when voicemail is not active. */
	unlock(who: Principal, phoneNumber: string, accountId: string | undefined): Promise<void>;
	/** A random PIN, sent by e-mail. Failures as `unlock`, and `badInput` without an address. */
	resetPin(who: Principal, phoneNumber: string, accountId: string | undefined): Promise<void>;
	/** Undefined when the mailbox is gone or has got another PIN since. */
	pinNotice(mailboxId: string, resetId: string): Promise<PinNotice | undefined>;
	/** The job's handler: audio of rows that are gone. Safe to run twice. */
	eraseBlobs(blobKeys: readonly string[]): Promise<void>;
	/** What `directory` calls when a number goes. */
	readonly numberHooks: NumberHooks;
	/** Undefined for an unknown number or one without voicemail. Not scoped: for the CLI. */
	details(phoneNumber: string): Promise<MailboxDetails | undefined>;
	/** Not scoped: for the CLI. Newest first; all mailboxes without a number. Deleted ones included, as such. */
	listMessages(phoneNumber: string | undefined, limit: number): Promise<readonly Message[]>;
	messageAudio(messageId: string): Promise<TelephoneAudio | undefined>;
	/** Undefined when the message is gone or deleted, or its mailbox removed: then nothing is to be told. */
	notice(messageId: string, phoneNumber: string): Promise<MessageNotice | undefined>;
	/** Tells webhooks that a notification was given up. */
	notifyFailed(messageId: string, phoneNumber: string, reason: FailureCode | "unknown"): Promise<void>;
	/** Bulk: activates a mailbox for each line. Reports after each batch. */
	importMailboxes(who: Principal, given: MailboxImport, report: (progress: ImportProgress) => void): Promise<void>;
	/** Undefined where the mailbox or its number is gone. Not scoped: for the lamps. */
	lampReading(mailboxId: string): Promise<LampReading | undefined>;
	/** Erases messages past the retention of their mailbox, deleted ones past theirs. @returns how many. */
	purge(): Promise<number>;
}
