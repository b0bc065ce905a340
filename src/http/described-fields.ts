/** Words and examples for each field of the document. Pure. */
import { FIELD_WORDS } from "./field-words.ts";
import type { OpenApiVersion } from "./openapi.ts";

type Json = Record<string, unknown>;

/** What a member means: said by the schema, else of this place, else of the name. */
export function wordsFor(at: string, name: string): string | undefined {
	return FIELD_WORDS[`${at}.${name}`] ?? FIELD_WORDS[name];
}

/**
 * Adds to each member of a JSON schema what it means and what it looks like in the operation's own example, where it
 * says neither itself. Changes `schema`.
 *
 * @param at name of the schema; of what is inside a member, with the member's name behind it.
 */
export function describeFields(schema: Json, at: string, example: unknown, openApi: OpenApiVersion): Json {
	const items = schema.items as Json | undefined;
	if (items !== undefined) describeFields(items, at, Array.isArray(example) ? example[0] : undefined, openApi);
	for (const choice of [...list(schema.anyOf), ...list(schema.oneOf)]) describeFields(choice, at, example, openApi);
	for (const [name, member] of Object.entries((schema.properties ?? {}) as Record<string, Json>)) {
		const shown = typeof example === "object" && example !== null ? Reflect.get(example, name) : undefined;
		const words = wordsFor(at, name);
		if (member.description === undefined && words !== undefined) member.description = words;
		const said = member.examples !== undefined || member.example !== undefined;
		// Of an object its members' examples say it all.
		if (!said && shown !== undefined && shown !== null && typeof shown !== "object") {
			if (openApi === "3.1.0") member.examples = [shown];
			else member.example = shown;
		}
		describeFields(member, `${at}.${name}`, shown, openApi);
	}
	return schema;
}

const list = (value: unknown): readonly Json[] => (Array.isArray(value) ? value : []);
