/** Names that operators give. Pure. */
import { Failure } from "../domain/index.ts";
import { DIRECTORY_LIMITS } from "./limits.ts";

/**
 * @param field as the API calls it.
 * @returns trimmed.
 * @throws Failure `badInput`: empty, too long or not one line of text.
 */
export function checkedName(field: string, text: string): string {
	const name = text.trim();
	if (name === "") throw new Failure("badInput", `${field} is required`, `Send a ${field}.`);
	if ([...name].length > DIRECTORY_LIMITS.nameCharsMax) {
		throw new Failure(
			"badInput",
			`${field} is longer than ${DIRECTORY_LIMITS.nameCharsMax} characters`,
			"Send a shorter one.",
		);
	}
	// Line and paragraph separators break header lines as control characters do.
	if (/[\p{Cc}\p{Zl}\p{Zp}]/u.test(name) || !name.isWellFormed()) {
		throw new Failure("badInput", `${field} holds control characters`, "Send plain text on one line.");
	}
	return name;
}
