/** Concurrent recordings of 30 s: whole and exact, and what they cost beside a receiver that only counts. */
import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { printTable, ratios } from "../support/figures.ts";
import { type BenchPlatform, RTP_PORTS, SIP_CORE, startBenchPlatform } from "../support/platform.ts";
import { cpuSeconds, memoryMb, printed, startPinned } from "../support/process.ts";
import { UdpDrops } from "../support/udp-drops.ts";
import { AUDIO_SECONDS, leaveMessages, MESSAGES_PER_MAILBOX, writeAudio } from "./callers.ts";
import { depositMemoryBench } from "./memory.ts";

const MESSAGE_SECONDS = 30;
const BARE_SIP_PORT = 15_070;
const BARE_RTP_PORT = 12_000;

interface Measured {
	/** CPU-seconds of one core per minute of audio. */
	readonly cpuPerMinute: number;
	readonly corePercent: number;
	/** Packets that the bare receiver counted, of those that were sent: below 1 it, too, had too little CPU. */
	readonly heardShare?: number;
	readonly row: Record<string, string | number>;
}

export async function depositBench(args: readonly string[]): Promise<void> {
	const given = args.filter((arg) => arg !== "--memory").map(Number);
	if (args.includes("--memory")) return depositMemoryBench(given);
	const sizes = given.length > 0 ? given : [100, 300, 600, 1_000];
	// Noise, so that a message is recognised octet by octet and no silence ends it.
	const audio = randomBytes(AUDIO_SECONDS * 8_000);
	const rows: Record<string, string | number>[] = [];
	for (const size of sizes) {
		const limits: number[] = [];
		const ours: number[] = [];
		const heard: number[] = [];
		for (const who of ["limit", "ours", "limit", "ours", "limit"]) {
			console.log(`${size} concurrent: ${who} ...`);
			const measured = who === "limit" ? await measureLimit(size, audio) : await measureOurs(size, audio);
			(who === "limit" ? limits : ours).push(measured.cpuPerMinute);
			if (measured.heardShare !== undefined) heard.push(measured.heardShare);
			console.log(
				`  ${measured.cpuPerMinute.toFixed(4)} CPU-seconds per recorded minute, ${measured.corePercent.toFixed(0)} % of a core`,
			);
			if (who === "ours") rows.push({ concurrent: size, ...measured.row });
		}
		const ratio = ratios(limits, ours);
		rows.at(-1)!["ratio to the bare receiver"] = `${ratio.median.toFixed(2)} (${ratio.spread})`;
		rows.at(-2)!["ratio to the bare receiver"] = "";
		rows.at(-1)!["its packets"] = heard.map((share) => `${(100 * share).toFixed(1)} %`).join(", ");
		rows.at(-2)!["its packets"] = "";
	}
	printTable("deposit: CPU-seconds per recorded minute; aim: 1,000 whole on one core, ratio at most 2.0", rows);
}

const runOf = (size: number) => ({ calls: size * 2, concurrent: size });

async function measureLimit(size: number, audio: Uint8Array): Promise<Measured> {
	const folder = await mkdtemp(join(tmpdir(), "afterbeep-bench-"));
	await writeAudio(folder, audio);
	await writeFile(join(folder, "numbers.csv"), "SEQUENTIAL\n+15550001000\n");
	const receiver = startPinned(SIP_CORE, process.execPath, [
		join(import.meta.dirname, "bare-receiver.ts"),
		...[BARE_SIP_PORT, BARE_RTP_PORT, size].map(String),
	]);
	try {
		await printed(receiver, "ready");
		const before = cpuSeconds(receiver.child.pid!);
		const result = await leaveMessages(folder, BARE_SIP_PORT, runOf(size));
		const cpu = cpuSeconds(receiver.child.pid!) - before;
		await receiver.stop();
		const { packets } = JSON.parse(receiver.output().slice(receiver.output().indexOf("{"))) as { packets: number };
		return {
			cpuPerMinute: cpu / ((size * 2 * AUDIO_SECONDS) / 60),
			heardShare: packets / (size * 2 * AUDIO_SECONDS * 50),
			corePercent: (100 * cpu) / result.seconds,
			row: {},
		};
	} finally {
		await receiver.stop();
		await rm(folder, { recursive: true, force: true });
	}
}

async function measureOurs(size: number, audio: Uint8Array): Promise<Measured> {
	await using platform = await startBenchPlatform();
	await platform.activateNumbers(Math.ceil((size * 2) / MESSAGES_PER_MAILBOX));
	await writeAudio(platform.folder, audio);
	const before = { sip: cpuSeconds(platform.sipPid), other: cpuSeconds(platform.otherPid) };
	const idleMb = memoryMb(platform.sipPid).now;
	const drops = new UdpDrops(RTP_PORTS);
	const result = await leaveMessages(platform.folder, platform.sipPort, runOf(size), () => drops.look());
	const found = await judge(platform, size * 2, audio);
	const sip = cpuSeconds(platform.sipPid) - before.sip;
	const other = cpuSeconds(platform.otherPid) - before.other;
	const minutes = (size * 2 * AUDIO_SECONDS) / 60;
	return {
		cpuPerMinute: sip / minutes,
		corePercent: (100 * sip) / result.seconds,
		row: {
			"whole and exact": `${found.whole} of ${size * 2}`,
			"short / altered": `${found.short} / ${found.altered}`,
			"dropped by the kernel": drops.total,
			"failed calls": result.failed,
			"signalling + media": (sip / minutes).toFixed(4),
			jobs: (other / minutes).toFixed(4),
			"% of a core": ((100 * sip) / result.seconds).toFixed(0),
			"Node MB (idle)": `${memoryMb(platform.sipPid).peak.toFixed(0)} (${idleMb.toFixed(0)})`,
			"PostgreSQL MB": platform.postgresMb().toFixed(0),
		},
	};
}

interface Judged {
	/** One unbroken piece of what was sent, at least 30 s long. */
	readonly whole: number;
	/** Unbroken, but shorter: its end was not waited for, or sipp sent late. */
	readonly short: number;
	/** Something is missing or wrong within: lost packets, or a fault of ours. */
	readonly altered: number;
}

/** Waits until all messages are stored, at most 30 s without a new one: the sum of what is missing tells the rest. */
async function judge(platform: BenchPlatform, expected: number, audio: Uint8Array): Promise<Judged> {
	const sent = Buffer.from(audio);
	let files: string[] = [];
	for (let idle = 0; idle < 60 && files.length < expected; idle++) {
		if (idle > 0) await new Promise((done) => setTimeout(done, 500));
		const found = readdirSync(platform.blobs, { recursive: true })
			.map(String)
			.filter((name) => name.endsWith(".wav"));
		if (found.length > files.length) idle = 0;
		files = found;
	}
	const judged = { whole: 0, short: 0, altered: 0 };
	for (const name of files) judged[judgeOne(readFileSync(join(platform.blobs, name)), sent)]++;
	return judged;
}

function judgeOne(wav: Buffer, sent: Buffer): keyof Judged {
	const data = wav.indexOf("data");
	if (data < 0) return "altered";
	const heard = wav.subarray(data + 8, data + 8 + wav.readUInt32LE(data + 4));
	const at = sent.indexOf(heard.subarray(0, 160));
	if (at < 0 || !sent.subarray(at, at + heard.length).equals(heard)) return "altered";
	return heard.length >= MESSAGE_SECONDS * 8_000 ? "whole" : "short";
}
