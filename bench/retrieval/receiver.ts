/**
 * Hears all playbacks at one port and tells them apart by their SSRC. The jitter of a packet is by how much it came later
 * than its RTP timestamp says, against the earliest packet of its stream within the same second.
 *
 * Usage: node bench/retrieval/receiver.ts PORT [answer]. With `answer` each packet is answered by one of silence, as a phone
 * would send. Prints `ready`; counts from SIGUSR2 on; on SIGTERM a line of JSON (`Heard`).
 */
import { createSocket } from "node:dgram";

export interface Heard {
	/** Heard from the first to the last second. */
	readonly streams: number;
	readonly packets: number;
	readonly p50Ms: number;
	readonly p99Ms: number;
	readonly maxMs: number;
	/** Off by more than a packet time. */
	readonly late: number;
	/** By the sequence numbers. */
	readonly missing: number;
	readonly seconds: number;
}

interface Stream {
	readonly sequences: number[];
	readonly timestamps: number[];
	readonly atMs: number[];
}

const TICKS_PER_MS = 8;
const PACKET_MS = 20;
const SILENCE = 0xff;
const HEADER_OCTETS = 12;

if (import.meta.main) {
	const port = Number(process.argv[2]);
	const answers = process.argv[3] === "answer";
	const streams = new Map<number, Stream>();
	let fromMs = Number.POSITIVE_INFINITY;
	const socket = createSocket({ type: "udp4", recvBufferSize: 4 * 1024 * 1024 });
	socket.on("message", (datagram: Buffer, source) => {
		const atMs = performance.now();
		if (datagram.length < HEADER_OCTETS || (datagram[1]! & 0x7f) !== 0) return;
		if (atMs >= fromMs) note(streams, datagram, atMs);
		if (answers) socket.send(datagram.fill(SILENCE, HEADER_OCTETS), source.port, source.address);
	});
	process.on("SIGUSR2", () => {
		fromMs = performance.now();
	});
	process.on("SIGTERM", () => {
		console.log(JSON.stringify(judge([...streams.values()], (performance.now() - fromMs) / 1_000)));
		process.exit(0);
	});
	socket.bind(port, "127.0.0.1", () => console.log("ready"));
}

function note(streams: Map<number, Stream>, datagram: Buffer, atMs: number): void {
	const ssrc = datagram.readUInt32BE(8);
	let stream = streams.get(ssrc);
	if (stream === undefined) {
		stream = { sequences: [], timestamps: [], atMs: [] };
		streams.set(ssrc, stream);
	}
	stream.sequences.push(datagram.readUInt16BE(2));
	stream.timestamps.push(datagram.readUInt32BE(4));
	stream.atMs.push(atMs);
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
		seconds,
	};
}
