/** The mailbox row that an activation leaves: made, or changed in what was sent. */
import { sql } from "kysely";
import { isWeakPin, newId } from "../domain/index.ts";
import { prepared, type Tx } from "../store/index.ts";
import { forgetAttempts } from "./check-pin.ts";
import type { CheckedFields } from "./fields.ts";

/** A PIN over the API is taken as it is; a weak one must be changed at the first login (contract 6.6). */
export function columnsOf(fields: CheckedFields, pinHash: string | undefined, phoneNumber: string, now: Date) {
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

export interface UpsertedMailbox {
	readonly phoneNumber: string;
	readonly accountId: string;
	readonly fields: CheckedFields;
	readonly pinHash: string | undefined;
	readonly now: Date;
}

/** In the transaction that holds the number. Without a PIN nothing of it is waited for. */
export async function upsertMailbox(tx: Tx, mailbox: UpsertedMailbox): Promise<void> {
	const { phoneNumber, accountId, fields, pinHash, now } = mailbox;
	const { firstName, lastName, email } = fields;
	if (pinHash === undefined) {
		return settingsUpsert.later(tx, {
			id: newId("mailbox"),
			phoneNumber,
			accountId,
			now,
			firstName: firstName ?? null,
			lastName: lastName ?? null,
			email: email ?? null,
			keepsFirstName: firstName === undefined,
			keepsLastName: lastName === undefined,
			keepsEmail: email === undefined,
		});
	}
	const columns = columnsOf(fields, pinHash, phoneNumber, now);
	const { id } = await tx
		.insertInto("mailboxes")
		.values({ id: newId("mailbox"), phoneNumber, accountId, activatedOn: now, ...columns })
		.onConflict((conflict) => conflict.column("phoneNumber").doUpdateSet({ accountId, ...columns }))
		.returning("id")
		.executeTakeFirstOrThrow();
	await forgetAttempts(tx, id);
}

interface SettingsGiven {
	readonly id: string;
	readonly phoneNumber: string;
	readonly accountId: string;
	readonly now: Date;
	readonly firstName: string | null;
	readonly lastName: string | null;
	readonly email: string | null;
	readonly keepsFirstName: boolean;
	readonly keepsLastName: boolean;
	readonly keepsEmail: boolean;
}

/** One text for every choice of fields, so that it stays prepared. */
const settingsUpsert = prepared((db, given: SettingsGiven) => {
	const unless = (keeps: boolean, column: string) =>
		sql<
			string | null
		>`case when ${keeps}::boolean then mailboxes.${sql.ref(column)} else excluded.${sql.ref(column)} end`;
	return db
		.insertInto("mailboxes")
		.values({
			id: given.id,
			phoneNumber: given.phoneNumber,
			accountId: given.accountId,
			firstName: given.firstName,
			lastName: given.lastName,
			email: given.email,
			activatedOn: given.now,
			updatedOn: given.now,
		})
		.onConflict((conflict) =>
			conflict.column("phoneNumber").doUpdateSet((eb) => ({
				accountId: eb.ref("excluded.accountId"),
				updatedOn: eb.ref("excluded.updatedOn"),
				firstName: unless(given.keepsFirstName, "first_name"),
				lastName: unless(given.keepsLastName, "last_name"),
				email: unless(given.keepsEmail, "email"),
			})),
		);
});
