/** Locks and lost PINs as an operator's help desk sees them (contract 6.6). No answer here holds a PIN. */
import { audit, ownedNumber } from "../directory/index.ts";
import { Failure, newId, type Principal } from "../domain/index.ts";
import type { Tx } from "../store/index.ts";
import { notActive } from "./activate.ts";
import { announce } from "./announce.ts";
import { forgetAttempts } from "./check-pin.ts";
import { details } from "./info.ts";
import type { Needs } from "./needs.ts";
import type { MailboxDetails, PinNotice } from "./types.ts";

/** @returns undefined where voicemail is not active. */
export async function status(
	needs: Needs,
	who: Principal,
	phoneNumber: string,
	accountId: string | undefined,
): Promise<MailboxDetails | undefined> {
	await ownedNumber(needs.store.db, who, phoneNumber, accountId);
	return details(needs, phoneNumber);
}

/** Forgets the wrong PINs of all channels. Harmless on a mailbox that is not locked. */
export async function unlock(
	needs: Needs,
	who: Principal,
	phoneNumber: string,
	accountId: string | undefined,
): Promise<void> {
	await needs.store.transaction(async (tx) => {
		const owner = await ownedNumber(tx, who, phoneNumber, accountId, { lock: true });
		const mailbox = await mailboxOf(tx, phoneNumber);
		const before = await tx
			.selectFrom("pinAttempts")
			.select(["channel", "failedAttempts", "lockedUntil"])
			.where("mailboxId", "=", mailbox.id)
			.execute();
		await forgetAttempts(tx, mailbox.id);
		await audit(tx, {
			who,
			at: needs.clock.now(),
			accountId: owner.accountId,
			number: phoneNumber,
			operation: who.operation ?? "unlockVoicemail",
			before: {
				FailedAttempts: Math.max(0, ...before.map((row) => row.failedAttempts)),
				LockedUntil:
					before
						.map((row) => row.lockedUntil?.toISOString())
						.sort()
						.at(-1) ?? null,
			},
			after: { FailedAttempts: 0, LockedUntil: null },
		});
	});
}

/**
 * A random PIN in place of the one in force, to be changed at the next login; the mail with it goes by a job. Open
 * retrievals end, a lock is lifted.
 *
 * @throws Failure `badInput` where the mailbox has no address that it could be sent to.
 */
export async function resetPin(
	needs: Needs,
	who: Principal,
	phoneNumber: string,
	accountId: string | undefined,
): Promise<void> {
	await ownedNumber(needs.store.db, who, phoneNumber, accountId);
	assertReachable(await mailboxOf(needs.store.db, phoneNumber));
	const resetId = newId("pinReset");
	const pinHash = await needs.pins.hash(needs.randomPin(resetId));
	await needs.store.transaction(async (tx) => {
		const owner = await ownedNumber(tx, who, phoneNumber, accountId, { lock: true });
		const mailbox = await mailboxOf(tx, phoneNumber);
		assertReachable(mailbox);
		const now = needs.clock.now();
		await tx
			.updateTable("mailboxes")
			.set({ pinHash, pinResetId: resetId, pinChangeRequired: true, pinChangedOn: now, updatedOn: now })
			.where("id", "=", mailbox.id)
			.execute();
		await forgetAttempts(tx, mailbox.id);
		await needs.store.jobs.enqueue(tx, "email.pin", { mailboxId: mailbox.id, resetId }, { key: resetId });
		await audit(tx, {
			who,
			at: now,
			accountId: owner.accountId,
			number: phoneNumber,
			operation: who.operation ?? "resetVoicemailPin",
			before: { PIN: mailbox.pinHash === null ? null : "set" },
			after: { PIN: "set" },
		});
		await announce(needs, tx, { phoneNumber, accountId: owner.accountId }, () => [
			{ event: "Voicemail_Updated", data: { PinChanged: true } },
		]);
	});
}

/** @returns undefined when there is nothing to be told: the mailbox is gone, or another PIN was set meanwhile. */
export async function pinNotice(needs: Needs, mailboxId: string, resetId: string): Promise<PinNotice | undefined> {
	const row = await needs.store.db
		.selectFrom("mailboxes")
		.select(["phoneNumber", "email", "firstName", "lastName", "pinChangedOn"])
		.where("id", "=", mailboxId)
		.where("pinResetId", "=", resetId)
		.executeTakeFirst();
	if (!row || row.email === null) return undefined;
	const { phoneNumber, email, firstName, lastName } = row;
	return {
		phoneNumber,
		email,
		firstName,
		lastName,
		pin: needs.randomPin(resetId),
		resetOn: row.pinChangedOn ?? needs.clock.now(),
	};
}

async function mailboxOf(db: Needs["store"]["db"] | Tx, phoneNumber: string) {
	const row = await db
		.selectFrom("mailboxes")
		.select(["id", "email", "pinHash"])
		.where("phoneNumber", "=", phoneNumber)
		.executeTakeFirst();
	if (!row) throw notActive();
	return row;
}

function assertReachable(mailbox: { readonly email: string | null }): void {
	if (mailbox.email !== null) return;
	throw new Failure(
		"badInput",
		"the mailbox has no Email to send the new PIN to",
		"Set one first, or set a PIN: POST /v1.0/numbers/voicemail/update.",
	);
}
