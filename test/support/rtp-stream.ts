/**
 * One side of an RTP stream, written apart from the platform's own: sends µ-law in packets of 20 ms by the clock,
 * key presses by RFC 4733, and puts what it receives in order by its timestamps.
 */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { seededRandom } from "./seeded-random.ts";

export const PACKET_MS = 20;
const PACKET_SAMPLES = 160;
/** As much as Linux gives: on a busy machine all tests of a file wait together, and what does not fit is lost. */
const RECEIVE_BUFFER_BYTES = 208 * 1024;
const SILENCE = new Uint8Array(PACKET_SAMPLES).fill(0xff);
const PCMU = 0;
export const TELEPHONE_EVENT = 101;
const SEQUENCE_FIRST = 1000;
const KEYS = "0123456789*#ABCD";
/** A key lasts 60 ms; its end is told thrice; then 60 ms of silence. */
const KEY_PACKETS = 3;
const KEY_ENDS = 3;
const KEY_GAP_PACKETS = 3;

interface Outgoing {
	readonly payload: Uint8Array;
	/** Set for a key press: whether this is its first packet. */
	readonly event?: "first" | "further";
}

export interface RtpStream {
	readonly port: number;
	/** Begins to send; silence while there is nothing to say. */
	sendTo(port: number): void;
	/** Resolves when all is sent. */
	speak(samples: Uint8Array): Promise<void>;
	press(keys: string): Promise<void>;
	/** From now on not one packet, until `sendTo`. */
	mute(): void;
	/** All audio received so far from the first packet on, gaps filled with silence. */
	heard(): Buffer;
	/** Packets received, whatever they hold. */
	readonly packets: number;
	readonly packetsSent: number;
	close(): void;
}

export interface RtpStreamOptions {
	/** Loses, doubles and swaps packets it sends, by this seed. */
	readonly unreliable?: { readonly seed: number; readonly lossPart: number };
	readonly ssrc?: number;
}

export async function openRtpStream(options: RtpStreamOptions = {}): Promise<RtpStream> {
	const socket = createSocket({ type: "udp4", recvBufferSize: RECEIVE_BUFFER_BYTES }).bind(0, "127.0.0.1");
	await once(socket, "listening");
	const received = new Map<number, Buffer>();
	let firstTimestamp: number | undefined;
	let lastOffset = 0;
	let packets = 0;
	socket.on("message", (packet) => {
		packets++;
		if (packet.length < 12 || packet[0]! >> 6 !== 2 || (packet[1]! & 0x7f) !== PCMU) return;
		const timestamp = packet.readUInt32BE(4);
		firstTimestamp ??= timestamp;
		const offset = (timestamp - firstTimestamp) | 0;
		if (offset < 0) return;
		received.set(offset, packet.subarray(12));
		lastOffset = Math.max(lastOffset, offset + packet.length - 12);
	});

	const queue: (Outgoing | (() => void))[] = [];
	const random = seededRandom(options.unreliable?.seed ?? 0);
	const ssrc = options.ssrc ?? 0x1234_0000 + socket.address().port;
	let sequence = SEQUENCE_FIRST;
	let timestamp = 80_000;
	let eventTimestamp = 0;
	let remotePort = 0;
	let timer: NodeJS.Timeout | undefined;
	let held: Buffer | undefined;

	const transmit = (packet: Buffer): void => {
		const { unreliable } = options;
		if (unreliable !== undefined) {
			if (random.chance(unreliable.lossPart)) return;
			if (held !== undefined) {
				socket.send(packet, remotePort, "127.0.0.1");
				socket.send(held, remotePort, "127.0.0.1");
				held = undefined;
				return;
			}
			if (random.chance(0.05)) {
				held = packet;
				return;
			}
			if (random.chance(0.05)) socket.send(packet, remotePort, "127.0.0.1");
		}
		socket.send(packet, remotePort, "127.0.0.1");
	};
	const nextPacket = (): void => {
		let next = queue.shift();
		while (typeof next === "function") {
			next();
			next = queue.shift();
		}
		const { payload, event } = next ?? { payload: SILENCE };
		const isEvent = event !== undefined;
		if (event === "first") eventTimestamp = timestamp;
		const marker = event === "first" ? 0x80 : 0;
		const header = Buffer.alloc(12);
		header[0] = 0x80;
		header[1] = marker | (isEvent ? TELEPHONE_EVENT : PCMU);
		header.writeUInt16BE(sequence++ & 0xffff, 2);
		header.writeUInt32BE((isEvent ? eventTimestamp : timestamp) >>> 0, 4);
		header.writeUInt32BE(ssrc >>> 0, 8);
		timestamp += PACKET_SAMPLES;
		transmit(Buffer.concat([header, payload]));
		while (typeof queue[0] === "function") (queue.shift() as () => void)();
	};
	const whenSent = (): Promise<void> => {
		const { promise, resolve } = Promise.withResolvers<void>();
		queue.push(resolve);
		return promise;
	};
	return {
		port: socket.address().port,
		sendTo: (port) => {
			remotePort = port;
			clearInterval(timer);
			const startedAt = performance.now();
			let sent = 0;
			timer = setInterval(() => {
				while (sent * PACKET_MS <= performance.now() - startedAt) {
					sent++;
					nextPacket();
				}
			}, 5);
		},
		speak: (samples) => {
			for (let at = 0; at < samples.length; at += PACKET_SAMPLES) {
				queue.push({ payload: samples.subarray(at, at + PACKET_SAMPLES) });
			}
			return whenSent();
		},
		press: (keys) => {
			for (const key of keys) {
				for (let i = 1; i < KEY_PACKETS + KEY_ENDS; i++) {
					const duration = Math.min(i, KEY_PACKETS) * PACKET_SAMPLES;
					const end = i >= KEY_PACKETS ? 0x80 : 0;
					const payload = Uint8Array.of(KEYS.indexOf(key), end | 10, duration >> 8, duration & 0xff);
					queue.push({ payload, event: i === 1 ? "first" : "further" });
				}
				for (let i = 0; i < KEY_GAP_PACKETS; i++) queue.push({ payload: SILENCE });
			}
			return whenSent();
		},
		mute: () => clearInterval(timer),
		heard: () => {
			const audio = Buffer.alloc(lastOffset, 0xff);
			for (const [offset, samples] of received) samples.copy(audio, offset);
			return audio;
		},
		get packets() {
			return packets;
		},
		get packetsSent() {
			return sequence - SEQUENCE_FIRST;
		},
		close: () => {
			clearInterval(timer);
			socket.close();
			// Nobody waits for what is never said.
			for (const waiting of queue.splice(0)) if (typeof waiting === "function") waiting();
		},
	};
}
