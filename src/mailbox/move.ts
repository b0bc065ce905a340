import type { Tx } from "../store/index.ts";

/** The mailboxes of numbers that go to another account go with them; their messages hang on the mailbox. */
export async function moveMailboxes(tx: Tx, phoneNumbers: readonly string[], accountId: string): Promise<void> {
	await tx.updateTable("mailboxes").set({ accountId }).where("phoneNumber", "in", phoneNumbers).execute();
}
