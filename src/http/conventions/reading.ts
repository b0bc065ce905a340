/**
 * How lenient we are with what clients send (contract 1.1), driven by the schemas themselves: names in any case,
 * unknown ones dropped, null as absent, enum values in any case, booleans and numbers as text. What comes out is in the
 * schema's own spelling and is then judged by the schema. Pure.
 */
import { z } from "zod";
import { HTTP_LIMITS } from "../limits.ts";
import { HttpError } from "./errors.ts";

/** Of a text or a choice: `""` means that it was not sent. */
export const blankIsAbsent = z.registry<{ readonly blank: "absent" }>();

/** Of a text that is digits: a whole number in its place is that text; one answer's integer is another's text (contract 5.6). */
export const numberIsText = z.registry<{ readonly digits: true }>();

/** Of an object: a plain text in its place stands for this member (contract 2.9 has both forms). */
export const textMeans = z.registry<{ readonly member: string }>();

/** A value in the schema's spelling; undefined for absent. Complaints go to `problems`. */
type Fold = (value: unknown, where: string, problems: string[]) => unknown;

/**
 * Makes the reader of one schema; the work on the schema is done once.
 *
 * @returns a function that gives the validated value or throws HttpError 400, which names fields but never values.
 */
export function readerOf<S extends z.ZodObject>(schema: S): (raw: unknown) => z.output<S> {
	const fold = foldObject(schema);
	return (raw) => {
		if (!isRecord(raw)) {
			const what =
				raw === undefined || raw === null ? "the request body is missing" : "the request body is not a JSON object";
			throw new HttpError(400, `${what}. Send an object with the documented properties.`);
		}
		const problems: string[] = [];
		const folded = fold(raw, "", problems);
		if (problems.length > 0) throw refusal(problems);
		const result = schema.safeParse(folded);
		if (result.success) return result.data;
		throw refusal(result.error.issues.map((issue) => sentence(issue, folded)));
	};
}

function refusal(problems: readonly string[]): HttpError {
	return new HttpError(400, `${problems.slice(0, HTTP_LIMITS.problemsMax).join("; ")}.`);
}

function foldOf(schema: z.core.$ZodType): Fold {
	if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodNonOptional)
		return foldOf(schema.unwrap());
	if (schema instanceof z.ZodObject) return foldObject(schema);
	if (schema instanceof z.ZodArray) return foldArray(foldOf(schema.element));
	if (schema instanceof z.ZodEnum) return foldEnum(schema.options.map(String), blankIsAbsent.has(schema));
	if (schema instanceof z.ZodBoolean) return foldBoolean;
	if (schema instanceof z.ZodNumber) return foldNumber;
	if (schema instanceof z.ZodString) return foldText(blankIsAbsent.has(schema), numberIsText.has(schema));
	if (schema instanceof z.ZodRecord) return foldFreeForm;
	// A schema that reads leniently only by accident would differ from its document.
	throw new Error(`no reading is defined for schemas of type ${schema._zod.def.type}`);
}

function foldObject(schema: z.ZodObject): Fold {
	const fields = new Map(
		Object.entries(schema.shape).map(([name, field]) => [name.toLowerCase(), { name, fold: foldOf(field) }]),
	);
	const member = textMeans.get(schema)?.member;
	return (given, where, problems) => {
		const value = typeof given === "string" && member !== undefined ? { [member]: given } : given;
		if (!isRecord(value)) return value;
		const folded: Record<string, unknown> = {};
		const seen = new Set<string>();
		for (const [rawName, raw] of Object.entries(value)) {
			const field = fields.get(rawName.toLowerCase());
			if (field === undefined) continue;
			const path = where === "" ? field.name : `${where}.${field.name}`;
			if (seen.has(field.name)) problems.push(`${path} is given more than once; send it once`);
			seen.add(field.name);
			if (raw === null) continue;
			const read = field.fold(raw, path, problems);
			if (read !== undefined) folded[field.name] = read;
		}
		return folded;
	};
}

function foldArray(element: Fold): Fold {
	return (value, where, problems) =>
		Array.isArray(value) ? value.map((item, i) => element(item, `${where}[${i}]`, problems)) : value;
}

function foldEnum(options: readonly string[], absentWhenBlank: boolean): Fold {
	const canonical = new Map(options.map((option) => [option.toLowerCase(), option]));
	return (value) => {
		if (typeof value !== "string") return value;
		if (absentWhenBlank && value.trim() === "") return undefined;
		return canonical.get(value.toLowerCase()) ?? value;
	};
}

/** An object of names that nobody knows: kept as it is, so each text in it must be one that can be stored. */
const foldFreeForm: Fold = (value, where, problems) => {
	if (!isStorable(JSON.stringify(value))) problems.push(`${where} ${UNSTORABLE}`);
	return value;
};

const foldBoolean: Fold = (value) => {
	if (typeof value !== "string") return value;
	const text = value.toLowerCase();
	return text === "true" ? true : text === "false" ? false : value;
};

const foldNumber: Fold = (value) =>
	typeof value === "string" && /^-?[0-9]{1,15}$/.test(value) ? Number(value) : value;

// PostgreSQL stores neither; half a surrogate pair would silently become another character.
const UNSTORABLE = "must be Unicode text without NUL or halved surrogate pairs";

/** @param json text of JSON.stringify, which escapes NUL and halved pairs, and a backslash as two. */
const isStorable = (json: string) => !/(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f][0-9a-f]{2})/.test(json);

function foldText(absentWhenBlank: boolean, numbersToo: boolean): Fold {
	return (value, where, problems) => {
		if (numbersToo && Number.isSafeInteger(value) && (value as number) >= 0) return String(value);
		if (Array.isArray(value)) problems.push(`${where} must be one text`);
		if (typeof value !== "string") return value;
		if (value.includes("\0") || !value.isWellFormed()) problems.push(`${where} ${UNSTORABLE}`);
		return absentWhenBlank && value.trim() === "" ? undefined : value;
	};
}

function isRecord(value: unknown): value is Record<string, unknown> {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}

const KINDS: Readonly<Record<string, string>> = {
	string: "a text",
	boolean: "true or false",
	number: "a number",
	int: "a whole number",
	array: "a list",
	object: "an object",
};

/** What is wrong with one field, in words that say how to mend it. */
function sentence(issue: z.core.$ZodIssue, input: unknown): string {
	const where = issue.path
		.map((part, i) => (typeof part === "number" ? `[${part}]` : `${i > 0 ? "." : ""}${String(part)}`))
		.join("");
	const given = issue.path.reduce<unknown>(
		(value, part) => (isRecord(value) || Array.isArray(value) ? Reflect.get(value, part) : undefined),
		input,
	);
	if (given === undefined && issue.path.length > 0) return `${where} is required`;
	if (issue.code === "invalid_type") return `${where} must be ${KINDS[issue.expected] ?? issue.expected}`;
	if (issue.code === "invalid_value") return `${where} must be one of ${issue.values.map(String).join(", ")}`;
	return `${where} ${issue.message}`.trim();
}
