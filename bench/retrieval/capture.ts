/**
 * The packets to one port as the kernel saw them leave, told apart by their SSRC. Whoever reads a socket reads the clock late
 * and adds milliseconds of its own; the time of a capture on the loopback interface is taken within the sender's `sendmsg`.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { printed, startPinned } from "../support/process.ts";

export interface Heard {
	/** Heard from the first to the last second. */
	readonly streams: number;
	readonly packets: number;
	/** By how much a packet left later than its RTP timestamp says, against the earliest of its stream in the same second. */
	readonly p50Ms: number;
	readonly p99Ms: number;
	readonly maxMs: number;
	/** Off by more than a packet time. */
	readonly late: number;
	/** By the sequence numbers. */
	readonly missing: number;
}

interface Stream {
	readonly sequences: number[];
	readonly timestamps: number[];
	readonly atMs: number[];
}

const TICKS_PER_MS = 8;
const PACKET_MS = 20;
/** Ethernet (of the loopback), IPv4 without options, UDP, RTP. */
const RTP_AT = 14 + 20 + 8;
const RTP_HEADER_OCTETS = 12;
const BUFFER_KB = 64 * 1024;

/** Captures for so long. Needs tcpdump and root; throws where packets were lost to the capture. */
export async function capture(core: number, port: number, folder: string, seconds: number): Promise<Heard> {
	const file = join(folder, "sent.pcap");
	const tcpdump = startPinned(core, "tcpdump", [
		...["-i", "lo", "-n", "-s", String(RTP_AT + RTP_HEADER_OCTETS), "-B", String(BUFFER_KB), "-Z", "root", "-w", file],
		`udp dst port ${port}`,
	]);
	try {
		await printed(tcpdump, "listening on");
		await wait(seconds * 1_000);
	} finally {
		await tcpdump.stop();
	}
	const lost = /(\d+) packets? dropped by kernel/.exec(tcpdump.output())?.[1];
	if (lost !== "0") throw new Error(`the capture is not whole: ${tcpdump.output()}`);
	return judge([...streamsOf(readFileSync(file)).values()], seconds);
}

/** A pcap file of this machine's byte order, with microseconds (which is what tcpdump writes). */
function streamsOf(pcap: Buffer): Map<number, Stream> {
	const streams = new Map<number, Stream>();
	for (let at = 24; at + 16 <= pcap.length; ) {
		const ms = pcap.readUInt32LE(at) * 1_000 + pcap.readUInt32LE(at + 4) / 1_000;
		const octets = pcap.readUInt32LE(at + 8);
		const rtp = at + 16 + RTP_AT;
		at += 16 + octets;
		if (octets < RTP_AT + RTP_HEADER_OCTETS || at > pcap.length || (pcap[rtp + 1]! & 0x7f) !== 0) continue;
		const ssrc = pcap.readUInt32BE(rtp + 8);
		let stream = streams.get(ssrc);
		if (stream === undefined) {
			stream = { sequences: [], timestamps: [], atMs: [] };
			streams.set(ssrc, stream);
		}
		stream.sequences.push(pcap.readUInt16BE(rtp + 2));
		stream.timestamps.push(pcap.readUInt32BE(rtp + 4));
		stream.atMs.push(ms);
	}
	return streams;
}

function judge(streams: readonly Stream[], seconds: number): Heard {
	const offs: number[] = [];
	let [missing, whole] = [0, 0];
	for (const { sequences, timestamps, atMs } of streams) {
		let heardMs = 0;
		for (let start = 0; start < atMs.length; ) {
			let end = start;
			const transits: number[] = [];
			for (; end < atMs.length && atMs[end]! < atMs[start]! + 1_000; end++) {
				const ticks = (timestamps[end]! - timestamps[start]!) | 0;
				transits.push(atMs[end]! - ticks / TICKS_PER_MS);
				if (end > 0) missing += (sequences[end]! - sequences[end - 1]! - 1) & 0xffff;
			}
			const earliest = Math.min(...transits);
			for (const transit of transits) offs.push(transit - earliest);
			heardMs = atMs[end - 1]! - atMs[0]!;
			start = end;
		}
		if (heardMs > (seconds - 1) * 1_000) whole++;
	}
	const sorted = Float64Array.from(offs).sort();
	const quantile = (share: number) => sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN;
	return {
		streams: whole,
		packets: sorted.length,
		p50Ms: quantile(0.5),
		p99Ms: quantile(0.99),
		maxMs: quantile(1),
		late: sorted.reduce((sum, off) => sum + (off > PACKET_MS ? 1 : 0), 0),
		missing,
	};
}
