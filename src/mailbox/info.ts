import { sql } from "kysely";
import { assertE164, ownedHolder } from "../directory/index.ts";
import type { Principal } from "../domain/index.ts";
import { type Db, type GatheredReading, gathered, prepared } from "../store/index.ts";
import { MAILBOX_LIMITS } from "./limits.ts";
import { countsOf } from "./mailbox-row.ts";
import type { Needs } from "./needs.ts";
import type { MailboxDetails, MailboxInfo } from "./types.ts";

export async function info(
	needs: Needs,
	who: Principal,
	phoneNumber: string,
	accountId: string | undefined,
): Promise<MailboxInfo> {
	assertE164(phoneNumber);
	const row = await needs.settingsOf(phoneNumber);
	await ownedHolder(needs.store.db, who, phoneNumber, accountId, row);
	const { mailboxId, email = null, firstName = null, lastName = null } = row!;
	return { phoneNumber, voicemailEnabled: mailboxId !== null, email, firstName, lastName };
}

/** A number with its holder, and with the settings of its mailbox where it has one. */
export type SettingsRow = Awaited<ReturnType<typeof rows.run>>[number];

const rows = prepared((db, given: { readonly phoneNumbers: readonly string[] }) =>
	db
		.selectFrom("numbers")
		.leftJoin("mailboxes", "mailboxes.phoneNumber", "numbers.number")
		.select([
			"numbers.number",
			"numbers.distributorId",
			"numbers.accountId",
			"numbers.status",
			"mailboxes.id as mailboxId",
			"mailboxes.email",
			"mailboxes.firstName",
			"mailboxes.lastName",
		])
		.where("numbers.number", "=", sql<string>`any(${given.phoneNumbers}::text[])`),
);

/** Operators ask for many mailboxes at once: those of the same moment are one statement. */
export function settingsReading(db: Db): GatheredReading<string, SettingsRow> {
	const { settingsGatheredMax: keysMax, settingsReadingsAtOnce: atOnceMax } = MAILBOX_LIMITS;
	return gathered(
		async (phoneNumbers) => new Map((await rows.run(db, { phoneNumbers })).map((row) => [row.number, row])),
		{ keysMax, atOnceMax },
	);
}

/** Of the two PIN histories the longer lock and the greater count are shown. */
export async function details(needs: Needs, phoneNumber: string): Promise<MailboxDetails | undefined> {
	const { db } = needs.store;
	const row = await db
		.selectFrom("mailboxes")
		.select((eb) => [
			"id",
			"accountId",
			"email",
			"firstName",
			"lastName",
			"pinChangeRequired",
			"timeZone",
			"language",
			"maxMessages",
			"activatedOn",
			eb("pinHash", "is not", null).as("pinSet"),
		])
		.where("phoneNumber", "=", phoneNumber)
		.executeTakeFirst();
	if (!row) return undefined;
	const histories = await db
		.selectFrom("pinAttempts")
		.select(["failedAttempts", "lockedUntil"])
		.where("mailboxId", "=", row.id)
		.execute();
	const now = needs.clock.now();
	const locks = histories.flatMap((history) =>
		history.lockedUntil !== null && history.lockedUntil > now ? [history.lockedUntil] : [],
	);
	const { id: mailboxId, timeZone, language, pinSet, maxMessages, ...rest } = row;
	const counts = await countsOf(db, phoneNumber, mailboxId);
	return {
		phoneNumber,
		voicemailEnabled: true,
		mailboxId,
		...rest,
		pinSet: Boolean(pinSet),
		timeZone: timeZone ?? needs.defaults.timeZone,
		language: language ?? needs.defaults.language,
		lockedUntil: locks.length === 0 ? null : new Date(Math.max(...locks.map((lock) => lock.getTime()))),
		failedAttempts: Math.max(0, ...histories.map((history) => history.failedAttempts)),
		...counts,
		mailboxFull: counts.totalMessages >= maxMessages,
	};
}
