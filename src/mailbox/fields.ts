/** The fields of activate and update, checked (contract 2.2). Pure. No message repeats a value: a PIN may be among them. */
import { Failure, isMailAddress, isPin, LIMITS } from "../domain/index.ts";
import type { MailboxFields } from "./types.ts";

/** Undefined: unchanged; null: cleared. */
export interface CheckedFields {
	readonly pin: string | undefined;
	readonly firstName: string | null | undefined;
	readonly lastName: string | null | undefined;
	readonly email: string | null | undefined;
}

/** @throws Failure `badInput` naming the field and its bound. */
export function checkedFields(fields: MailboxFields): CheckedFields {
	if (fields.pin !== undefined && !isPin(fields.pin)) {
		throw new Failure(
			"badInput",
			`PIN must be ${LIMITS.pinDigitsMin} to ${LIMITS.pinDigitsMax} digits`,
			"Send digits only, or leave PIN out to keep the one in force.",
		);
	}
	return {
		pin: fields.pin,
		firstName: checkedName("FirstName", fields.firstName),
		lastName: checkedName("LastName", fields.lastName),
		email: checkedEmail(fields.email),
	};
}

function checkedName(field: string, text: string | undefined): string | null | undefined {
	if (text === undefined) return undefined;
	const name = text.trim();
	if (name === "") return null;
	if ([...name].length > LIMITS.nameCharsMax) {
		throw new Failure("badInput", `${field} is longer than ${LIMITS.nameCharsMax} characters`, "Send a shorter one.");
	}
	// Line and paragraph separators break header lines as control characters do.
	if (/[\p{Cc}\p{Zl}\p{Zp}]/u.test(name) || !name.isWellFormed()) {
		throw new Failure("badInput", `${field} holds control characters`, "Send plain text on one line.");
	}
	return name;
}

function checkedEmail(text: string | undefined): string | null | undefined {
	if (text === undefined) return undefined;
	const email = text.trim();
	if (email === "") return null;
	if (Buffer.byteLength(email) > LIMITS.emailCharsMax) {
		throw new Failure("badInput", `Email is longer than ${LIMITS.emailCharsMax} characters`, "Send a shorter address.");
	}
	if (!isMailAddress(email)) {
		throw new Failure("badInput", "Email is not an e-mail address", "Send one address, such as john@example.com.");
	}
	return email;
}
