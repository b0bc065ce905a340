/** From the words of the command line to a command and its options. Pure. */
import { parseArgs } from "node:util";
import { flagName, nearest, SETTING_KEYS, SETTINGS, type Setting } from "../config/index.ts";
import type { Command, Option } from "./command.ts";
import { UsageError } from "./command.ts";

/** Options that every command takes. */
export const COMMON_OPTIONS: Readonly<Record<string, Option>> = {
	data: { value: "DIR", meaning: "data folder (AFTERBEEP_DATA, ./data)" },
	json: { meaning: "print JSON, with the field names of the API" },
	help: { meaning: "show this help" },
};

/** The settings as options; `data` is among the common ones. */
export const SETTING_OPTIONS: Readonly<Record<string, Option>> = Object.fromEntries(
	SETTING_KEYS.flatMap((key) => {
		const flag = flagName(key);
		if (flag === undefined || flag === "data") return [];
		const { meaning, default: given, unset }: Setting = SETTINGS[key];
		return [[flag, { value: "VALUE", meaning: `${meaning} [${given ?? unset ?? "none"}]` }]];
	}),
);

const LIST = new Intl.ListFormat("en-GB");

export interface ParsedArguments {
	readonly positionals: readonly string[];
	readonly values: Readonly<Record<string, string>>;
	readonly flags: ReadonlySet<string>;
}

export function optionsOf(command: Command): Readonly<Record<string, Option>> {
	return { ...command.options, ...(command.settings ? SETTING_OPTIONS : {}), ...COMMON_OPTIONS };
}

/**
 * The command that the first one or two words name, and the words after them.
 *
 * @returns a group's name (`messages`) where the second word is missing.
 * @throws UsageError for unknown words, with the nearest known command.
 */
export function findCommand(
	words: readonly string[],
	commands: readonly Command[],
): { readonly command: Command; readonly rest: readonly string[] } | { readonly group: string } {
	const [first = "", second] = words;
	const single = commands.find((command) => command.name === first);
	if (single !== undefined) return { command: single, rest: words.slice(1) };
	const group = commands.filter((command) => command.name.startsWith(`${first} `));
	if (group.length === 0) {
		const groups = commands.map((command) => command.name.split(" ")[0]!);
		throw new UsageError(`There is no command "${first}".${suggestion(first, groups)}`);
	}
	if (second === undefined || second.startsWith("-")) return { group: first };
	const double = group.find((command) => command.name === `${first} ${second}`);
	if (double !== undefined) return { command: double, rest: words.slice(2) };
	const moved = commands.some((command) => command.alsoUnder === first && command.name.startsWith(`${second} `));
	if (moved) return findCommand(words.slice(1), commands);
	const names = group.map((command) => command.name);
	throw new UsageError(`There is no command "${first} ${second}".${suggestion(`${first} ${second}`, names)}`);
}

function suggestion(name: string, known: readonly string[]): string {
	const guess = nearest(name, known);
	return guess === undefined ? "" : ` Did you mean "${guess}"?`;
}

/** @throws UsageError for unknown options, missing values, too few or too many words. */
export function parseArguments(command: Command, words: readonly string[]): ParsedArguments {
	const options = optionsOf(command);
	const { tokens } = parseArgs({
		args: [...words],
		strict: false,
		allowPositionals: true,
		tokens: true,
		options: Object.fromEntries(
			Object.entries(options).map(([name, option]) => [name, { type: option.value ? "string" : "boolean" }]),
		),
	});
	const values: Record<string, string> = {};
	const flags = new Set<string>();
	const positionals: string[] = [];
	for (const token of tokens) {
		if (token.kind === "positional") positionals.push(token.value);
		if (token.kind !== "option") continue;
		const option = options[token.name];
		if (option === undefined) {
			const guess = nearest(token.name, Object.keys(options));
			throw new UsageError(`Unknown option ${token.rawName}.${guess === undefined ? "" : ` Did you mean --${guess}?`}`);
		}
		if (option.value === undefined) {
			if (token.value !== undefined) throw new UsageError(`${token.rawName} takes no value.`);
			flags.add(token.name);
		} else {
			if (token.value === undefined) throw new UsageError(`${token.rawName} needs a value: ${option.value}.`);
			values[token.name] = token.value;
		}
	}
	if (!flags.has("help")) checkPositionals(command, positionals);
	return { positionals, values, flags };
}

function checkPositionals(command: Command, given: readonly string[]): void {
	const expected = command.positionals ?? [];
	const missing = expected.filter((positional, i) => positional.required && given[i] === undefined);
	if (missing.length > 0)
		throw new UsageError(
			`${LIST.format(missing.map(({ name }) => name))} ${missing.length > 1 ? "are" : "is"} missing.`,
		);
	if (command.more === undefined && given.length > expected.length)
		throw new UsageError(`"${given[expected.length]}" is one word too many.`);
}
