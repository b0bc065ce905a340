/** `npm run fuzz -- --cases N --seed S`: breaks what comes from outside, and keeps each case that broke us. */
import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { fuzz, TARGETS } from "./fuzz.ts";

const USAGE = `Usage: npm run fuzz -- [--cases N] [--seed S] [--seconds N] [--target NAME]

  --cases N      cases in all                          default 100000
  --seed S       the same seed brings the same cases   default: of the clock, printed
  --seconds N    ends earlier after so many seconds
  --target NAME  one of ${TARGETS.map(({ name }) => name).join(", ")}

Each finding is written to fuzz/corpus/TARGET/, where npm test tries it from then on.
Exit code: 0 nothing found, 1 something found, 2 wrong arguments.

Example: npm run fuzz -- --cases 1000000 --seed 7 --target sip-datagram`;

/** @returns the whole number of an option, from 1 up; undefined where it is not given. */
function whole(name: string, text: string | undefined): number | undefined {
	if (text === undefined) return undefined;
	if (!/^[1-9]\d{0,11}$/.test(text)) wrong(`--${name} takes a whole number from 1 up, not ${text}`);
	return Number(text);
}

function wrong(why: string): never {
	console.error(`${why}\n\n${USAGE}`);
	process.exit(2);
}

function options() {
	try {
		const text = { type: "string" } as const;
		const flags = { cases: text, seed: text, seconds: text, target: text, help: { type: "boolean" } } as const;
		return parseArgs({ options: flags }).values;
	} catch (error) {
		return wrong((error as Error).message);
	}
}

const given = options();
if (given.help) {
	console.log(USAGE);
	process.exit(0);
}
const cases = whole("cases", given.cases) ?? 100_000;
const seed = whole("seed", given.seed) ?? Date.now() % 2 ** 31;
const seconds = whole("seconds", given.seconds);
const targets = TARGETS.filter(({ name }) => given.target === undefined || name === given.target);
if (targets.length === 0) wrong(`There is no target ${given.target}`);

const startedMs = performance.now();
let shownMs = 0;
const run = fuzz({
	cases,
	seed,
	targets,
	findingsMax: 20,
	...(seconds === undefined ? {} : { limitMs: seconds * 1000 }),
	progress: (done, found) => {
		const nowMs = performance.now();
		if (!process.stderr.isTTY || nowMs - shownMs < 500) return;
		shownMs = nowMs;
		process.stderr.write(`\r${done.toLocaleString("en")} of ${cases.toLocaleString("en")} cases, ${found} findings `);
	},
});
if (process.stderr.isTTY) process.stderr.write("\r\u001b[K");
for (const { target, octets, why } of run.findings) {
	const folder = new URL(`corpus/${target}/`, import.meta.url);
	const file = new URL(`${createHash("sha256").update(octets).digest("hex").slice(0, 16)}.bin`, folder);
	mkdirSync(folder, { recursive: true });
	writeFileSync(file, octets);
	console.log(`FOUND ${target}: ${why}\n  kept as ${file.pathname}\n`);
}
const tookS = (performance.now() - startedMs) / 1000;
for (const [name, count] of run.byTarget) console.log(`${name.padEnd(14)} ${count.toLocaleString("en").padStart(12)}`);
console.log(
	`${run.cases.toLocaleString("en")} cases, seed ${seed}, ${tookS.toFixed(1)} s: ${run.findings.length} findings`,
);
process.exitCode = run.findings.length === 0 ? 0 : 1;
