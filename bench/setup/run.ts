/** Call set-ups a second, and the p99 of INVITE to 200 beside a bare UDP echo at the same rate; alone, and under API load. */
import { createSocket } from "node:dgram";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { startLoad } from "../support/api-load.ts";
import { median, percentile, printTable, ratios } from "../support/figures.ts";
import { type BenchPlatform, OTHER_CORE, SIP_CORE, startBenchPlatform } from "../support/platform.ts";
import { cpuSeconds, printed, startPinned } from "../support/process.ts";
import { runSipp } from "../support/sipp.ts";

export const SECONDS = 10;
const ECHO_PORT = 15_080;
const ECHO_OCTETS = 700;
const FAILED_SHARE_MAX = 0.01;
const API_REQUESTS_PER_SECOND = 200;

export async function setupBench(args: readonly string[]): Promise<void> {
	if (args[0] === "--flood") {
		const { floodBench } = await import("./flood.ts");
		await floodBench(args.length > 1 ? args.slice(1).map(Number) : [100]);
		return;
	}
	const rates = args.length > 0 ? args.map(Number) : [100, 200, 400, 600, 800];
	const rows: Record<string, string | number>[] = [];
	for (const underLoad of [false, true]) {
		for (const rate of rates) {
			const row = await measure(rate, underLoad);
			rows.push(row.figures);
			if (row.failedShare > FAILED_SHARE_MAX) break;
		}
	}
	printTable(`setup: INVITE -> 200 -> ACK -> BYE, ${SECONDS} s each; one core for the platform's sip role`, rows);
}

async function measure(rate: number, underLoad: boolean) {
	console.log(`${rate} calls/s${underLoad ? `, under ${API_REQUESTS_PER_SECOND} API requests/s` : ""} ...`);
	await using platform = await startBenchPlatform();
	const numbers = await platform.activateNumbers(20);
	const load = underLoad
		? startLoad(platform, {
				requestsPerSecond: API_REQUESTS_PER_SECOND,
				path: "/v1.0/numbers/voicemail/info",
				bodies: numbers.map((PhoneNumber) => ({ PhoneNumber })),
			})
		: undefined;
	const limits: number[] = [await echoP99(rate)];
	const ours: number[] = [];
	let failed = 0;
	let calls = 0;
	let cpu = 0;
	for (let i = 0; i < 2; i++) {
		const before = cpuSeconds(platform.sipPid);
		const result = await callP99(platform, rate);
		cpu += cpuSeconds(platform.sipPid) - before;
		ours.push(result.p99Ms);
		failed += result.failed;
		calls += result.successful + result.failed;
		limits.push(await echoP99(rate));
	}
	await load?.stop();
	const ratio = ratios(limits, ours);
	return {
		failedShare: failed / calls,
		figures: {
			"calls/s": rate,
			"API requests/s": underLoad ? API_REQUESTS_PER_SECOND : 0,
			"failed %": ((100 * failed) / calls).toFixed(2),
			"% of a core": ((100 * cpu) / (2 * SECONDS)).toFixed(0),
			"p99 INVITE-200 ms": median(ours).toFixed(1),
			"p99 echo ms": median(limits).toFixed(2),
			ratio: `${ratio.median.toFixed(1)} (${ratio.spread})`,
		},
	};
}

/** p99 of INVITE to 200 over `SECONDS`, in milliseconds, and how the calls went. */
export async function callP99(platform: BenchPlatform, rate: number) {
	for (const name of rttFiles(platform.folder)) rmSync(join(platform.folder, name));
	const result = await runSipp({
		core: OTHER_CORE,
		folder: platform.folder,
		scenario: join(import.meta.dirname, "caller.xml"),
		target: `127.0.0.1:${platform.sipPort}`,
		calls: rate * SECONDS,
		concurrent: 5_000,
		callsPerSecond: rate,
		extra: ["-trace_rtt", "-rtt_freq", "100"],
	});
	const times = rttFiles(platform.folder).flatMap((name) =>
		readFileSync(join(platform.folder, name), "utf8")
			.split("\n")
			.slice(1)
			.map((line) => Number(line.split(";")[1]))
			.filter((ms) => Number.isFinite(ms) && ms > 0),
	);
	return { ...result, p99Ms: percentile(times, 0.99) };
}

const rttFiles = (folder: string) => readdirSync(folder).filter((name) => name.endsWith("_rtt.csv"));

/** p99 of the way there and back of a datagram as large as an INVITE, sent evenly at the rate. */
async function echoP99(rate: number): Promise<number> {
	const echo = startPinned(SIP_CORE, process.execPath, [join(import.meta.dirname, "udp-echo.ts"), String(ECHO_PORT)]);
	await printed(echo, "ready");
	const socket = createSocket("udp4");
	const times: number[] = [];
	socket.on("message", (data) => times.push(performance.now() - data.readDoubleLE(0)));
	await new Promise<void>((done) => socket.bind(0, "127.0.0.1", done));
	const started = performance.now();
	let sent = 0;
	await new Promise<void>((done) => {
		const timer = setInterval(() => {
			const due = ((performance.now() - started) / 1_000) * rate;
			for (; sent < due; sent++) {
				const data = Buffer.alloc(ECHO_OCTETS);
				data.writeDoubleLE(performance.now(), 0);
				socket.send(data, ECHO_PORT, "127.0.0.1");
			}
			if (performance.now() - started < 3_000) return;
			clearInterval(timer);
			setTimeout(done, 200);
		}, 1);
	});
	socket.close();
	await echo.stop();
	return percentile(times, 0.99);
}
