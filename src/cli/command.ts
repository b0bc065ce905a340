/** What a command of the CLI declares, and what it is given when it runs. */
import type { Config, LoadedConfig } from "../config/index.ts";
import type { Terminal } from "./terminal.ts";

export interface Option {
	/** Name of the value in help; a flag without value where undefined. */
	readonly value?: string;
	readonly meaning: string;
}

export interface Positional {
	readonly name: string;
	readonly required: boolean;
}

export interface Command {
	/** One word, or two: `messages list`. */
	readonly name: string;
	/** One line. */
	readonly summary: string;
	/** Further lines of help. */
	readonly details?: string;
	readonly positionals?: readonly Positional[];
	/** Further words, as many as one likes: how each looks, for the help. */
	readonly more?: string;
	readonly options?: Readonly<Record<string, Option>>;
	/** A group of commands under which this one's group is found too: `accounts keys list` as `keys list`. */
	readonly alsoUnder?: string;
	/** Takes every setting as a flag (`--sip-peers`). */
	readonly settings?: boolean;
	/** Lines that can be pasted. */
	readonly examples: readonly string[];
	/** @returns the exit code: 0 done, 1 failed. */
	run(invocation: Invocation): Promise<number>;
}

export interface Invocation {
	readonly positionals: readonly string[];
	/** Text of an option that takes a value. */
	value(option: string): string | undefined;
	/** Whether a flag was given. */
	flag(option: string): boolean;
	readonly json: boolean;
	readonly terminal: Terminal;
	/** Reads the settings when the command needs them. Throws Failure `configInvalid`. */
	loadConfig(): LoadedConfig;
	config(): Config;
	/** How this program was started, for commands that start another one: `[node, main.ts]`. */
	readonly self: readonly [node: string, script: string];
}

/** The way the command was called is wrong: exit code 2, with the command's usage. */
export class UsageError extends Error {
	override readonly name = "UsageError";
}
