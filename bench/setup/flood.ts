/** What a scanner's flood costs those who may call: p99 of INVITE to 200 with it beside the same without it. */
import { join } from "node:path";
import { median, printTable, ratios } from "../support/figures.ts";
import { type BenchPlatform, OTHER_CORE, startBenchPlatform } from "../support/platform.ts";
import { cpuSeconds, printed, startPinned } from "../support/process.ts";
import { UdpDrops } from "../support/udp-drops.ts";
import { callP99, SECONDS } from "./run.ts";

const FLOOD_PER_SECOND = 5_000;
/** Nobody listens there: runs without a flood pay for its sender all the same, which shares a core with sipp. */
const ELSEWHERE = 15_090;

export async function floodBench(rates: readonly number[]): Promise<void> {
	const rows: Record<string, string | number>[] = [];
	for (const rate of rates) rows.push(await measure(rate));
	const title = `setup under a flood of ${FLOOD_PER_SECOND} requests/s from a stranger; ${SECONDS} s each, without, with, without, with, without`;
	printTable(title, rows);
}

interface Run {
	readonly p99Ms: number;
	readonly failed: number;
	readonly cpuShare: number;
	/** Datagrams that the kernel dropped at our socket. */
	readonly dropped: number;
}

async function measure(rate: number): Promise<Record<string, string | number>> {
	console.log(`${rate} calls/s, with and without a flood ...`);
	await using platform = await startBenchPlatform();
	await platform.activateNumbers(20);
	const { sipPort } = platform;
	await run(platform, rate, ELSEWHERE); // the first calls of a process are slow, flood or not
	const quiet: Run[] = [await run(platform, rate, ELSEWHERE)];
	const flooded: Run[] = [];
	for (let i = 0; i < 2; i++) {
		flooded.push(await run(platform, rate, sipPort));
		quiet.push(await run(platform, rate, ELSEWHERE));
	}
	const p99 = (runs: readonly Run[]) => runs.map(({ p99Ms }) => p99Ms);
	const cpu = (runs: readonly Run[]) => (100 * median(runs.map(({ cpuShare }) => cpuShare))).toFixed(0);
	const ratio = ratios(p99(quiet), p99(flooded));
	return {
		"calls/s": rate,
		"failed without": quiet.reduce((sum, { failed }) => sum + failed, 0),
		"failed with": flooded.reduce((sum, { failed }) => sum + failed, 0),
		"dropped by the kernel": flooded.reduce((sum, { dropped }) => sum + dropped, 0),
		"% of a core without": cpu(quiet),
		"% with": cpu(flooded),
		"p99 ms without": median(p99(quiet)).toFixed(1),
		"p99 ms with": median(p99(flooded)).toFixed(1),
		ratio: `${ratio.median.toFixed(2)} (${ratio.spread})`,
	};
}

async function run(platform: BenchPlatform, rate: number, floodedPort: number): Promise<Run> {
	const { sipPid, sipPort } = platform;
	const args = [join(import.meta.dirname, "flooder.ts"), String(floodedPort), String(FLOOD_PER_SECOND)];
	const flooder = startPinned(OTHER_CORE, process.execPath, args);
	await printed(flooder, "ready");
	const drops = new UdpDrops({ from: sipPort, to: sipPort });
	drops.look();
	const [dropsBefore, cpuBefore] = [drops.total, cpuSeconds(sipPid)];
	const { p99Ms, failed } = await callP99(platform, rate);
	const cpuShare = (cpuSeconds(sipPid) - cpuBefore) / SECONDS;
	drops.look();
	await flooder.stop();
	return { p99Ms, failed, cpuShare, dropped: drops.total - dropsBefore };
}
