import { sql } from "kysely";
import { LIVE_STATUSES } from "../directory/index.ts";
import type { LampReading } from "./call-types.ts";
import type { Needs } from "./needs.ts";

/**
 * Counts and version in one statement, so that both are of one moment. A message of a caller whom the subscriber keeps
 * out alerts nobody, so that it lights no lamp while it is new. No message is urgent: callers can not mark one so.
 */
export async function lampReading(needs: Needs, mailboxId: string): Promise<LampReading | undefined> {
	const { rows } = await sql<{ phoneNumber: string; version: string; new: number; old: number }>`
		select m.phone_number, m.lamp_version as version, c.new, c.old
		from mailboxes m join numbers n on n.number = m.phone_number and n.status = any(${[...LIVE_STATUSES]}::text[])
		cross join lateral (
			select (count(*) filter (where status = 'New' and not filtered))::int as new,
				(count(*) filter (where status <> 'New'))::int as old
			from messages
			where messages.phone_number = m.phone_number and messages.mailbox_id = m.id and deleted_on is null
		) c
		where m.id = ${mailboxId}`.execute(needs.store.db);
	const row = rows[0];
	if (row === undefined) return undefined;
	const { phoneNumber, version } = row;
	return { phoneNumber, version, counts: { new: row.new, old: row.old, newUrgent: 0, oldUrgent: 0 } };
}
