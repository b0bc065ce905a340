import { audit, LIVE_STATUSES } from "../directory/index.ts";
import { Failure, isPin, isWeakPin } from "../domain/index.ts";
import type { Tx } from "../store/index.ts";
import { announce } from "./announce.ts";
import type { PinChange, PinChannel, PinCheck } from "./call-types.ts";
import { lockMailbox } from "./mailbox-row.ts";
import type { Needs } from "./needs.ts";
import { afterTry, CLEAN, lockAt, type PinHistory } from "./pin-attempts.ts";

/**
 * Compares a PIN. A locked mailbox does not compare at all, so it never tells whether the PIN was right. The slow hash
 * runs outside the transaction; the verdict is then given under the mailbox's row lock, on the history as it is by then.
 */
export async function checkPin(needs: Needs, phoneNumber: string, pin: string, channel: PinChannel): Promise<PinCheck> {
	const mailbox = await needs.store.db
		.selectFrom("numbers")
		.innerJoin("mailboxes", "mailboxes.phoneNumber", "numbers.number")
		.leftJoin("pinAttempts", (join) =>
			join.onRef("pinAttempts.mailboxId", "=", "mailboxes.id").on("pinAttempts.channel", "=", channel),
		)
		.select(["mailboxes.id", "mailboxes.pinHash", "pinAttempts.lockedUntil"])
		.where("numbers.number", "=", phoneNumber)
		.where("numbers.status", "in", LIVE_STATUSES)
		.executeTakeFirst();
	const locked = mailbox && lockAt({ failedAttempts: 0, lockedUntil: mailbox.lockedUntil }, needs.clock.now());
	if (locked) return { result: "locked", until: locked };

	const comparedWith = mailbox?.pinHash ?? null;
	const same = await needs.pins.matches(pin, comparedWith);
	return needs.store.transaction(async (tx) => {
		const current = await lockMailbox(tx, mailbox?.id ?? "");
		if (!current) return { result: "wrong" };
		// The PIN may have been changed while the old one was compared.
		const right = same && current.pinHash === comparedWith;
		const now = needs.clock.now();
		const before = await historyOf(tx, current.id, channel);
		const after = afterTry(before, right, now);
		if (after.failedAttempts !== before.failedAttempts) await writeHistory(tx, current.id, channel, after, now);
		const until = lockAt(after, now);
		if (until && after.failedAttempts !== before.failedAttempts) {
			const data = { LockedUntil: until.toISOString(), FailedAttempts: after.failedAttempts };
			await announce(needs, tx, current, () => [{ event: "Voicemail_Locked", data }]);
		}
		if (until) return { result: "locked", until };
		return right ? { result: "right", pinChangeRequired: current.pinChangeRequired } : { result: "wrong" };
	});
}

/** A choice of the subscriber: it may be neither weak nor the PIN in force (contract 6.6). */
export async function changePin(needs: Needs, mailboxId: string, pin: string): Promise<PinChange> {
	const mailbox = await needs.store.db
		.selectFrom("mailboxes")
		.select(["phoneNumber", "pinHash"])
		.where("id", "=", mailboxId)
		.executeTakeFirst();
	if (!mailbox) throw mailboxGone();
	if (!isPin(pin)) return { result: "badLength" };
	if (isWeakPin(pin, mailbox.phoneNumber)) return { result: "weak" };
	if (mailbox.pinHash !== null && (await needs.pins.matches(pin, mailbox.pinHash))) return { result: "same" };
	const pinHash = await needs.pins.hash(pin);
	return needs.store.transaction(async (tx) => {
		const now = needs.clock.now();
		const changed = await tx
			.updateTable("mailboxes")
			.set({ pinHash, pinResetId: null, pinChangeRequired: false, pinChangedOn: now, updatedOn: now })
			.where("id", "=", mailboxId)
			.returning(["id", "accountId"])
			.executeTakeFirst();
		if (!changed) throw mailboxGone();
		await forgetAttempts(tx, mailboxId);
		await audit(tx, {
			who: { accountKey: "phone" },
			at: now,
			accountId: changed.accountId,
			number: mailbox.phoneNumber,
			operation: "changePin",
			before: { PIN: mailbox.pinHash },
			after: { PIN: pinHash },
		});
		await announce(needs, tx, { accountId: changed.accountId, phoneNumber: mailbox.phoneNumber }, () => [
			{ event: "Voicemail_Updated", data: { PinChanged: true } },
		]);
		return { result: "changed" };
	});
}

/** A new PIN clears the locks of all channels. */
export async function forgetAttempts(tx: Tx, mailboxId: string): Promise<void> {
	await tx.deleteFrom("pinAttempts").where("mailboxId", "=", mailboxId).execute();
}

export function mailboxGone(): Failure {
	return new Failure("mailboxGone", "The mailbox was removed", "Activate voicemail for the number again.");
}

async function historyOf(tx: Tx, mailboxId: string, channel: PinChannel): Promise<PinHistory> {
	const row = await tx
		.selectFrom("pinAttempts")
		.select(["failedAttempts", "lockedUntil"])
		.where("mailboxId", "=", mailboxId)
		.where("channel", "=", channel)
		.executeTakeFirst();
	return row ?? CLEAN;
}

async function writeHistory(tx: Tx, mailboxId: string, channel: PinChannel, history: PinHistory, now: Date) {
	const { failedAttempts, lockedUntil } = history;
	const failed = failedAttempts > 0 ? { lastFailedOn: now } : {};
	await tx
		.insertInto("pinAttempts")
		.values({ mailboxId, channel, failedAttempts, lockedUntil, ...failed })
		.onConflict((conflict) =>
			conflict.columns(["mailboxId", "channel"]).doUpdateSet({ failedAttempts, lockedUntil, ...failed }),
		)
		.execute();
}
