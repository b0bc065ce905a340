/** `npm run bench NAME`: each bench prints ratios against a limit measured in the same run (bench/README.md). */

import { isolationBench } from "./api/isolation.ts";
import { apiBench } from "./api/run.ts";
import { depositBench } from "./deposit/run.ts";
import { lossBench } from "./loss/run.ts";
import { retrievalBench } from "./retrieval/run.ts";
import { setupBench } from "./setup/run.ts";

const BENCHES: Record<string, { readonly summary: string; run(args: readonly string[]): Promise<void> }> = {
	deposit: {
		summary:
			"concurrent recordings of 30 s; CPU beside a bare receiver   [CALLS ...]   default 100 300 600 1000\n" +
			"           --memory [CALLS ...]  what a call that records holds   default 100 1000 1500",
		run: depositBench,
	},
	retrieval: {
		summary: "concurrent playbacks; how evenly packets leave, beside a bare sender   [--talking] [CALLS ...]",
		run: retrievalBench,
	},
	setup: {
		summary:
			"call set-ups a second; INVITE to 200 beside Kamailio and a bare UDP echo   [--flood] [CALLS_PER_SECOND ...]",
		run: setupBench,
	},
	loss: {
		summary: "speech over a network that loses and delays packets; beside a receiver that puts silence",
		run: lossBench,
	},
	api: {
		summary:
			"activate and info a second beside their bare SQL\n" +
			"           --big [NUMBERS]       every operation on a full database beside an empty one   default 1000000\n" +
			"           --memory [REQUESTS]   memory of the API over so many requests   default 100000\n" +
			"           --flood               p99 of other requests while bad secrets come as fast as they can",
		run: apiBench,
	},
	isolation: {
		summary:
			"answers for another account's number and for one that does not exist: difference of the means   [PAIRS]   default 20000",
		run: isolationBench,
	},
};

const [name, ...args] = process.argv.slice(2);
const bench = name === undefined ? undefined : BENCHES[name];
if (bench === undefined) {
	console.log("Usage: npm run bench NAME [-- ARGUMENTS]\n");
	for (const [benchName, { summary }] of Object.entries(BENCHES)) console.log(`  ${benchName.padEnd(9)} ${summary}`);
	process.exit(name === undefined ? 0 : 2);
}
await bench.run(args);
