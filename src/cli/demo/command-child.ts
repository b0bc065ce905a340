/** Runs a command of this same CLI as a process of its own, as a person would. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { cleanEnvironment } from "./child-platform.ts";

const COMMAND_WAIT_MS = 120_000;

export interface CommandResult {
	readonly code: number | null;
	readonly stdout: Buffer;
	readonly stderr: string;
}

export interface CommandOptions {
	readonly self: readonly [node: string, script: string];
	readonly dataFolder: string;
	readonly signal: AbortSignal;
	/** Told each remark as it is made. */
	readonly onRemark?: (line: string) => void;
}

export async function runCommand(words: readonly string[], options: CommandOptions): Promise<CommandResult> {
	const [node, script] = options.self;
	const child = spawn(node, [script, ...words, "--data", options.dataFolder], {
		env: cleanEnvironment(),
		stdio: ["ignore", "pipe", "pipe"],
		signal: AbortSignal.any([options.signal, AbortSignal.timeout(COMMAND_WAIT_MS)]),
	});
	const chunks: Buffer[] = [];
	const remarks: string[] = [];
	child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
	createInterface({ input: child.stderr }).on("line", (line) => {
		remarks.push(line);
		options.onRemark?.(line);
	});
	const [code] = (await once(child, "close")) as [number | null];
	return { code, stdout: Buffer.concat(chunks), stderr: remarks.join("\n") };
}

/** Standard output of a command that must succeed, parsed. */
export async function runJson<T>(words: readonly string[], options: CommandOptions): Promise<T> {
	const { code, stdout, stderr } = await runCommand([...words, "--json"], options);
	if (code !== 0) throw new Error(`afterbeep ${words[0]} ended with exit code ${code}: ${stderr || stdout.toString()}`);
	return JSON.parse(stdout.toString()) as T;
}
