/** The program `afterbeep`. */
import { fileURLToPath } from "node:url";
import { COMMANDS } from "./commands/index.ts";
import { runCommandLine } from "./run.ts";
import { createTerminal } from "./terminal.ts";

// `afterbeep messages list | head` closes the pipe early: that is no error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));

const code = await runCommandLine(process.argv.slice(2), {
	commands: COMMANDS,
	terminal: createTerminal(process.stdout, process.stderr, process.env),
	self: [process.execPath, fileURLToPath(import.meta.url)],
});
// What a pipe still holds is written before the process ends, whatever handles are left open.
process.stdout.write("", () => process.stderr.write("", () => process.exit(code)));
