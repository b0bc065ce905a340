/**
 * Call set-ups a second, and the p99 of INVITE to 200 beside Kamailio's stateless reply and a bare UDP echo at the same rate;
 * alone, and under API load.
 */
import { createSocket } from "node:dgram";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { startLoad } from "../support/api-load.ts";
import { median, percentile, printTable, ratios } from "../support/figures.ts";
import { type BenchPlatform, OTHER_CORE, SIP_CORE, startBenchPlatform } from "../support/platform.ts";
import { cpuSeconds, printed, scheduled, startPinned } from "../support/process.ts";
import { runSipp } from "../support/sipp.ts";
import { startStatelessKamailio } from "./kamailio.ts";

export const SECONDS = 10;
/** sipp reads its clock so rarely: an answer that came sooner counts as this long. */
const SIPP_STEP_MS = 4;
/** Of each run of Kamailio. */
const KAMAILIO_SECONDS = 5;
const ECHO_PORT = 15_080;
/** sipp holds it and sends nothing from it; another bench has its own. */
const RTP_PORT = 48_000;
const ECHO_OCTETS = 700;
const FAILED_SHARE_MAX = 0.01;
const API_REQUESTS_PER_SECOND = 200;

export async function setupBench(args: readonly string[]): Promise<void> {
	if (args[0] === "--flood") {
		const { floodBench } = await import("./flood.ts");
		await floodBench(args.length > 1 ? args.slice(1).map(Number) : [100]);
		return;
	}
	const alone = args[0] === "--alone";
	const chosen = (alone ? args.slice(1) : args).map(Number);
	const rates = chosen.length > 0 ? chosen : [100, 200, 400, 600, 800];
	const rows: Record<string, string | number>[] = [];
	for (const underLoad of alone ? [false] : [false, true]) {
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
	const kamailios: number[] = [await kamailioP99(platform.folder, rate)];
	const ours: number[] = [];
	let failed = 0;
	let calls = 0;
	let cpu = 0;
	for (let i = 0; i < 2; i++) {
		const before = cpuSeconds(platform.sipPid);
		const result = await callP99(platform, rate);
		cpu += cpuSeconds(platform.sipPid) - before;
		ours.push(result.p99Ms);
		printSeconds(i, result.bySecond);
		failed += result.failed;
		calls += result.successful + result.failed;
		limits.push(await echoP99(rate));
		kamailios.push(await kamailioP99(platform.folder, rate));
	}
	await load?.stop();
	const ratio = ratios(limits, ours);
	const toKamailio = ratios(kamailios, ours);
	const known = !kamailios.some(Number.isNaN);
	return {
		failedShare: failed / calls,
		figures: {
			"calls/s": rate,
			"API requests/s": underLoad ? API_REQUESTS_PER_SECOND : 0,
			"failed %": ((100 * failed) / calls).toFixed(2),
			"% of a core": ((100 * cpu) / (2 * SECONDS)).toFixed(0),
			"p99 INVITE-200 ms": median(ours).toFixed(1),
			"p99 echo ms": median(limits).toFixed(2),
			"ratio to the echo": `${ratio.median.toFixed(1)} (${ratio.spread})`,
			"p99 Kamailio ms": known ? median(kamailios).toFixed(2) : "not installed",
			"ratio to Kamailio (4 ms or less is 4)": known ? `${toKamailio.median.toFixed(1)} (${toKamailio.spread})` : "-",
		},
	};
}

type Second = Awaited<ReturnType<typeof callP99>>["bySecond"][number];

/** Where a tail comes from shows in when it came: at the start, or all the time. */
function printSeconds(run: number, seconds: readonly Second[]): void {
	printTable(
		`run ${run + 1}: milliseconds of INVITE to 200 by the second; what the main thread ran, and waited for its core`,
		seconds.map(({ second, calls, p50, p95, p99, ranMs, waitedMs }) => ({
			second,
			calls,
			p50: p50.toFixed(1),
			p95: p95.toFixed(1),
			p99: p99.toFixed(1),
			"ran ms": (ranMs ?? Number.NaN).toFixed(0),
			"waited ms": (waitedMs ?? Number.NaN).toFixed(0),
		})),
	);
}

/** Who is called; `numbers.csv` in the folder says which numbers. */
type Called = Pick<BenchPlatform, "folder" | "sipPid" | "sipPort">;

/** p99 of INVITE to 200 in milliseconds, and how the calls went. */
export async function callP99({ folder, sipPid, sipPort }: Called, rate: number, forSeconds = SECONDS) {
	for (const name of rttFiles(folder)) rmSync(join(folder, name));
	const { mainThreadUse, seconds } = watchSeconds(sipPid);
	const result = await runSipp({
		core: OTHER_CORE,
		folder,
		scenario: join(import.meta.dirname, "caller.xml"),
		target: `127.0.0.1:${sipPort}`,
		calls: rate * forSeconds,
		concurrent: 5_000,
		callsPerSecond: rate,
		rtpPortFirst: RTP_PORT,
		extra: ["-trace_rtt", "-rtt_freq", "100"],
		onSecond: mainThreadUse,
	});
	const times = rttFiles(folder).flatMap((name) => readTimes(join(folder, name)));
	const bySecond = secondsOf(times).map((second, i) => ({ ...second, ...seconds[i] }));
	return {
		...result,
		p99Ms: percentile(
			times.map(({ ms }) => ms),
			0.99,
		),
		bySecond,
	};
}

interface ResponseTime {
	/** Of the answer, on sipp's own clock. */
	readonly atMs: number;
	readonly ms: number;
}

const readTimes = (file: string): ResponseTime[] =>
	readFileSync(file, "utf8")
		.split("\n")
		.slice(1)
		.map((line) => line.split(";").map(Number))
		.filter(([, ms]) => Number.isFinite(ms))
		.map(([atMs, ms]) => ({ atMs: atMs!, ms: ms! }));

/** By the second in which the INVITE was sent. */
function secondsOf(times: readonly ResponseTime[]) {
	const sent = times.map(({ atMs, ms }) => ({ atMs: atMs - ms, ms }));
	const first = sent.reduce((least, { atMs }) => Math.min(least, atMs), Number.POSITIVE_INFINITY);
	return Array.from({ length: SECONDS }, (_, second) => {
		const its = sent.filter(({ atMs }) => Math.floor((atMs - first) / 1_000) === second).map(({ ms }) => ms);
		return {
			second,
			calls: its.length,
			p50: percentile(its, 0.5),
			p95: percentile(its, 0.95),
			p99: percentile(its, 0.99),
		};
	});
}

/** Of the main thread, second by second: how long it ran, and how long it was ready to run and waited for the core. */
function watchSeconds(pid: number) {
	const seconds: { readonly ranMs: number; readonly waitedMs: number }[] = [];
	let before = scheduled(pid);
	return {
		seconds,
		mainThreadUse: () => {
			const now = scheduled(pid);
			seconds.push({ ranMs: now.ranMs - before.ranMs, waitedMs: now.waitedMs - before.waitedMs });
			before = now;
		},
	};
}

/** Not a number where there is no Kamailio. */
async function kamailioP99(folder: string, rate: number): Promise<number> {
	await using kamailio = await startStatelessKamailio(folder);
	if (kamailio === undefined) return Number.NaN;
	const { p99Ms, failed } = await callP99({ folder, ...kamailio }, rate, KAMAILIO_SECONDS);
	if (failed > 0) console.log(`  ${failed} calls failed at Kamailio`);
	return Math.max(p99Ms, SIPP_STEP_MS);
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
