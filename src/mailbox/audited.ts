/** What the audit log is told of a mailbox: the settings of the API, and of the PIN only that it is there. */
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
	return { FirstName: row.firstName, LastName: row.lastName, Email: row.email, PIN: row.pinSet ? "set" : null };
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
