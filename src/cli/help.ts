/** Help texts, made from what the commands declare. */
import { optionsOf, SETTING_OPTIONS } from "./arguments.ts";
import type { Command, Option } from "./command.ts";
import type { Terminal } from "./terminal.ts";

function columns(rows: readonly (readonly [string, string])[]): string[] {
	const width = Math.max(...rows.map(([left]) => left.length));
	return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}

/** What follows the name of the command. */
function wordsOf({ positionals = [], more }: Command): readonly string[] {
	return [...positionals.map((p) => (p.required ? p.name : `[${p.name}]`)), ...(more === undefined ? [] : [more])];
}

export function usageLine(command: Command): string {
	return ["afterbeep", command.name, ...wordsOf(command), "[options]"].join(" ");
}

export function commandHelp(command: Command, terminal: Terminal): string {
	const title = (text: string): string => terminal.style("bold", text);
	const row = ([name, option]: readonly [string, Option]): readonly [string, string] => [
		option.value === undefined ? `--${name}` : `--${name} ${option.value}`,
		option.meaning,
	];
	const all = Object.entries(optionsOf(command));
	const own = all.filter(([name]) => command.options?.[name] !== undefined || SETTING_OPTIONS[name] === undefined);
	const settings = command.settings ? all.filter(([name]) => SETTING_OPTIONS[name] !== undefined) : [];
	return [
		command.summary,
		"",
		title("Usage"),
		`  ${usageLine(command)}`,
		...(command.details === undefined ? [] : ["", ...command.details.trim().split("\n")]),
		"",
		title("Options"),
		...columns(own.map(row)),
		...(settings.length === 0 ? [] : ["", title("Settings"), ...columns(settings.map(row))]),
		"",
		title("Examples"),
		...command.examples.map((example) => `  ${example}`),
	].join("\n");
}

export function overview(commands: readonly Command[], terminal: Terminal, group?: string): string {
	const title = (text: string): string => terminal.style("bold", text);
	const shown =
		group === undefined
			? commands
			: commands.filter((command) => command.name.startsWith(`${group} `) || command.alsoUnder === group);
	return [
		group === undefined ? "Afterbeep: voicemail for mobile operators." : `Commands of ${group}:`,
		"",
		title("Usage"),
		group === undefined ? "  afterbeep COMMAND [options]" : `  afterbeep ${group} COMMAND [options]`,
		"",
		title("Commands"),
		...columns(
			shown.map((command) => {
				const name = group !== undefined && command.alsoUnder === group ? `${group} ${command.name}` : command.name;
				return [[name, ...wordsOf(command)].join(" "), command.summary];
			}),
		),
		"",
		"Each takes --help (with examples), --json and --data DIR.",
		...(group === undefined ? ["Settings come from flags, the environment and afterbeep.toml: afterbeep config"] : []),
	].join("\n");
}
