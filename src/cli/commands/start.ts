/** `afterbeep start`: the platform, until SIGTERM or SIGINT. */
import { closeSync, openSync } from "node:fs";
import type { Running } from "../../main.ts";
import type { Command } from "../command.ts";

/** 128 + 15: how a shell reports a process that SIGTERM ended at once. */
const ENDED_AT_ONCE = 143;

export const start: Command = {
	name: "start",
	summary: "Run the platform until Ctrl-C or SIGTERM",
	settings: true,
	details: `
The first start makes an operator and prints its key and secret once.
SIGTERM and Ctrl-C drain: new calls get 503, running calls end well (AFTERBEEP_DRAIN_SECONDS), then the exit code
is 0. A second signal ends at once. Nothing that was started stays behind.
SIGHUP reads the peers file again (AFTERBEEP_PEERS); where its terminal was closed, it ends the platform instead.`,
	examples: [
		"afterbeep start",
		"afterbeep start --roles sip --data /var/lib/afterbeep",
		"AFTERBEEP_LOG=debug afterbeep start",
	],
	async run(invocation) {
		const config = invocation.config();
		// Loaded only here: the other commands answer sooner without the whole platform.
		const { openLog } = await import("../../platform/open-log.ts");
		const { start: startPlatform } = await import("../../main.ts");
		const log = openLog({ level: config.logLevel, output: process.stdout, env: process.env });
		const signals = listenToSignals();
		// A broken promise or throw outside of any call leaves the state of the whole unknown: end, and be started anew.
		const fatal = (error: unknown): void => {
			log.fatal({ error }, "a bug of Afterbeep: the process ends; please report it");
			process.exitCode = 1;
			signals.force();
		};
		process.on("uncaughtException", fatal);
		process.on("unhandledRejection", fatal);
		const running = await startPlatform(config, {
			log,
			announce: (text) => {
				const output = process.stdout.isTTY ? process.stdout : process.stderr;
				output.write(`${text}\n`);
			},
		});
		signals.onReload(() => running.reload());
		const signal = await signals.first;
		log.info({ signal }, "stopping: new calls are refused, running calls end");
		return stop(running, signals);
	},
};

interface Signals {
	readonly first: Promise<string>;
	readonly second: Promise<string>;
	force(): void;
	/** Told of each SIGHUP from now on, and of one that came before. */
	onReload(reload: () => void): void;
}

function listenToSignals(): Signals {
	const first = Promise.withResolvers<string>();
	const second = Promise.withResolvers<string>();
	let count = 0;
	const startedFromTerminal = hasTerminal();
	const listener = (signal: string): void => {
		count++;
		if (count === 1) first.resolve(signal);
		else second.resolve(signal);
	};
	for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, listener);
	let reload: (() => void) | undefined;
	let reloadWanted = false;
	process.on("SIGHUP", (signal) => {
		if (startedFromTerminal && !hasTerminal()) listener(signal);
		else if (reload !== undefined) reload();
		else reloadWanted = true;
	});
	// Started by a process that keeps a channel to us (the demo): when it is gone, however it went, so are we.
	process.once("disconnect", () => listener("the starting process is gone"));
	return {
		first: first.promise,
		second: second.promise,
		force: () => {
			first.resolve("bug");
			second.resolve("bug");
		},
		onReload: (then) => {
			reload = then;
			if (reloadWanted) then();
		},
	};
}

/** Whether this process has a terminal that is still there: SIGHUP also says that it was closed. */
function hasTerminal(): boolean {
	try {
		closeSync(openSync("/dev/tty", "r"));
		return true;
	} catch {
		return false;
	}
}

async function stop(running: Running, signals: Signals): Promise<number> {
	let atOnce = false;
	signals.second.then(() => {
		atOnce = true;
		running.hurry();
	});
	await running.stop();
	return atOnce ? Number(process.exitCode ?? ENDED_AT_ONCE) : 0;
}
