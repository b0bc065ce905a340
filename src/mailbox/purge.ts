import { sql } from "kysely";
import { eraseBlobs } from "./erase-blobs.ts";
import { MAILBOX_LIMITS } from "./limits.ts";
import { bumpLamp, lockMailbox } from "./mailbox-row.ts";
import type { Needs } from "./needs.ts";

/**
 * Erases what its mailbox keeps no longer (`expiryOf`): messages deleted too long ago, and those that came too long ago
 * and were not saved. One transaction for each mailbox. @returns how many.
 */
export async function purge(needs: Needs): Promise<number> {
	let erased = 0;
	for (;;) {
		const due = await mailboxesDue(needs);
		const before = erased;
		for (const mailboxId of due) erased += await purgeMailbox(needs, mailboxId);
		if (due.length < MAILBOX_LIMITS.purgeBatch || erased === before) return erased;
	}
}

const expired = (now: Date) => sql<boolean>`
	case
		when messages.deleted_on is not null
			then messages.deleted_on < ${now}::timestamptz - make_interval(days => mailboxes.deleted_retention_days)
		else messages.status <> 'Saved'
			and messages.received_on < ${now}::timestamptz - make_interval(days => mailboxes.retention_days)
	end`;

/** Each half has an index to walk; the second one is bounded by the shortest time that any mailbox keeps its messages. */
async function mailboxesDue(needs: Needs): Promise<readonly string[]> {
	const { db } = needs.store;
	const now = needs.clock.now();
	const candidates = () =>
		db
			.selectFrom("messages")
			.innerJoin("mailboxes", "mailboxes.id", "messages.mailboxId")
			.select("mailboxes.id")
			.distinct()
			.where(expired(now))
			.limit(MAILBOX_LIMITS.purgeBatch);
	const deleted = await candidates().where("messages.deletedOn", "is not", null).execute();
	const shortest = sql<Date>`${now}::timestamptz - make_interval(days => (select min(retention_days) from mailboxes))`;
	const old = await candidates()
		.where("messages.deletedOn", "is", null)
		.where("messages.status", "<>", "Saved")
		.where("messages.receivedOn", "<", shortest)
		.execute();
	return [...new Set([...deleted, ...old].map((row) => row.id))];
}

async function purgeMailbox(needs: Needs, mailboxId: string): Promise<number> {
	return needs.store.transaction(async (tx) => {
		const mailbox = await lockMailbox(tx, mailboxId);
		if (!mailbox) return 0;
		const { rows } = await sql<{ blobKey: string; counted: boolean }>`
			delete from messages using mailboxes
			where mailboxes.id = ${mailboxId} and messages.phone_number = ${mailbox.phoneNumber}
				and messages.mailbox_id = mailboxes.id and ${expired(needs.clock.now())}
			returning messages.blob_key as "blobKey", messages.deleted_on is null as counted
		`.execute(tx);
		await eraseBlobs(
			needs,
			tx,
			rows.map((row) => row.blobKey),
		);
		if (rows.some((row) => row.counted)) await bumpLamp(tx, mailboxId);
		return rows.length;
	});
}
