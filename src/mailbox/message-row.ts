/** Message rows as the domain's `Message`. Pure. */
import type { Selectable } from "kysely";
import type { AttestationLevel, MailboxSource, Message, MessageStatus, RedirectReason } from "../domain/index.ts";
import type { MessageTable } from "../store/index.ts";

export const MESSAGE_COLUMNS = [
	"id",
	"phoneNumber",
	"fromNumber",
	"fromName",
	"receivedOn",
	"durationMs",
	"sizeBytes",
	"status",
	"redirectReason",
	"mailboxSource",
	"silent",
	"filtered",
	"attestation",
	"heardOn",
	"deletedOn",
] as const satisfies readonly (keyof MessageTable)[];

export type MessageRow = Pick<Selectable<MessageTable>, (typeof MESSAGE_COLUMNS)[number]>;

const DAY_MS = 86_400_000;

/** How long a mailbox keeps its messages, in days. */
export interface Retention {
	readonly retentionDays: number;
	readonly deletedRetentionDays: number;
}

/**
 * When a message is erased: a deleted one some days after its deletion; a new or heard one some days after it came. A
 * saved one stays until somebody deletes it: to keep it is what the subscriber asked for, and `MaxMessages` bounds it.
 */
export function expiryOf(row: Pick<MessageRow, "status" | "receivedOn" | "deletedOn">, keeps: Retention): Date | null {
	if (row.deletedOn !== null) return new Date(row.deletedOn.getTime() + keeps.deletedRetentionDays * DAY_MS);
	if (row.status === "Saved") return null;
	return new Date(row.receivedOn.getTime() + keeps.retentionDays * DAY_MS);
}

export function messageOf(row: MessageRow & Retention): Message {
	return {
		messageId: row.id,
		phoneNumber: row.phoneNumber,
		from: row.fromNumber,
		fromName: row.fromName,
		receivedOn: row.receivedOn,
		durationMs: row.durationMs,
		sizeBytes: row.sizeBytes,
		status: row.deletedOn === null ? (row.status as MessageStatus) : "Deleted",
		redirectReason: row.redirectReason as RedirectReason,
		mailboxSource: row.mailboxSource as MailboxSource,
		silent: row.silent,
		filtered: row.filtered,
		attestation: row.attestation as AttestationLevel | null,
		heardOn: row.heardOn,
		deletedOn: row.deletedOn,
		expiresOn: expiryOf(row, row),
	};
}

/** Of a whole mailbox row, the part that dates its messages' end. */
export function retentionOf({ retentionDays, deletedRetentionDays }: Retention): Retention {
	return { retentionDays, deletedRetentionDays };
}
