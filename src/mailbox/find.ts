import { sql } from "kysely";
import { LIVE_STATUSES } from "../directory/index.ts";
import type { HeldNumber } from "./call-types.ts";
import { MAILBOX_LIMITS } from "./limits.ts";
import type { Needs } from "./needs.ts";

/** All candidates of one INVITE in one query. Whether a mailbox is full is counted no further than its own bound. */
export async function find(needs: Needs, phoneNumbers: readonly string[]): Promise<readonly HeldNumber[]> {
	if (phoneNumbers.length === 0) return [];
	const rows = await needs.store.db
		.selectFrom("numbers")
		.leftJoin("mailboxes", "mailboxes.phoneNumber", "numbers.number")
		.select((eb) => [
			"numbers.number as phoneNumber",
			"mailboxes.id as mailboxId",
			eb("mailboxes.pinHash", "is not", null).as("pinSet"),
			"mailboxes.pinChangeRequired",
			"mailboxes.timeZone",
			"mailboxes.language",
			"mailboxes.maxMessageSeconds",
			"mailboxes.minMessageSeconds",
			sql<boolean>`mailboxes.id is not null and (
				select count(*) from (
					select from messages
					where messages.phone_number = numbers.number and messages.mailbox_id = mailboxes.id
						and messages.deleted_on is null
					limit mailboxes.max_messages
				) as held
			) >= mailboxes.max_messages`.as("full"),
		])
		.where("numbers.number", "=", sql<string>`any(${phoneNumbers.slice(0, MAILBOX_LIMITS.findNumbersMax)}::text[])`)
		.where("numbers.status", "in", LIVE_STATUSES)
		.execute();
	return rows.map((row) => ({
		phoneNumber: row.phoneNumber,
		mailbox:
			row.mailboxId === null
				? undefined
				: {
						mailboxId: row.mailboxId,
						phoneNumber: row.phoneNumber,
						full: row.full,
						pinSet: Boolean(row.pinSet),
						pinChangeRequired: row.pinChangeRequired ?? false,
						timeZone: row.timeZone ?? needs.defaults.timeZone,
						language: row.language ?? needs.defaults.language,
						maxMessageMs: (row.maxMessageSeconds ?? 0) * 1000,
						minMessageMs: (row.minMessageSeconds ?? 0) * 1000,
					},
	}));
}

/** Whether a session that began at `since` still holds: a new PIN and a removed mailbox end it. */
export async function stillOpen(needs: Needs, mailboxId: string, since: Date): Promise<boolean> {
	const row = await needs.store.db
		.selectFrom("mailboxes")
		.select("id")
		.where("id", "=", mailboxId)
		.where((eb) => eb.or([eb("pinChangedOn", "is", null), eb("pinChangedOn", "<=", since)]))
		.executeTakeFirst();
	return row !== undefined;
}
