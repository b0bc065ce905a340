/** Mailbox rows: the lock that orders all changes of one mailbox, and the counts. */
import { sql } from "kysely";
import type { Db, Tx } from "../store/index.ts";

/** Everything that changes a mailbox, its messages or its greetings takes this lock first, so no two orders can meet. */
export function lockMailbox(tx: Tx, mailboxId: string) {
	return tx
		.selectFrom("mailboxes")
		.select([
			"id",
			"phoneNumber",
			"accountId",
			"pinHash",
			"pinChangeRequired",
			"maxMessages",
			"retentionDays",
			"deletedRetentionDays",
		])
		.where("id", "=", mailboxId)
		.forNoKeyUpdate()
		.executeTakeFirst();
}

/** Told to the lamps: raised in the transaction that changes what is counted. */
export async function bumpLamp(tx: Tx, mailboxId: string): Promise<void> {
	await tx.updateTable("mailboxes").set({ lampVersion: sql`lamp_version + 1` }).where("id", "=", mailboxId).execute();
}

export interface Counts {
	readonly newMessages: number;
	readonly totalMessages: number;
}

/** Messages not deleted. By number first: that prunes to one partition. */
export async function countsOf(db: Db | Tx, phoneNumber: string, mailboxId: string): Promise<Counts> {
	return db
		.selectFrom("messages")
		.select([
			sql<number>`(count(*) filter (where status = 'New'))::int`.as("newMessages"),
			sql<number>`count(*)::int`.as("totalMessages"),
		])
		.where("phoneNumber", "=", phoneNumber)
		.where("mailboxId", "=", mailboxId)
		.where("deletedOn", "is", null)
		.executeTakeFirstOrThrow();
}
