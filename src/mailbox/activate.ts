import {
	audit,
	ownedNumber,
	type SubscriberOfNumber,
	subscriberOfNumber,
	subscriptionsOfNumber,
} from "../directory/index.ts";
import { Failure, type Principal } from "../domain/index.ts";
import type { Tx } from "../store/index.ts";
import { type Announced, announce, changeData } from "./announce.ts";
import { auditedChange, auditedSettings } from "./audited.ts";
import { forgetAttempts } from "./check-pin.ts";
import { type CheckedFields, checkedFields } from "./fields.ts";
import type { Needs } from "./needs.ts";
import type { MailboxFields } from "./types.ts";
import { columnsOf, upsertMailbox } from "./upsert.ts";

/**
 * Idempotent upsert of the supplied fields. The number's row lock puts activations and removals of one number in line,
 * so that a hundred at once leave one mailbox.
 */
export async function activate(
	needs: Needs,
	who: Principal,
	phoneNumber: string,
	accountId: string | undefined,
	fields: MailboxFields,
): Promise<void> {
	const checked = checkedFields(fields);
	const pinHash = await hashIfOwned(needs, who, phoneNumber, accountId, checked);
	await needs.store.transaction(async (tx) => {
		const { number, before, subscriptions } = await readLocked(tx, who, phoneNumber, accountId);
		const filled =
			before === undefined && !isWhole(checked)
				? filledFromSubscriber(checked, await subscriberOfNumber(tx, phoneNumber))
				: checked;
		await upsertMailbox(tx, {
			phoneNumber,
			accountId: number.accountId,
			fields: filled,
			pinHash,
			now: needs.clock.now(),
		});
		await audit(tx, {
			who,
			at: needs.clock.now(),
			accountId: number.accountId,
			number: phoneNumber,
			operation: who.operation ?? "activateVoicemail",
			before,
			after: auditedChange(filled),
		});
		const mailbox = { phoneNumber, accountId: number.accountId, subscriptions };
		await announceActivation(needs, tx, mailbox, before === undefined, filled);
	});
}

/** @param isNew whether there was no mailbox before. */
export async function announceActivation(
	needs: Needs,
	tx: Tx,
	mailbox: Announced,
	isNew: boolean,
	fields: CheckedFields,
): Promise<void> {
	const data = changeData(fields);
	// Repeated without anything to change, it is no fact.
	if (!isNew && Object.keys(data).length === 0) return;
	const event = isNew ? "Voicemail_Activated" : "Voicemail_Updated";
	await announce(needs, tx, mailbox, () => [{ event, data }]);
}

const isWhole = ({ firstName, lastName, email }: CheckedFields) =>
	firstName !== undefined && lastName !== undefined && email !== undefined;

/** One piece for the server: the lock, and behind it what is read under it. */
async function readLocked(tx: Tx, who: Principal, phoneNumber: string, accountId: string | undefined) {
	const [number, before, subscriptions] = await Promise.all([
		ownedNumber(tx, who, phoneNumber, accountId, { lock: true }),
		auditedSettings(tx, phoneNumber),
		subscriptionsOfNumber(tx, phoneNumber),
	]);
	return { number, before, subscriptions };
}

/** Of a new mailbox: names and e-mail that the request leaves out are those of the number's subscriber. */
export function filledFromSubscriber(fields: CheckedFields, subscriber: SubscriberOfNumber | undefined): CheckedFields {
	if (subscriber === undefined) return fields;
	// A request with either name means the whole: half of each would be nobody's.
	const named = fields.firstName !== undefined || fields.lastName !== undefined;
	const [firstName = "", ...rest] = subscriber.name.split(/\s+/);
	return {
		pin: fields.pin,
		firstName: named ? fields.firstName : firstName,
		lastName: named ? fields.lastName : rest.join(" ") || null,
		email: fields.email === undefined ? subscriber.email : fields.email,
	};
}

/** Changes only what was sent. @throws Failure `notFound` also when voicemail is not active. */
export async function update(
	needs: Needs,
	who: Principal,
	phoneNumber: string,
	accountId: string | undefined,
	fields: MailboxFields,
): Promise<void> {
	const checked = checkedFields(fields);
	const pinHash = await hashIfOwned(needs, who, phoneNumber, accountId, checked);
	await needs.store.transaction(async (tx) => {
		const { number, before, subscriptions } = await readLocked(tx, who, phoneNumber, accountId);
		const mailbox = await tx
			.updateTable("mailboxes")
			.set(columnsOf(checked, pinHash, phoneNumber, needs.clock.now()))
			.where("phoneNumber", "=", phoneNumber)
			.returning("id")
			.executeTakeFirst();
		if (!mailbox) throw notActive();
		if (pinHash !== undefined) await forgetAttempts(tx, mailbox.id);
		await audit(tx, {
			who,
			at: needs.clock.now(),
			accountId: number.accountId,
			number: phoneNumber,
			operation: who.operation ?? "updateVoicemail",
			before,
			after: auditedChange(checked),
		});
		const data = changeData(checked);
		if (Object.keys(data).length === 0) return;
		await announce(needs, tx, { phoneNumber, accountId: number.accountId, subscriptions }, () => [
			{ event: "Voicemail_Updated", data },
		]);
	});
}

/** The slow hash, outside of any transaction, and not for numbers of others. */
async function hashIfOwned(
	needs: Needs,
	who: Principal,
	phoneNumber: string,
	accountId: string | undefined,
	fields: CheckedFields,
): Promise<string | undefined> {
	if (fields.pin === undefined) return undefined;
	await ownedNumber(needs.store.db, who, phoneNumber, accountId);
	return needs.pins.hash(fields.pin);
}

export function notActive(): Failure {
	return new Failure(
		"notFound",
		"voicemail is not active on this number",
		"Activate it first: POST /v1.0/numbers/voicemail/activate.",
	);
}
