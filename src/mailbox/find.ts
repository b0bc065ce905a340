import { sql } from "kysely";
import { LIVE_STATUSES } from "../directory/index.ts";
import type { HeldNumber } from "./call-types.ts";
import { MAILBOX_LIMITS } from "./limits.ts";
import type { Needs } from "./needs.ts";

/**
 * All candidates of one INVITE in one query, then the counts of the mailboxes among them in another: joined into the
 * first, planning for all partitions of the messages would cost four times as much as both.
 */
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
			"mailboxes.maxMessages",
		])
		.where("numbers.number", "=", anyOf(phoneNumbers.slice(0, MAILBOX_LIMITS.findNumbersMax)))
		.where("numbers.status", "in", LIVE_STATUSES)
		.execute();
	const equipped = rows.filter((row) => row.mailboxId !== null).map((row) => row.phoneNumber);
	const counts = await totals(needs, equipped);
	return rows.map((row) => ({
		phoneNumber: row.phoneNumber,
		mailbox:
			row.mailboxId === null
				? undefined
				: {
						mailboxId: row.mailboxId,
						phoneNumber: row.phoneNumber,
						full: (counts.get(row.phoneNumber) ?? 0) >= row.maxMessages!,
						pinSet: Boolean(row.pinSet),
						pinChangeRequired: row.pinChangeRequired!,
						timeZone: row.timeZone ?? needs.defaults.timeZone,
						language: row.language ?? needs.defaults.language,
						maxMessageMs: row.maxMessageSeconds! * 1000,
						minMessageMs: row.minMessageSeconds! * 1000,
					},
	}));
}

/** Messages not deleted, by number. A number's messages all belong to its present mailbox: a removed one takes its own along. */
async function totals(needs: Needs, phoneNumbers: readonly string[]): Promise<ReadonlyMap<string, number>> {
	if (phoneNumbers.length === 0) return new Map();
	const rows = await needs.store.db
		.selectFrom("messages")
		.select(["phoneNumber", sql<number>`count(*)::int`.as("total")])
		.where("phoneNumber", "=", anyOf(phoneNumbers))
		.where("deletedOn", "is", null)
		.groupBy("phoneNumber")
		.execute();
	return new Map(rows.map((row) => [row.phoneNumber, row.total]));
}

const anyOf = (numbers: readonly string[]) => sql<string>`any(${numbers}::text[])`;

/** Whether a session that began at `since` still holds: a new PIN, a removed mailbox and a cancelled number end it. */
export async function stillOpen(needs: Needs, mailboxId: string, since: Date): Promise<boolean> {
	const row = await needs.store.db
		.selectFrom("mailboxes")
		.innerJoin("numbers", "numbers.number", "mailboxes.phoneNumber")
		.select("mailboxes.id")
		.where("mailboxes.id", "=", mailboxId)
		.where("numbers.status", "in", LIVE_STATUSES)
		.where((eb) => eb.or([eb("pinChangedOn", "is", null), eb("pinChangedOn", "<=", since)]))
		.executeTakeFirst();
	return row !== undefined;
}
