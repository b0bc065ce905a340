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

/** Words of the form `Field=value`; lists and objects are JSON, `-` is read from standard input. @throws UsageError */
export async function fieldsOf(words: readonly string[]): Promise<Record<string, unknown>> {
	const fields = new Map<string, unknown>();
	for (const word of words) {
		const [, name, text] = /^([A-Za-z][A-Za-z0-9]*)=(.*)$/s.exec(word) ?? [];
		if (name === undefined || text === undefined) throw new UsageError(`"${word}" is not of the form Field=value.`);
		if ([...fields.keys()].some((each) => each.toLowerCase() === name.toLowerCase())) {
			throw new UsageError(`${name} is given twice.`);
		}
		fields.set(name, text === "-" ? await standardInput() : parsed(name, text));
	}
	return Object.fromEntries(fields);
}

function parsed(name: string, text: string): unknown {
	if (!/^[[{]/.test(text)) return text;
	try {
		return JSON.parse(text);
	} catch {
		throw new UsageError(`The value of ${name} begins like JSON, but is none.`);
	}
}

/** Its first line. */
async function standardInput(): Promise<string> {
	let text = "";
	for await (const chunk of process.stdin.setEncoding("utf8")) text += chunk;
	return text.split(/\r?\n/, 1)[0]!;
}
