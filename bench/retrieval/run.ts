/** Concurrent playbacks of a message: how evenly its packets come, beside a sender that does nothing else. */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { freeUdpPort } from "../../test/support/platform.ts";
import { printTable, ratios } from "../support/figures.ts";
import { type BenchPlatform, OTHER_CORE, SIP_CORE, startBenchPlatform } from "../support/platform.ts";
import { cpuSeconds, memoryMb, printed, startPinned } from "../support/process.ts";
import { runSipp } from "../support/sipp.ts";
import { listeningCaller } from "./caller.ts";
import { capture, type Heard } from "./capture.ts";

const PIN = "4821";
const MAILBOXES = 10;
const MESSAGE_SECONDS = 40;
const AGAIN_SECONDS = 30;
/** Each call costs the hash of a PIN. */
const CALLS_PER_SECOND = 30;
/** From the last call's INVITE until it hears the message. */
const LOGIN_SECONDS = 8;
const COUNTED_SECONDS = 15;
/** Of the limit, before it is counted. */
const WARM_UP_SECONDS = 2;

interface Run extends Heard {
	/** Of a core, by the process that sends, while it was counted. */
	readonly corePercent: number;
}

export async function retrievalBench(args: readonly string[]): Promise<void> {
	const mute = !args.includes("--talking");
	const sizes = args.filter((arg) => arg !== "--talking").map(Number);
	const rows: Record<string, string | number>[] = [];
	await using platform = await startBenchPlatform();
	await leaveMessages(platform);
	for (const size of sizes.length > 0 ? sizes : [100, 300, 600, 1_000]) {
		const limits: Run[] = [];
		const ours: Run[] = [];
		let failed = 0;
		for (const who of ["limit", "ours", "limit", "ours", "limit"]) {
			console.log(`${size} concurrent: ${who} ...`);
			const run = who === "limit" ? await measureLimit(platform, size, mute) : await measureOurs(platform, size, mute);
			console.log(`  p50 / p99 / most ${spelled(run)} ms, ${run.corePercent.toFixed(0)} % of a core`);
			if ("failed" in run) failed += run.failed as number;
			(who === "limit" ? limits : ours).push(run);
		}
		const p99 = (runs: readonly Run[]) => runs.map(({ p99Ms }) => p99Ms);
		const ratio = ratios(p99(limits), p99(ours));
		const each = (runs: readonly Run[], text: (run: Run) => string | number) => runs.map(text).join(", ");
		rows.push({
			concurrent: size,
			"heard throughout": each(ours, ({ streams }) => streams),
			"failed calls": failed,
			"p50 / p99 / most ms": each(ours, spelled),
			"over 20 ms / missing": each(ours, ({ late, missing }) => `${late} / ${missing}`),
			packets: each(ours, ({ packets }) => packets),
			"% of a core": each(ours, ({ corePercent }) => corePercent.toFixed(0)),
			"Node MB": memoryMb(platform.sipPid).now.toFixed(0),
			"limit p50 / p99 / most ms": each(limits, spelled),
			"limit's % of a core": each(limits, ({ corePercent }) => corePercent.toFixed(0)),
			"p99 to the limit": `${ratio.median.toFixed(2)} (${ratio.spread})`,
		});
	}
	const phones = mute ? "phones on mute" : "phones that send silence";
	printTable(`retrieval, ${phones}: by how much packets leave late; aim: p99 under 5 ms at 1,000`, rows);
}

const spelled = ({ p50Ms, p99Ms, maxMs }: Heard) => `${p50Ms.toFixed(1)} / ${p99Ms.toFixed(1)} / ${maxMs.toFixed(0)}`;

async function leaveMessages(platform: BenchPlatform): Promise<void> {
	for (const PhoneNumber of await platform.activateNumbers(MAILBOXES)) {
		await platform.post("/v1.0/numbers/voicemail/update", { PhoneNumber, PIN });
	}
	await writeFile(join(platform.folder, "audio.ulaw"), randomBytes(MESSAGE_SECONDS * 8_000));
	const scenario = readFileSync(join(import.meta.dirname, "../deposit/caller.xml"), "utf8");
	const longer = scenario.replaceAll("31500", String(MESSAGE_SECONDS * 1_000 + 500));
	const { failed } = await call(platform, longer, MAILBOXES);
	if (failed > 0) throw new Error(`${failed} messages could not be left`);
}

async function call(platform: BenchPlatform, scenario: string, calls: number) {
	const { folder, sipPort } = platform;
	const file = join(folder, "scenario.xml");
	await writeFile(file, scenario);
	return runSipp({
		...{ core: OTHER_CORE, folder, scenario: file, target: `127.0.0.1:${sipPort}` },
		...{ calls, concurrent: calls, callsPerSecond: CALLS_PER_SECOND },
	});
}

/** @param send sends to the port; resolves with the pid of who sends, when all streams run. */
async function hear(folder: string, mute: boolean, send: (port: number) => Promise<number>): Promise<Run> {
	const port = await freeUdpPort();
	const script = join(import.meta.dirname, "receiver.ts");
	const receiver = startPinned(OTHER_CORE, process.execPath, [script, String(port), ...(mute ? [] : ["answer"])]);
	try {
		await printed(receiver, "ready");
		const pid = await send(port);
		const before = cpuSeconds(pid);
		const capturing = capture(OTHER_CORE, port, folder, COUNTED_SECONDS);
		await Promise.race([wait(COUNTED_SECONDS * 1_000), capturing]);
		const corePercent = (100 * (cpuSeconds(pid) - before)) / COUNTED_SECONDS;
		const heard = await capturing;
		return { ...heard, corePercent };
	} finally {
		await receiver.stop();
	}
}

async function measureLimit({ folder }: BenchPlatform, size: number, mute: boolean): Promise<Run> {
	const script = join(import.meta.dirname, "bare-sender.ts");
	await using stack = new AsyncDisposableStack();
	return await hear(folder, mute, async (port) => {
		const sender = startPinned(SIP_CORE, process.execPath, [script, String(port), String(size)]);
		stack.defer(() => sender.stop());
		await printed(sender, "ready");
		await wait(WARM_UP_SECONDS * 1_000);
		return sender.child.pid!;
	});
}

async function measureOurs(platform: BenchPlatform, size: number, mute: boolean): Promise<Run & { failed: number }> {
	const loginSeconds = Math.ceil(size / CALLS_PER_SECOND) + LOGIN_SECONDS;
	let calling: ReturnType<typeof call> | undefined;
	const heard = await hear(platform.folder, mute, async (rtpPort) => {
		const seconds = loginSeconds + COUNTED_SECONDS;
		const scenario = listeningCaller({ pin: PIN, rtpPort, mute, seconds, againSeconds: AGAIN_SECONDS });
		calling = call(platform, scenario, size);
		await wait(loginSeconds * 1_000);
		return platform.sipPid;
	});
	return { ...heard, failed: (await calling!).failed };
}
