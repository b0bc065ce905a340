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
	const row = await needs.settingsOf(settingsKey(who.distributorId, phoneNumber));
	await ownedHolder(needs.store.db, who, phoneNumber, accountId, row);
	const { mailboxId, email = null, firstName = null, lastName = null } = row!;
	return { phoneNumber, voicemailEnabled: mailboxId !== null, email, firstName, lastName };
}

/** A number with its holder, and with the settings of its mailbox where it has one. */
export type SettingsRow = Awaited<ReturnType<typeof rows.run>>[number];

/** What is asked for: a number of one operator. Another operator's is not even read, so that its mailbox costs no time. */
const settingsKey = (distributorId: string, phoneNumber: string) => `${phoneNumber} ${distributorId}`;

interface SettingsAsked {
	readonly phoneNumbers: readonly string[];
	readonly distributorIds: readonly string[];
}

const rows = prepared((db, given: SettingsAsked) =>
	db
		.selectFrom(
			sql<{
				number: string;
				distributorId: string;
			}>`unnest(${given.phoneNumbers}::text[], ${given.distributorIds}::text[])`.as<"asked">(
				sql`asked (number, distributor_id)`,
			),
		)
		.innerJoin("numbers", (join) =>
			join.onRef("numbers.number", "=", "asked.number").onRef("numbers.distributorId", "=", "asked.distributorId"),
		)
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
		]),
);

/** Operators ask for many mailboxes at once: those of the same moment are one statement. */
export function settingsReading(db: Db): GatheredReading<string, SettingsRow> {
	const { settingsGatheredMax: keysMax, settingsReadingsAtOnce: atOnceMax } = MAILBOX_LIMITS;
	return gathered(
		async (keys) => {
			// An E.164 number has no space.
			const asked = keys.map((key) => [key.slice(0, key.indexOf(" ")), key.slice(key.indexOf(" ") + 1)] as const);
			const found = await rows.run(db, {
				phoneNumbers: asked.map(([phoneNumber]) => phoneNumber),
				distributorIds: asked.map(([, distributorId]) => distributorId),
			});
			return new Map(found.map((row) => [settingsKey(row.distributorId, row.number), row]));
		},
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
