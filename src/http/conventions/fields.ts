/** The kinds of field that requests of the contract are made of (1.7, 1.8, 2.2, 2.4). Messages complete "<Field> ...". */
import { z } from "zod";
import { LIMITS } from "../../domain/index.ts";
import { HTTP_LIMITS } from "../limits.ts";
import { readDate } from "./dates.ts";
import { blankIsAbsent, numberIsText } from "./reading.ts";

const CONTROLS = "\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029";

/** E.164 with `+`, no separators; the domain's `isE164` as a pattern for the document. */
export const phoneNumber = z
	.string()
	.regex(
		/^\+[1-9][0-9]{1,14}$/,
		"must be an E.164 number: + and 2 to 15 digits without separators, such as +11234567890",
	)
	.meta({ description: "Telephone number in E.164 form.", examples: ["+11234567890"] });

/** Opaque: looked up, never taken apart (contract 1.7). @param charsMin 0 where an empty text clears. */
export const idText = (charsMin: 0 | 1) =>
	z
		.string()
		.trim()
		.regex(
			new RegExp(`^[^${CONTROLS}]{${charsMin},${LIMITS.idCharsMax}}$`),
			`must be 1 to ${LIMITS.idCharsMax} printable characters`,
		);

/** An id that may be left out; blank counts as left out. */
export function optionalId(description: string, example: string) {
	return idText(0)
		.meta({ description, examples: [example] })
		.register(blankIsAbsent, { blank: "absent" })
		.optional();
}

export function requiredId(description: string, example: string) {
	return idText(1).meta({ description, examples: [example] });
}

export const accountId = optionalId(
	"Account that owns the number. May be left out where the key has one account, or where the number tells.",
	"AID-ab12345-2725-45a1-bd5e-526ed19799xx",
);

/** Text of a fixed form that may be left out; blank counts as left out. @param form pattern without its anchors. */
export function optionalCode(form: string, complaint: string, description: string, example: string) {
	return z
		.string()
		.regex(new RegExp(`^(?:${form})?$`), complaint)
		.meta({ description, examples: [example] })
		.register(blankIsAbsent, { blank: "absent" })
		.optional();
}

/** The same field, whose digits may come as a number. */
export function digits<T extends z.ZodOptional<z.ZodString>>(field: T): T {
	field.unwrap().register(numberIsText, { digits: true });
	return field;
}

/** SIM number of ITU-T E.118; some come with the filler `F` of their last half octet. */
export const iccid = optionalCode(
	"[0-9]{18,20}[Ff]?",
	"must be 18 to 20 digits, with or without a trailing F",
	"Serial number of the SIM.",
	"8901240397190195850",
);

export const areaCode = digits(
	optionalCode("[0-9]{3}", "must be 3 digits", "Area wanted; tried before ZipCode.", "801"),
);
export const zipCode = digits(optionalCode("[0-9]{5}", "must be 5 digits", "Postal area wanted.", "84603"));

/** Any digits: 1234 is the contract's own example, strength is asked for at the keypad. Blank is refused. */
export const pin = z
	.string()
	.regex(
		new RegExp(`^[0-9]{${LIMITS.pinDigitsMin},${LIMITS.pinDigitsMax}}$`),
		`must be ${LIMITS.pinDigitsMin} to ${LIMITS.pinDigitsMax} digits`,
	);

/** A person's name; `""` clears it. */
export const personName = z
	.string()
	.trim()
	.max(LIMITS.nameCharsMax, `must be at most ${LIMITS.nameCharsMax} characters`)
	.regex(new RegExp(`^[^${CONTROLS}]*$`), "must not hold control characters");

const ATOM = "[A-Za-z0-9\\u00a1-\\uffff!#$%&'*+/=?^_`{|}~-]+";
const LABEL = "[A-Za-z0-9\\u00a1-\\uffff](?:[A-Za-z0-9\\u00a1-\\uffff-]{0,61}[A-Za-z0-9\\u00a1-\\uffff])?";

/**
 * One mail address; `""` clears it. Dot-string of RFC 5321 §4.1.2 before the `@`, at most 64 octets; quoted local parts
 * and address literals are refused: no subscriber has one, and they carry injections.
 */
export const email = z
	.string()
	.trim()
	.max(LIMITS.emailCharsMax, `must be at most ${LIMITS.emailCharsMax} characters`)
	.regex(
		new RegExp(`^$|^(?=[^@]{1,64}@)${ATOM}(?:\\.${ATOM})*@${LABEL}(?:\\.${LABEL})*$`),
		"must be one mail address, such as john@example.com",
	);

/** A name that a person or thing must have. */
export function requiredName(description: string, example: string) {
	return z
		.string()
		.trim()
		.min(1, "must not be empty")
		.max(LIMITS.nameCharsMax, `must be at most ${LIMITS.nameCharsMax} characters`)
		.regex(new RegExp(`^[^${CONTROLS}]*$`), "must not hold control characters")
		.meta({ description, examples: [example] });
}

/** Free text of one line; `""` clears it. */
export function shortText(charsMax: number) {
	return z
		.string()
		.trim()
		.max(charsMax, `must be at most ${charsMax} characters`)
		.regex(new RegExp(`^[^${CONTROLS}]*$`), "must not hold control characters");
}

/** From 1; a text in the query of one operation, a number in the body of another (contract 1.8). */
export const pageNumber = z
	.int("must be a whole number")
	.min(1, "must be at least 1")
	.max(HTTP_LIMITS.pageNumberMax, `must be at most ${HTTP_LIMITS.pageNumberMax}`)
	.optional()
	.meta({ description: "Page wanted; 1 when absent.", examples: [1] });

/** Pages are counted from 1 (contract 1.8). @param perPage default and greatest size of one. */
export function pageFields(perPage: { readonly byDefault: number; readonly max: number }) {
	return {
		PageNumber: pageNumber,
		TotalPerPage: z
			.int()
			.min(1, "must be at least 1")
			.max(perPage.max, `must be at most ${perPage.max}`)
			.optional()
			.meta({ description: `Entries on one page; ${perPage.byDefault} when absent.`, examples: [perPage.byDefault] }),
	};
}

/** What the page fields mean. */
export function pageOf(
	input: { readonly PageNumber?: number | undefined; readonly TotalPerPage?: number | undefined },
	byDefault: number,
) {
	const limit = input.TotalPerPage ?? byDefault;
	return { offset: ((input.PageNumber ?? 1) - 1) * limit, limit };
}

/** A SIM's number in an update; `""` clears it. */
export const iccidText = z
	.string()
	.trim()
	.regex(/^(?:[0-9]{18,20}[Ff]?)?$/, "must be 18 to 20 digits, with or without a trailing F")
	.meta({ examples: ["8901240397190195850"] });

/** What an update means: undefined keeps, null clears. */
export function clearable(text: string | undefined): string | null | undefined {
	return text === "" ? null : text;
}

/** `M/d/yyyy` or ISO (contract 1.8); `readDate` gives the moment. */
export const effectiveDate = z
	.string()
	.trim()
	.max(40, "must be a date such as 12/31/2026")
	.refine((text) => text === "" || readDate(text) !== undefined, "must be a date such as 12/31/2026 or 2026-12-31")
	.meta({ description: "Day of the change, from its midnight in UTC. Absent or past: now.", examples: ["12/31/2023"] })
	.register(blankIsAbsent, { blank: "absent" })
	.optional();
