/**
 * The limit of the retrieval bench: what this runtime needs merely to send the same packets, one every 20 ms for each of so
 * many streams, from as many sockets, and to read what comes back. No player, no signalling, no storage.
 *
 * Usage: node bench/retrieval/bare-sender.ts PORT STREAMS. Prints `ready`, and sends until SIGTERM.
 */
import { createSocket } from "node:dgram";
import { once } from "node:events";

const [port, count] = process.argv.slice(2).map(Number) as [number, number];
const PACKET_MS = 20;
const OCTETS = 172;

const streams = await Promise.all(
	Array.from({ length: count }, async (_, i) => {
		const socket = createSocket("udp4").bind(0, "127.0.0.1");
		await once(socket, "listening");
		socket.on("message", () => {});
		socket.connect(port, "127.0.0.1");
		await once(socket, "connect");
		return { socket, ssrc: i + 1, sequence: 0, dueMs: 0 };
	}),
);
const startedMs = performance.now();
// Spread over the packet time, as calls that began at any moment are, and kept in the order in which they are due.
for (const [i, stream] of streams.entries()) stream.dueMs = startedMs + (i * PACKET_MS) / count;
let next = 0;

function run(): void {
	const nowMs = performance.now();
	while (streams[next]!.dueMs <= nowMs) {
		const stream = streams[next]!;
		const datagram = Buffer.alloc(OCTETS, 0x55);
		datagram[0] = 0x80;
		datagram[1] = 0;
		datagram.writeUInt16BE(stream.sequence & 0xffff, 2);
		datagram.writeUInt32BE((stream.sequence * PACKET_MS * 8) >>> 0, 4);
		datagram.writeUInt32BE(stream.ssrc, 8);
		stream.sequence++;
		stream.dueMs += PACKET_MS;
		stream.socket.send(datagram);
		next = (next + 1) % count;
	}
	setTimeout(run, Math.max(1, streams[next]!.dueMs - performance.now()));
}
process.on("SIGTERM", () => process.exit(0));
run();
console.log("ready");
