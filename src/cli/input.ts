/** Reading of words that several commands take. */
import { isE164 } from "../domain/index.ts";
import { type Invocation, UsageError } from "./command.ts";

/** @throws UsageError where the word is no E.164 number; one without its plus is taken. */
export function phoneNumberArgument(text: string): string {
	const plain = text.replace(/[\s().-]/g, "");
	const number = /^[1-9]/.test(plain) ? `+${plain}` : plain;
	if (!isE164(number)) throw new UsageError(`"${text}" is not a number in E.164 form, such as +11234567890.`);
	return number;
}

/** What one answer may hold; more is a matter of the database itself. */
const LIST_MAX = 10_000;

/** `--limit`: 1 to 10,000. */
export function limitOption(invocation: Invocation, byDefault: number): number {
	const text = invocation.value("limit");
	if (text === undefined) return byDefault;
	const limit = Number(text);
	if (!/^\d{1,6}$/.test(text) || limit < 1 || limit > LIST_MAX) {
		throw new UsageError(`--limit is "${text}", not a whole number from 1 to ${LIST_MAX}.`);
	}
	return limit;
}
