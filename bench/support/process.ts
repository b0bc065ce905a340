/** Programs under measurement: started, pinned to a core, and read from /proc (Linux only). */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";

const TICKS_PER_SECOND = Number(execFileSync("getconf", ["CLK_TCK"]).toString());

/** CPU time used so far by a process and all its threads, seconds. */
export function cpuSeconds(pid: number): number {
	const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
		.replace(/^.*\) /, "")
		.split(" ");
	return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** Of a process's main thread so far: time on a core, and time ready to run but waiting for one, milliseconds. */
export function scheduled(pid: number): { readonly ranMs: number; readonly waitedMs: number } {
	const [ran, waited] = readFileSync(`/proc/${pid}/schedstat`, "utf8").split(" ").map(Number);
	return { ranMs: ran! / 1e6, waitedMs: waited! / 1e6 };
}

/** Resident memory of a process, MB; `peak` the highest so far. */
export function memoryMb(pid: number): { readonly now: number; readonly peak: number } {
	const status = readFileSync(`/proc/${pid}/status`, "utf8");
	const field = (name: string) => Number(status.match(new RegExp(`${name}:\\s+(\\d+)`))?.[1] ?? 0) / 1024;
	return { now: field("VmRSS"), peak: field("VmHWM") };
}

/** Pids of all descendants of a process. */
export function descendants(pid: number): number[] {
	const parents = new Map<number, number>();
	for (const entry of readdirSync("/proc")) {
		if (!/^\d+$/.test(entry)) continue;
		try {
			const fields = readFileSync(`/proc/${entry}/stat`, "utf8")
				.replace(/^.*\) /, "")
				.split(" ");
			parents.set(Number(entry), Number(fields[1]));
		} catch {
			// It ended between the listing and the reading.
		}
	}
	const found: number[] = [];
	const visit = (parent: number) => {
		for (const [child, itsParent] of parents) {
			if (itsParent !== parent) continue;
			found.push(child);
			visit(child);
		}
	};
	visit(pid);
	return found;
}

/** Memory of several processes with shared pages counted once, MB. */
export function proportionalMemoryMb(pids: readonly number[]): number {
	let kilobytes = 0;
	for (const pid of pids) {
		try {
			kilobytes += Number(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8").match(/^Pss:\s+(\d+)/m)?.[1] ?? 0);
		} catch {
			// It ended between the listing and the reading.
		}
	}
	return kilobytes / 1024;
}

/** Starts a program pinned to a core, or to a list such as `0,1`. Its standard output is collected. */
export function startPinned(
	core: number | string,
	command: string,
	args: readonly string[],
	options: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {},
): { readonly child: ChildProcess; output(): string; stop(): Promise<void> } {
	const child = spawn("taskset", ["-c", String(core), command, ...args], {
		...options,
		stdio: ["ignore", "pipe", "pipe"],
	});
	let output = "";
	for (const stream of [child.stdout, child.stderr]) {
		stream.on("data", (chunk: Buffer) => {
			output = (output + chunk.toString()).slice(-100_000);
		});
	}
	return {
		child,
		output: () => output,
		stop: async () => {
			if (child.exitCode !== null || child.signalCode !== null) return;
			child.kill("SIGTERM");
			await once(child, "exit");
		},
	};
}

/** Waits until a program printed a text. */
export async function printed(
	program: { readonly child: ChildProcess; output(): string },
	text: string,
): Promise<void> {
	for (let waitedMs = 0; waitedMs < 30_000; waitedMs += 50) {
		if (program.output().includes(text)) return;
		if (program.child.exitCode !== null) break;
		await new Promise((done) => setTimeout(done, 50));
	}
	throw new Error(`"${text}" never came:\n${program.output()}`);
}
