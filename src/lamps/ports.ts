/** What the lamps need of the rest of the house; `mailbox/` and `platform/` fulfil it, `main.ts` hands it over. */
import type { DialogState, NotifyOptions, ReturnPath } from "../sip/index.ts";
import type { MessageCounts } from "./message-summary.ts";

/** One consistent reading of a mailbox. */
export interface LampReading {
	readonly phoneNumber: string;
	/** Another one whenever the counts are others. */
	readonly version: string;
	readonly counts: MessageCounts;
}

export interface LampMailboxes {
	/** Live numbers of ours among these, with the id of the mailbox where one is active. */
	find(
		phoneNumbers: readonly string[],
	): Promise<readonly { readonly phoneNumber: string; readonly mailbox: { readonly mailboxId: string } | undefined }[]>;
	/** As they are now; undefined where the mailbox or its number is gone. */
	lampReading(mailboxId: string): Promise<LampReading | undefined>;
}

export interface NewLamp {
	readonly id: string;
	readonly mailboxId: string;
	readonly phoneNumber: string;
	/** URI that stands in Message-Account. */
	readonly account: string;
	/** Parameter `id` of Event, repeated in each NOTIFY. */
	readonly eventId: string;
	readonly dialog: DialogState;
	readonly path: ReturnPath;
	readonly expiresSeconds: number;
}

/** A subscription as it is kept. */
export interface LampRow extends Omit<NewLamp, "expiresSeconds"> {
	/** By the clock of the database. */
	readonly expiresInMs: number;
	/** Version that the phone acknowledged last. */
	readonly toldVersion: string | undefined;
}

export type RefreshResult =
	| { readonly result: "refreshed"; readonly row: LampRow }
	/** No such dialog. */
	| { readonly result: "unknown" }
	/** RFC 3261 §12.2.2: its number is not above the last one. */
	| { readonly result: "outOfOrder" };

/** Rows of one node. Its lease is renewed by `beat`; rows of a node whose lease is over are taken over. */
export interface LampRows {
	/** @returns ids of those that had to make room. */
	add(lamp: NewLamp, perMailboxMax: number): Promise<readonly string[]>;
	/** Whichever node held it: from now on it is this one. */
	refresh(dialog: DialogState, path: ReturnPath, expiresSeconds: number): Promise<RefreshResult>;
	/** The number of the next NOTIFY, written down before it is sent; undefined where another node holds the row, or none. */
	nextCseq(id: string): Promise<number | undefined>;
	told(id: string, version: string): Promise<void>;
	remove(id: string): Promise<void>;
	beat(leaseSeconds: number): Promise<void>;
	/** @returns what now belongs here; `elsewhere` where phones know the former holder by another address. */
	takeOver(limit: number): Promise<readonly { readonly row: LampRow; readonly elsewhere: boolean }[]>;
	/** Those of this node whose phones have not acknowledged the mailbox as it is; long expired ones are removed. */
	stale(): Promise<readonly string[]>;
	/** Ends the lease: the others need not wait. */
	release(): Promise<void>;
}

export interface LampNotifier {
	notify(options: NotifyOptions): void;
}

/** A number whose phones are to be told. */
export interface LampNews {
	readonly phoneNumber: string;
	/** Another one with each change. */
	readonly seq: string;
	readonly attempts: number;
}

/** Shared by all nodes. */
export interface LampNewsRows {
	/** Whether changes are to be written down at all. */
	telling(told: boolean): Promise<void>;
	/** Due ones, kept from the other nodes for so long. */
	claim(limit: number, leaseSeconds: number): Promise<readonly LampNews[]>;
	/** Gone, unless something changed meanwhile: then due again after that time. */
	done(news: LampNews, againAfterMs: number): Promise<void>;
	/** Not taken: due again after that time, unless something changed meanwhile. */
	later(news: LampNews, afterMs: number): Promise<void>;
}
