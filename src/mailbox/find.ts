import { sql } from "kysely";
import { LIVE_STATUSES } from "../directory/index.ts";
import { type Db, type GatheredReading, gathered, prepared } from "../store/index.ts";
import type { HeldNumber } from "./call-types.ts";
import { MAILBOX_LIMITS } from "./limits.ts";
import type { Needs } from "./needs.ts";

/**
 * In a subquery PostgreSQL does not look at how many numbers they are, so that one plan does for all: made anew for each
 * call, over all partitions of the messages, it costs ten times what carrying it out does.
 */
const anyOf = (numbers: readonly string[]) => sql<string>`any((select ${numbers}::text[])::text[])`;

interface Numbers {
	readonly phoneNumbers: readonly string[];
}

const held = prepared((db, given: Numbers) =>
	db
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
			// Those not deleted. A number's messages all belong to its present mailbox: a removed one takes its own along.
			eb
				.selectFrom("messages")
				.select(sql<number>`count(*)::int`.as("count"))
				.whereRef("messages.phoneNumber", "=", "mailboxes.phoneNumber")
				.where("messages.deletedOn", "is", null)
				.as("total"),
		])
		.where("numbers.number", "=", anyOf(given.phoneNumbers))
		.where("numbers.status", "in", LIVE_STATUSES),
);

/** All candidates of one INVITE. */
export async function find(needs: Needs, phoneNumbers: readonly string[]): Promise<readonly HeldNumber[]> {
	const asked = [...new Set(phoneNumbers)].slice(0, MAILBOX_LIMITS.findNumbersMax);
	const found = await Promise.all(asked.map(needs.heldOf));
	return found.filter((one) => one !== undefined);
}

/** Each call asks for its candidates: those of calls of the same moment are read together. */
export function heldReading(db: Db, defaults: Needs["defaults"]): GatheredReading<string, HeldNumber> {
	const { findGatheredMax: keysMax, findReadingsAtOnce: atOnceMax } = MAILBOX_LIMITS;
	return gathered(
		async (phoneNumbers) => new Map((await read(db, defaults, phoneNumbers)).map((one) => [one.phoneNumber, one])),
		{ keysMax, atOnceMax },
	);
}

async function read(
	db: Db,
	defaults: Needs["defaults"],
	phoneNumbers: readonly string[],
): Promise<readonly HeldNumber[]> {
	const rows = await held.run(db, { phoneNumbers });
	return rows.map((row) => ({
		phoneNumber: row.phoneNumber,
		mailbox:
			row.mailboxId === null
				? undefined
				: {
						mailboxId: row.mailboxId,
						phoneNumber: row.phoneNumber,
						full: (row.total ?? 0) >= row.maxMessages!,
						pinSet: Boolean(row.pinSet),
						pinChangeRequired: row.pinChangeRequired!,
						timeZone: row.timeZone ?? defaults.timeZone,
						language: row.language ?? defaults.language,
						maxMessageMs: row.maxMessageSeconds! * 1000,
						minMessageMs: row.minMessageSeconds! * 1000,
					},
	}));
}

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
