import { ownedNumber } from "../directory/index.ts";
import type { Principal } from "../domain/index.ts";
import { countsOf } from "./mailbox-row.ts";
import type { Needs } from "./needs.ts";
import type { MailboxDetails, MailboxInfo } from "./types.ts";

export async function info(
	needs: Needs,
	who: Principal,
	phoneNumber: string,
	accountId: string | undefined,
): Promise<MailboxInfo> {
	await ownedNumber(needs.store.db, who, phoneNumber, accountId);
	const row = await needs.store.db
		.selectFrom("mailboxes")
		.select(["email", "firstName", "lastName"])
		.where("phoneNumber", "=", phoneNumber)
		.executeTakeFirst();
	if (!row) return { phoneNumber, voicemailEnabled: false, email: null, firstName: null, lastName: null };
	return { phoneNumber, voicemailEnabled: true, ...row };
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
