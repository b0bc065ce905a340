import { audit, eraseToldEvents, ownedNumber } from "../directory/index.ts";
import type { Principal } from "../domain/index.ts";
import type { Tx } from "../store/index.ts";
import { announce } from "./announce.ts";
import { auditedSettings } from "./audited.ts";
import { eraseBlobs } from "./erase-blobs.ts";
import type { Needs } from "./needs.ts";

/**
 * Settings, greetings, PIN history and messages go; the audio follows by a job. A deposit on its way finds the mailbox
 * gone, since the next activation has another MailboxId.
 */
export async function remove(
	needs: Needs,
	who: Principal,
	phoneNumber: string,
	accountId: string | undefined,
): Promise<void> {
	await needs.store.transaction(async (tx) => {
		const number = await ownedNumber(tx, who, phoneNumber, accountId, { lock: true });
		const before = await auditedSettings(tx, phoneNumber);
		const erased = await eraseMailbox(needs, tx, phoneNumber);
		if (!erased) return;
		await audit(tx, {
			who,
			at: needs.clock.now(),
			accountId: number.accountId,
			number: phoneNumber,
			operation: who.operation ?? "deleteVoicemail",
			before: { ...before, Messages: erased.messages, Greetings: erased.greetings },
		});
		await eraseToldEvents(tx, phoneNumber);
		await announceRemoval(needs, tx, phoneNumber, erased);
	});
}

export async function announceRemoval(
	needs: Pick<Needs, "store" | "clock">,
	tx: Tx,
	phoneNumber: string,
	erased: ErasedMailbox,
): Promise<void> {
	await announce(needs, tx, { phoneNumber, accountId: erased.accountId }, () => [
		{ event: "Voicemail_Removed", data: { MessagesDeleted: erased.messages } },
	]);
}

export interface ErasedMailbox {
	readonly accountId: string;
	readonly messages: number;
	readonly greetings: number;
}

/** @param tx holds the number. @returns how much there was, undefined for no mailbox. */
export async function eraseMailbox(
	needs: Pick<Needs, "store">,
	tx: Tx,
	phoneNumber: string,
): Promise<ErasedMailbox | undefined> {
	// Waits for deposits that hold the mailbox; their messages are then among those deleted below.
	const mailbox = await tx
		.selectFrom("mailboxes")
		.select(["id", "accountId"])
		.where("phoneNumber", "=", phoneNumber)
		.forUpdate()
		.executeTakeFirst();
	if (!mailbox) return undefined;
	const messages = await tx
		.deleteFrom("messages")
		.where("phoneNumber", "=", phoneNumber)
		.returning("blobKey")
		.execute();
	const greetings = await tx.deleteFrom("greetings").where("mailboxId", "=", mailbox.id).returning("blobKey").execute();
	await tx.deleteFrom("mailboxes").where("id", "=", mailbox.id).execute();
	await eraseBlobs(
		needs,
		tx,
		[...messages, ...greetings].map((row) => row.blobKey),
	);
	return { accountId: mailbox.accountId, messages: messages.length, greetings: greetings.length };
}
