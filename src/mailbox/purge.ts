import { sql } from "kysely";
import { eraseBlobs } from "./erase-blobs.ts";
import { MAILBOX_LIMITS } from "./limits.ts";
import type { Needs } from "./needs.ts";

/** Erases messages deleted longer ago than their mailbox keeps them, in small transactions. @returns how many. */
export async function purge(needs: Needs): Promise<number> {
	let erased = 0;
	for (;;) {
		const batch = await purgeBatch(needs);
		erased += batch;
		if (batch < MAILBOX_LIMITS.purgeBatch) return erased;
	}
}

async function purgeBatch(needs: Needs): Promise<number> {
	return needs.store.transaction(async (tx) => {
		// Locked rows are left to the next run: somebody is restoring them, or another node purges them just now.
		const due = await tx
			.selectFrom("messages")
			.innerJoin("mailboxes", "mailboxes.id", "messages.mailboxId")
			.select(["messages.phoneNumber", "messages.id", "messages.blobKey"])
			.where("messages.deletedOn", "is not", null)
			.where(
				"messages.deletedOn",
				"<",
				sql<Date>`${needs.clock.now()}::timestamptz - make_interval(days => mailboxes.deleted_retention_days)`,
			)
			.limit(MAILBOX_LIMITS.purgeBatch)
			.forUpdate("messages")
			.skipLocked()
			.execute();
		if (due.length === 0) return 0;
		await sql`
			delete from messages using unnest(
				${due.map((row) => row.phoneNumber)}::text[], ${due.map((row) => row.id)}::text[]
			) as due (phone_number, id)
			where messages.phone_number = due.phone_number and messages.id = due.id
		`.execute(tx);
		await eraseBlobs(
			needs,
			tx,
			due.map((row) => row.blobKey),
		);
		return due.length;
	});
}
