/**
 * `npm run soak -- [--minutes N] [--callers N] [--seed S]`: the mixed soak on a platform of its own. Prints what the platform
 * holds at idle after each round and at most, and ends with 1 where something grew or a message is unaccounted for.
 */
import { parseArgs } from "node:util";
import { freeTcpPort, startPlatform } from "../../test/support/platform.ts";
import { printTable } from "../support/figures.ts";
import { openLiveHeap } from "../support/live-heap.ts";
import type { Reading } from "./gauges.ts";
import { runSoak } from "./soak.ts";

const ROUNDS_MIN = 4;
const ROUND_MINUTES = 5;
/** From the first round to the last, of what lives after a full collection. A leak shows here first. */
const LIVE_HEAP_GROWTH_MB = 10;
/**
 * From the middle to the last: what the allocator and V8 keep for the next call rises for a quarter of an hour, then stays
 * (215, 265, 315, 322, 323, 324 MB after rounds of five minutes); a leak goes on.
 */
const RESIDENT_GROWTH_MB = 25;
/** Connections to the database come and go. */
const DESCRIPTOR_GROWTH = 10;

const { values } = parseArgs({
	options: {
		minutes: { type: "string", default: "30" },
		callers: { type: "string", default: "16" },
		seed: { type: "string", default: String(Math.floor(Math.random() * 1e9)) },
	},
});
const [minutes, callers, seed] = [values.minutes, values.callers, values.seed].map(Number) as [number, number, number];
if (!(minutes > 0) || !(callers >= 1) || !Number.isInteger(seed)) {
	console.error("Usage: npm run soak -- [--minutes N] [--callers N] [--seed S]");
	process.exit(2);
}
const rounds = Math.max(ROUNDS_MIN, Math.round(minutes / ROUND_MINUTES));
console.log(`${minutes} minutes of calls in ${rounds} rounds, ${callers} at a time, seed ${seed}`);
const inspectorPort = await freeTcpPort();
const platform = await startPlatform({
	env: { AFTERBEEP_LOG: "warn", NODE_OPTIONS: `--inspect-port=127.0.0.1:${inspectorPort}` },
});
try {
	const live = await openLiveHeap(platform.pid, inspectorPort);
	const roundSeconds = (minutes * 60) / rounds;
	const result = await runSoak({
		...{ platform, rounds, roundSeconds, callers, seed, compared: 20 },
		collectGarbage: () => live.read(),
		onReading: (reading, calls) => {
			console.log(`  ${sum(calls)} calls so far; at idle ${reading.rssMb.toFixed(0)} MB`);
		},
		onProgress: (calls) => console.log(`    ${sum(calls)} calls`),
	});
	live.close();
	const rows = result.readings.map((reading, round) => row(reading, String(round)));
	const most = result.peak === undefined ? [] : [row(result.peak, "at most")];
	printTable("what the platform holds at idle, and at most meanwhile", [...rows, ...most]);
	const calls = Object.entries(result.calls).map(([kind, count]) => `${count} ${kind}`);
	console.log(`\ncalls: ${calls.join(", ")}; ${result.datagramsLost} SIP datagrams lost on purpose`);
	console.log(
		`messages: ${result.messages}; likeness of ${result.correlations.length}: ${least(result.correlations)} or more`,
	);
	const faults = [...result.faults, ...growth(result.readings)];
	if (Math.min(1, ...result.correlations) < 0.99) faults.push("a message does not hold what was said");
	for (const fault of faults) console.log(`FAULT: ${fault}`);
	if (faults.length === 0) console.log("Every message is accounted for, and nothing grew.");
	process.exitCode = faults.length === 0 ? 0 : 1;
} finally {
	await platform.stop();
}

function sum(calls: Readonly<Record<string, number>>): number {
	return Object.values(calls).reduce((all, count) => all + count, 0);
}

function row(reading: Reading, round: string): Record<string, string | number> {
	return {
		"after round": round,
		"RSS MB": reading.rssMb.toFixed(0),
		"live heap MB": reading.heapMb.toFixed(0),
		handles: reading.handles,
		descriptors: reading.descriptors ?? "-",
		"UDP sockets": reading.udpSockets ?? "-",
		calls: reading.rooms.get("calls/callsActive") ?? "-",
		dialogs: reading.rooms.get("sip/sipDialogs") ?? "-",
		transactions:
			(reading.rooms.get("sip/sipServerTransactions") ?? 0) + (reading.rooms.get("sip/sipClientTransactions") ?? 0),
		"RTP ports": reading.rooms.get("media/portsTaken") ?? "-",
	};
}

/** What the last round holds more than an earlier one did. */
function growth(readings: readonly Reading[]): string[] {
	const [, first] = readings;
	const middle = readings[Math.ceil(readings.length / 2)];
	const last = readings.at(-1);
	if (first === undefined || middle === undefined || last === undefined) return ["nothing was read"];
	const faults: string[] = [];
	const compare = (what: string, before: number | undefined, after: number | undefined, allowed: number) => {
		if (before === undefined || after === undefined || after - before <= allowed) return;
		faults.push(`${what} grew from ${before.toFixed(0)} to ${after.toFixed(0)}`);
	};
	compare("RSS (MB)", middle.rssMb, last.rssMb, RESIDENT_GROWTH_MB);
	compare("the live heap (MB)", first.heapMb, last.heapMb, LIVE_HEAP_GROWTH_MB);
	compare("handles", first.handles, last.handles, DESCRIPTOR_GROWTH);
	compare("descriptors", first.descriptors, last.descriptors, DESCRIPTOR_GROWTH);
	compare("UDP sockets", first.udpSockets, last.udpSockets, 0);
	return faults;
}

function least(values: readonly number[]): string {
	return values.length === 0 ? "-" : Math.min(...values).toFixed(3);
}
