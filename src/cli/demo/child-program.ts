/** A program of the demo's surroundings (proxy, phone): its output is watched, and it is ended on every way out. */
import { spawn } from "node:child_process";
import { once } from "node:events";

const END_WAIT_MS = 5_000;
const POLL_MS = 50;

export interface ChildProgram extends AsyncDisposable {
	/** All it said so far. */
	said(): string;
	/** Waits until something is said that fits. @returns it. */
	hear(what: string, pattern: RegExp, waitMs: number): Promise<RegExpExecArray>;
}

export function startProgram(file: string, words: readonly string[], signal: AbortSignal): ChildProgram {
	const child = spawn(file, words, { stdio: ["ignore", "pipe", "pipe"] });
	let output = "";
	for (const stream of [child.stdout, child.stderr]) {
		stream.on("data", (chunk: Buffer) => {
			output += chunk.toString();
		});
	}
	let gone = false;
	const ended = once(child, "close").then(
		() => {
			gone = true;
		},
		(error: Error) => {
			gone = true;
			output += error.message;
		},
	);
	return {
		said: () => output,
		hear: async (what, pattern, waitMs) => {
			const deadline = performance.now() + waitMs;
			for (;;) {
				signal.throwIfAborted();
				const found = pattern.exec(output);
				if (found !== null) return found;
				const tail = output.trim().split("\n").slice(-8).join("\n");
				if (gone) throw new Error(`${file} ended before ${what}. It said:\n${tail}`);
				if (performance.now() > deadline) throw new Error(`${what} did not come within ${waitMs / 1000} s:\n${tail}`);
				await new Promise((resolve) => setTimeout(resolve, POLL_MS));
			}
		},
		async [Symbol.asyncDispose]() {
			if (!gone) child.kill("SIGTERM");
			const timer = setTimeout(() => child.kill("SIGKILL"), END_WAIT_MS);
			await ended;
			clearTimeout(timer);
		},
	};
}
