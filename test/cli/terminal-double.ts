/** A terminal that keeps what is written to it. */
import { COMMANDS } from "../../src/cli/commands/index.ts";
import { runCommandLine } from "../../src/cli/run.ts";
import type { Terminal } from "../../src/cli/terminal.ts";

export interface Ran {
	readonly code: number;
	readonly stdout: string;
	readonly stderr: string;
	readonly bytes: Uint8Array;
}

/** Runs a command line of the real commands in this process. */
export async function run(...words: string[]): Promise<Ran> {
	return runOn({ interactive: false }, ...words);
}

export async function runOn(
	how: { readonly interactive: boolean; readonly columns?: number },
	...words: string[]
): Promise<Ran> {
	let stdout = "";
	let stderr = "";
	let bytes: Uint8Array = new Uint8Array();
	const terminal: Terminal = {
		line: (text = "") => {
			stdout += `${text}\n`;
		},
		json: (value) => {
			stdout += JSON.stringify(value);
		},
		bytes: async (data) => {
			bytes = data;
		},
		remark: (text) => {
			stderr += `${text}\n`;
		},
		style: (_, text) => text,
		remarkStyle: (_, text) => text,
		interactive: how.interactive,
		columns: how.columns,
	};
	const code = await runCommandLine(words, { commands: COMMANDS, terminal, self: ["node", "main.ts"] });
	return { code, stdout, stderr, bytes };
}
