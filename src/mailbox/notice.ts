import { LIVE_STATUSES } from "../directory/index.ts";
import { Failure } from "../domain/index.ts";
import { countsOf } from "./mailbox-row.ts";
import { MESSAGE_COLUMNS, messageOf } from "./message-row.ts";
import { readAudio } from "./messages.ts";
import type { Needs } from "./needs.ts";
import type { MessageNotice } from "./types.ts";

/**
 * What an e-mail about a message says, as it is when it is sent. The address is null also where the mailbox wants no
 * e-mail.
 *
 * @throws Failure `blobMissing` when the message stands but its audio can not be had: the job is retried, then shown.
 */
export async function notice(needs: Needs, messageId: string, phoneNumber: string): Promise<MessageNotice | undefined> {
	const { db } = needs.store;
	const found = db
		.selectFrom("messages")
		.innerJoin("mailboxes", "mailboxes.id", "messages.mailboxId")
		.innerJoin("numbers", "numbers.number", "mailboxes.phoneNumber")
		.select(MESSAGE_COLUMNS.map((column) => `messages.${column}` as const))
		.select([
			"messages.blobKey",
			"mailboxes.id as mailboxId",
			"mailboxes.email",
			"mailboxes.firstName",
			"mailboxes.lastName",
			"mailboxes.timeZone",
			"mailboxes.language",
			"mailboxes.emailNotification",
			"mailboxes.emailAttachAudio",
			"mailboxes.retentionDays",
			"mailboxes.deletedRetentionDays",
		])
		.where("messages.id", "=", messageId)
		.where("messages.deletedOn", "is", null)
		.where("numbers.status", "in", LIVE_STATUSES);
	// In its partition first; else wherever its line's new number took it meanwhile.
	const row =
		(await found.where("messages.phoneNumber", "=", phoneNumber).executeTakeFirst()) ??
		(await found.executeTakeFirst());
	if (!row) return undefined;
	const audio = await readAudio(needs, row.blobKey, { messageId });
	if (!audio) {
		throw new Failure(
			"blobMissing",
			`The audio of message ${messageId} is missing or damaged`,
			"Look whether the blob store is the one the message was stored in; then run the job again.",
		);
	}
	const { newMessages } = await countsOf(db, row.phoneNumber, row.mailboxId);
	return {
		message: messageOf(row),
		audio,
		email: row.emailNotification ? row.email : null,
		firstName: row.firstName,
		lastName: row.lastName,
		timeZone: row.timeZone ?? needs.defaults.timeZone,
		language: row.language ?? needs.defaults.language,
		attachAudio: row.emailAttachAudio,
		newMessages,
	};
}
