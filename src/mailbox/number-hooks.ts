/** What happens to a mailbox when its number goes: fulfils the hooks that `directory` declares. */
import type { NumberHooks } from "../directory/index.ts";
import type { Tx } from "../store/index.ts";
import { bumpLamp } from "./mailbox-row.ts";
import type { Needs } from "./needs.ts";
import { announceRemoval, eraseMailbox } from "./remove.ts";

export function numberHooks(needs: Pick<Needs, "store" | "clock">): NumberHooks {
	return {
		onNumberMoved: (tx, from, to) => move(needs, tx, from, to),
		eraseAudio: (number) => eraseAudio(needs, number),
		onNumberReleased: async (tx, number) => {
			const erased = await eraseMailbox(needs, tx, number);
			if (erased !== undefined) await announceRemoval(needs, tx, number, erased);
		},
	};
}

/**
 * The mailbox keeps its id, so that a call that is just leaving a message, or hearing one, stays with it. Its messages
 * change their partition with their number.
 */
async function move(needs: Pick<Needs, "clock">, tx: Tx, from: string, to: string): Promise<void> {
	// Waits for deposits that hold the mailbox; their messages are then among those that move.
	const mailbox = await tx
		.selectFrom("mailboxes")
		.select("id")
		.where("phoneNumber", "=", from)
		.forUpdate()
		.executeTakeFirst();
	if (!mailbox) return;
	await tx
		.updateTable("mailboxes")
		.set({ phoneNumber: to, updatedOn: needs.clock.now() })
		.where("id", "=", mailbox.id)
		.execute();
	await tx
		.updateTable("messages")
		.set({ phoneNumber: to })
		.where("phoneNumber", "=", from)
		.where("mailboxId", "=", mailbox.id)
		.execute();
	await bumpLamp(tx, mailbox.id);
}

/** The rows stay for a repetition: they alone know the keys. */
async function eraseAudio(needs: Pick<Needs, "store">, number: string): Promise<void> {
	const { db, blobs } = needs.store;
	const messages = await db.selectFrom("messages").select("blobKey").where("phoneNumber", "=", number).execute();
	const greetings = await db
		.selectFrom("greetings")
		.innerJoin("mailboxes", "mailboxes.id", "greetings.mailboxId")
		.select("greetings.blobKey")
		.where("mailboxes.phoneNumber", "=", number)
		.execute();
	for (const { blobKey } of [...messages, ...greetings]) await blobs.delete(blobKey);
}
