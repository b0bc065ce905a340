import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { slowGarbageHelpers } from "../../src/media/garbage-helpers.ts";

/** Name and niceness of each thread (proc_pid_stat(5)). */
function threads(): { readonly name: string; readonly nice: number }[] {
	return readdirSync("/proc/self/task").map((thread) => {
		const [, name, rest] = /^\d+ \((.*)\) (.*)$/s.exec(readFileSync(`/proc/self/task/${thread}/stat`, "utf8"))!;
		return { name: name!, nice: Number(rest!.split(" ")[16]) };
	});
}

test.runIf(process.platform === "linux")("V8's helpers step back, and no other thread does", () => {
	const others = () => threads().filter(({ name }) => name !== "V8Worker");
	const before = others().map(({ nice }) => nice);
	expect(slowGarbageHelpers()).toBeGreaterThan(0);
	const helpers = threads().filter(({ name }) => name === "V8Worker");
	for (const { nice } of helpers) expect(nice).toBeGreaterThanOrEqual(10);
	expect(Math.max(...others().map(({ nice }) => nice))).toBe(Math.max(...before));
});
