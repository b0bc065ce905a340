import type { FailureCode } from "../domain/index.ts";
import { announce, messageData } from "./announce.ts";
import { MESSAGE_COLUMNS, messageOf } from "./message-row.ts";
import type { Needs } from "./needs.ts";

/** A notification was given up; nothing where the message or its mailbox are gone. */
export async function notifyFailed(
	needs: Needs,
	messageId: string,
	phoneNumber: string,
	reason: FailureCode | "unknown",
): Promise<void> {
	await needs.store.transaction(async (tx) => {
		const row = await tx
			.selectFrom("messages")
			.innerJoin("mailboxes", "mailboxes.id", "messages.mailboxId")
			.select(MESSAGE_COLUMNS.map((column) => `messages.${column}` as const))
			.select(["mailboxes.accountId", "mailboxes.retentionDays", "mailboxes.deletedRetentionDays"])
			.where("messages.phoneNumber", "=", phoneNumber)
			.where("messages.id", "=", messageId)
			.executeTakeFirst();
		if (!row) return;
		await announce(needs, tx, row, () => [
			{
				event: "Voicemail_Notify_Failed",
				data: { ...messageData(messageOf(row)), Channel: "Email", Reason: reason },
			},
		]);
	});
}
