/** The program `afterbeep`. */
import { fileURLToPath } from "node:url";
import { COMMANDS } from "./commands/index.ts";
import { runCommandLine } from "./run.ts";
import { createTerminal } from "./terminal.ts";

// `afterbeep messages list | head` closes the pipe early: that is no error. Other programs get SIGPIPE then, which
// Node keeps from us: a command that has something to clear up listens for it and ends by itself.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
	if (error.code === "EPIPE") {
		if (!process.emit("SIGPIPE", "SIGPIPE")) process.exit();
		return;
	}
	process.stderr.write(`Error: standard output can not be written (${error.code ?? error.message}).\n`);
	process.exit(1);
});
// Whom nobody reads has nothing to remark.
process.stderr.on("error", () => {});

process.exitCode = await runCommandLine(process.argv.slice(2), {
	commands: COMMANDS,
	terminal: createTerminal(process.stdout, process.stderr, process.env),
	self: [process.execPath, fileURLToPath(import.meta.url)],
});
process.removeAllListeners("SIGPIPE");
// What a pipe still holds is written before the process ends, whatever handles are left open.
// A stream that failed calls back before it tells its error: the listener above then decides.
process.stdout.write("", (failed) => failed ?? process.stderr.write("", () => process.exit()));
