/** Texts, addresses and lists of routes, filters and workgroups. Messages complete "<Field> ...". */
import { z } from "zod";
import { ROUTING_LIMITS } from "../../routing/index.ts";
import { digits, phoneNumber } from "./fields.ts";

const { textCharsMax, longTextCharsMax, urlCharsMax, numbersPerRequestMax } = ROUTING_LIMITS;

const CONTROL = "\\u0000-\\u001f\\u007f-\\u009f";

/** One line; `""` clears it in an update. */
const line = z
	.string()
	.trim()
	.max(textCharsMax, `must be at most ${textCharsMax} characters`)
	.regex(new RegExp(`^[^${CONTROL}]*$`), "must not hold control characters");

export const optionalText = (description: string, example: string) =>
	line.optional().meta({ description, examples: [example] });

/** The same for what is mostly a number, and comes as one from some clients. */
export const optionalDigits = (description: string, example: string) =>
	digits(line.clone().optional()).meta({ description, examples: [example] });

export const requiredText = (description: string, example: string) =>
	line.regex(/\S/, "must not be empty").meta({ description, examples: [example] });

/** Several lines, such as what is read out to a caller. */
export const optionalLongText = (description: string, example: string) =>
	z
		.string()
		.max(longTextCharsMax, `must be at most ${longTextCharsMax} characters`)
		.optional()
		.meta({ description, examples: [example] });

// RFC 3986 §3: a scheme, a colon, and no blank anywhere.
const uri = (form: string, complaint: string) =>
	z.string().trim().max(urlCharsMax, `must be at most ${urlCharsMax} characters`).regex(new RegExp(form), complaint);

/** Any scheme; `""` clears it. */
export const optionalUri = (description: string, example: string) =>
	uri("^$|^[A-Za-z][A-Za-z0-9+.-]*:[^\\s\\u0000-\\u001f]+$", "must be an address with its scheme, such as https://...")
		.optional()
		.meta({ description, examples: [example] });

const HTTP_URL = "[Hh][Tt][Tt][Pp][Ss]?://[^\\s\\u0000-\\u001f/?#]+[^\\s\\u0000-\\u001f]*";
const HTTP_COMPLAINT = "must be an http or https address";

export const optionalHttpUrl = (description: string, example: string) =>
	uri(`^$|^${HTTP_URL}$`, HTTP_COMPLAINT)
		.optional()
		.meta({ description, examples: [example] });

export const requiredHttpUrl = (description: string, example: string) =>
	uri(`^${HTTP_URL}$`, HTTP_COMPLAINT).meta({ description, examples: [example] });

export const optionalFlag = (description: string) => z.boolean().optional().meta({ description });

export const phoneNumbers = (description: string) =>
	z
		.array(phoneNumber)
		.max(numbersPerRequestMax, `must be at most ${numbersPerRequestMax} numbers`)
		.meta({ description, examples: [["+18015551234"]] });
