/**
 * V8's helper threads, which mark and sweep garbage for all threads of the process. Where there are as many of them as cores or
 * more, they leave a media worker a fifth of its core for as long as a collection lasts, and a thousand calls hear it: 60 ms
 * of silence now and then (bench/README.md).
 */
import { readdirSync, readFileSync } from "node:fs";
import { setPriority } from "node:os";

/** Weighs a tenth of a media worker where both want the same core, and nothing where a core is free (sched(7)). */
const NICE = 10;
const TASKS = "/proc/self/task";

/** Lets them step back behind all other threads. @returns how many there are; 0 on systems that do not say. */
export function slowGarbageHelpers(): number {
	let slowed = 0;
	try {
		for (const thread of readdirSync(TASKS)) {
			if (readFileSync(`${TASKS}/${thread}/comm`, "utf8").trim() !== "V8Worker") continue;
			setPriority(Number(thread), NICE);
			slowed++;
		}
	} catch {
		// No Linux, or a system that forbids it: then all threads stay equal.
	}
	return slowed;
}
