/** Message rows as the domain's `Message`. Pure. */
import type { Selectable } from "kysely";
import type { MailboxSource, Message, MessageStatus, RedirectReason } from "../domain/index.ts";
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
	"heardOn",
	"deletedOn",
] as const satisfies readonly (keyof MessageTable)[];

export type MessageRow = Pick<Selectable<MessageTable>, (typeof MESSAGE_COLUMNS)[number]>;

const DAY_MS = 86_400_000;

/** @param row its mailbox keeps a deleted message for `deletedRetentionDays`; any other is kept. */
export function messageOf(row: MessageRow & { readonly deletedRetentionDays: number }): Message {
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
		heardOn: row.heardOn,
		deletedOn: row.deletedOn,
		expiresOn: row.deletedOn && new Date(row.deletedOn.getTime() + row.deletedRetentionDays * DAY_MS),
	};
}
