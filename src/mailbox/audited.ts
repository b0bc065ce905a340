/** What the audit log is told of a mailbox: the settings of the API, and of the PIN only that it is there. */
import { sql } from "kysely";
import { prepared, type Tx } from "../store/index.ts";
import type { CheckedFields } from "./fields.ts";

const settings = prepared((db, given: { readonly phoneNumber: string }) =>
	db
		.selectFrom("mailboxes")
		.select((eb) => ["firstName", "lastName", "email", eb("pinHash", "is not", null).as("pinSet")])
		.where("phoneNumber", "=", given.phoneNumber),
);

/** @returns undefined where there is no mailbox. To be read under the number's lock. */
export async function auditedSettings(tx: Tx, phoneNumber: string) {
	const row = await settings.first(tx, { phoneNumber });
	if (!row) return undefined;
	return asAudited(row);
}

interface SettingsRow {
	readonly firstName: string | null;
	readonly lastName: string | null;
	readonly email: string | null;
	readonly pinSet: unknown;
}

const asAudited = ({ firstName, lastName, email, pinSet }: SettingsRow) => ({
	...{ FirstName: firstName, LastName: lastName, Email: email },
	PIN: pinSet ? "set" : null,
});

/** Those of the numbers that have a mailbox, as `auditedSettings` has each. */
export async function auditedSettingsOf(tx: Tx, phoneNumbers: readonly string[]) {
	const rows = await tx
		.selectFrom("mailboxes")
		.select((eb) => ["phoneNumber", "firstName", "lastName", "email", eb("pinHash", "is not", null).as("pinSet")])
		.where(sql<boolean>`phone_number = any(${phoneNumbers}::text[])`)
		.execute();
	return new Map(rows.map(({ phoneNumber, ...row }) => [phoneNumber, asAudited(row)]));
}

/** Only what was sent. */
export function auditedChange(fields: CheckedFields) {
	const { firstName, lastName, email, pin } = fields;
	return {
		...(firstName !== undefined && { FirstName: firstName }),
		...(lastName !== undefined && { LastName: lastName }),
		...(email !== undefined && { Email: email }),
		// Not the digits, even here: what is not handed over can not be written down.
		...(pin !== undefined && { PIN: "set" }),
	};
}
