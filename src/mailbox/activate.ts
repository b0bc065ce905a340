import { audit, ownedNumber, subscriberOfNumber } from "../directory/index.ts";
import { Failure, isWeakPin, newId, type Principal } from "../domain/index.ts";
import type { Tx } from "../store/index.ts";
import { announce, changeData } from "./announce.ts";
import { auditedChange, auditedSettings } from "./audited.ts";
import { forgetAttempts } from "./check-pin.ts";
import { type CheckedFields, checkedFields } from "./fields.ts";
import type { Needs } from "./needs.ts";
import type { MailboxFields } from "./types.ts";

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
		const number = await ownedNumber(tx, who, phoneNumber, accountId, { lock: true });
		const before = await auditedSettings(tx, phoneNumber);
		const filled = before === undefined ? await filledFromSubscriber(tx, phoneNumber, checked) : checked;
		const columns = columnsOf(filled, pinHash, phoneNumber, needs.clock.now());
		const mailbox = await tx
			.insertInto("mailboxes")
			.values({
				id: newId("mailbox"),
				phoneNumber,
				accountId: number.accountId,
				activatedOn: needs.clock.now(),
				...columns,
			})
			.onConflict((conflict) => conflict.column("phoneNumber").doUpdateSet({ accountId: number.accountId, ...columns }))
			.returning("id")
			.executeTakeFirstOrThrow();
		if (pinHash !== undefined) await forgetAttempts(tx, mailbox.id);
		await audit(tx, {
			who,
			at: needs.clock.now(),
			accountId: number.accountId,
			number: phoneNumber,
			operation: who.operation ?? "activateVoicemail",
			before,
			after: auditedChange(filled),
		});
		const data = changeData(filled);
		// Repeated without anything to change, it is no fact.
		if (before !== undefined && Object.keys(data).length === 0) return;
		const event = before === undefined ? "Voicemail_Activated" : "Voicemail_Updated";
		await announce(needs, tx, { phoneNumber, accountId: number.accountId }, () => [{ event, data }]);
	});
}

/** Of a new mailbox: names and e-mail that the request leaves out are those of the number's subscriber. */
async function filledFromSubscriber(tx: Tx, phoneNumber: string, fields: CheckedFields): Promise<CheckedFields> {
	if (fields.firstName !== undefined && fields.lastName !== undefined && fields.email !== undefined) return fields;
	const subscriber = await subscriberOfNumber(tx, phoneNumber);
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
		const number = await ownedNumber(tx, who, phoneNumber, accountId, { lock: true });
		const before = await auditedSettings(tx, phoneNumber);
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
		await announce(needs, tx, { phoneNumber, accountId: number.accountId }, () => [
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

/** A PIN over the API is taken as it is; a weak one must be changed at the first login (contract 6.6). */
function columnsOf(fields: CheckedFields, pinHash: string | undefined, phoneNumber: string, now: Date) {
	const { firstName, lastName, email } = fields;
	return {
		...(firstName !== undefined && { firstName }),
		...(lastName !== undefined && { lastName }),
		...(email !== undefined && { email }),
		...(pinHash !== undefined && {
			pinHash,
			pinResetId: null,
			pinChangedOn: now,
			pinChangeRequired: isWeakPin(fields.pin!, phoneNumber),
		}),
		updatedOn: now,
	};
}

export function notActive(): Failure {
	return new Failure(
		"notFound",
		"voicemail is not active on this number",
		"Activate it first: POST /v1.0/numbers/voicemail/activate.",
	);
}
