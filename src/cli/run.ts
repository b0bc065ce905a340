/** Runs one command line: finds the command, reads its options, maps failures to exit codes. */
import { type LoadedConfig, loadConfig, machineSources } from "../config/index.ts";
import { Failure } from "../domain/index.ts";
import { findCommand, parseArguments, SETTING_OPTIONS } from "./arguments.ts";
import { type Command, type Invocation, UsageError } from "./command.ts";
import { commandHelp, overview } from "./help.ts";
import type { Terminal } from "./terminal.ts";
import { VERSION } from "./version.ts";

export interface RunContext {
	readonly commands: readonly Command[];
	readonly terminal: Terminal;
	readonly self: readonly [node: string, script: string];
}

/** @returns exit code: 0 done, 1 failed, 2 called wrongly. */
export async function runCommandLine(words: readonly string[], context: RunContext): Promise<number> {
	const { commands, terminal } = context;
	let current: Command | undefined;
	try {
		const first = words[0];
		if (first === "--version" || first === "-V") {
			terminal.line(VERSION);
			return 0;
		}
		if (first === undefined || first === "--help" || first === "-h" || first === "help") {
			terminal.line(overview(commands, terminal));
			return first === undefined ? 2 : 0;
		}
		const found = findCommand(words, commands);
		if ("group" in found) {
			terminal.line(overview(commands, terminal, found.group));
			return words.includes("--help") || words.includes("-h") ? 0 : 2;
		}
		current = found.command;
		return await runCommand(found.command, found.rest, context);
	} catch (error) {
		return report(error, current, context);
	}
}

async function runCommand(command: Command, words: readonly string[], context: RunContext): Promise<number> {
	const { terminal } = context;
	const parsed = parseArguments(
		command,
		words.map((word) => (word === "-h" ? "--help" : word)),
	);
	if (parsed.flags.has("help")) {
		terminal.line(commandHelp(command, terminal));
		return 0;
	}
	let loaded: LoadedConfig | undefined;
	const load = (): LoadedConfig => {
		const flags = Object.entries(parsed.values).filter(([name]) => name === "data" || settingFlag(command, name));
		loaded ??= loadConfig(machineSources(Object.fromEntries(flags)));
		return loaded;
	};
	const invocation: Invocation = {
		positionals: parsed.positionals,
		value: (option) => parsed.values[option],
		flag: (option) => parsed.flags.has(option),
		json: parsed.flags.has("json"),
		terminal,
		loadConfig: load,
		config: () => load().config,
		self: context.self,
	};
	return command.run(invocation);
}

/** An option of the command's own that bears a setting's name (`call --to`) is none. */
function settingFlag(command: Command, name: string): boolean {
	return command.settings === true && SETTING_OPTIONS[name] !== undefined && command.options?.[name] === undefined;
}

/** The rooms name requests of the API and its tokens; who types commands looks in the list beside the command. */
function whereToLook(command: Command | undefined, commands: readonly Command[]): string | undefined {
	const list = `${command?.name.split(" ")[0]} list`;
	return commands.some(({ name }) => name === list) ? `See: afterbeep ${list}` : undefined;
}

function mendHere(error: Failure, command: Command | undefined, commands: readonly Command[]): string {
	const instead = error.code === "notFound" ? whereToLook(command, commands) : undefined;
	const account = error.message.startsWith("AccountId is required") && command?.options?.account !== undefined;
	return instead ?? (account ? "Name it with --account. See: afterbeep accounts list" : error.mend);
}

function report(error: unknown, command: Command | undefined, { terminal, commands }: RunContext): number {
	const lead = terminal.remarkStyle("red", "Error:");
	if (error instanceof UsageError) {
		terminal.remark(`${lead} ${error.message}`);
		terminal.remark(`See: afterbeep ${command === undefined ? "" : `${command.name} `}--help`);
		return 2;
	}
	if (error instanceof Failure) {
		terminal.remark(`${lead} ${error.message}`);
		terminal.remark(mendHere(error, command, commands));
		return 1;
	}
	terminal.remark(`${lead} ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
	terminal.remark("This is a bug of Afterbeep: please report it with the lines above.");
	return 1;
}
