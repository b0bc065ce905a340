/** Mailbox rows: the lock that orders all changes of one mailbox, and the counts. */
import { sql } from "kysely";
import { type Db, prepared, type Tx } from "../store/index.ts";

const lock = prepared((db, given: { readonly mailboxId: string }) =>
	db
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
		.where("id", "=", given.mailboxId)
		.forNoKeyUpdate(),
);

/** Everything that changes a mailbox, its messages or its greetings takes this lock first, so no two orders can meet. */
export const lockMailbox = (tx: Tx, mailboxId: string) => lock.first(tx, { mailboxId });

const bump = prepared((db, given: { readonly mailboxId: string }) =>
	db.updateTable("mailboxes").set({ lampVersion: sql`lamp_version + 1` }).where("id", "=", given.mailboxId),
);

/** Told to the lamps: raised in the transaction that changes what is counted. Not waited for before its commit. */
export const bumpLamp = (tx: Tx, mailboxId: string): Promise<void> => bump.later(tx, { mailboxId });

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
