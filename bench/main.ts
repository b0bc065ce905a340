/** `npm run bench NAME`: each bench prints ratios against a limit measured in the same run (bench/README.md). */
import { apiBench } from "./api/run.ts";
import { depositBench } from "./deposit/run.ts";
import { setupBench } from "./setup/run.ts";

const BENCHES: Record<string, { readonly summary: string; run(args: readonly string[]): Promise<void> }> = {
	deposit: {
		summary: "concurrent recordings of 30 s; CPU beside a bare receiver   [CALLS ...]   default 100 300 600 1000",
		run: depositBench,
	},
	setup: {
		summary: "call set-ups a second; INVITE to 200 beside a bare UDP echo   [CALLS_PER_SECOND ...]",
		run: setupBench,
	},
	api: {
		summary:
			"activate and info a second beside their bare SQL   [--big [NUMBERS]]   every operation on a full database",
		run: apiBench,
	},
};

const [name, ...args] = process.argv.slice(2);
const bench = name === undefined ? undefined : BENCHES[name];
if (bench === undefined) {
	console.log("Usage: npm run bench NAME [-- ARGUMENTS]\n");
	for (const [benchName, { summary }] of Object.entries(BENCHES)) console.log(`  ${benchName.padEnd(8)} ${summary}`);
	process.exit(name === undefined ? 0 : 2);
}
await bench.run(args);
