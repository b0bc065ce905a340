/**
 * Sockets of calls that only record, read in turns and straight into memory that is there: an event, a buffer, an
 * address in words and a second system call for each packet cost twice as much as the packet itself.
 *
 * Such a socket is connected to the peer, so that the kernel takes from nobody else what then comes without an address;
 * and the event loop does not watch it. `dgram` has no such reading, so this reaches for the file number behind its
 * socket; where a later Node shows none, everything goes on as before.
 */
import type { Socket } from "node:dgram";
import { readSync } from "node:fs";
import { setImmediate as turnOver } from "node:timers/promises";
import { MEDIA_LIMITS } from "../limits.ts";

/** What libuv's end of a UDP socket is to `dgram`. */
interface Handle {
	readonly fd: number;
	recvStart(): number;
	recvStop(): number;
}

/** One call's end of it. */
export interface StraightOwner {
	/** What its stream says of the length of its packets. */
	packetMs(): number;
	/** A packet of the peer; the octets are valid during the call only. @param atMs about when it came. */
	packet(datagram: Uint8Array, atMs: number): void;
	/** The socket is not read straight any more: the system refused. */
	ended(): void;
}

/** Longer datagrams are no RTP of ours; what is left of one is too long as well. */
const DATAGRAM_BYTES = 2048;
const { straightPacketsMax, straightReadMs, straightTurnMs } = MEDIA_LIMITS;
const SLOTS = straightReadMs / straightTurnMs;

/** One for all of a worker. */
export class StraightReader {
	readonly #now: () => number;
	readonly #slots: Set<StraightSocket>[] = Array.from({ length: SLOTS }, () => new Set());
	readonly #memory = new Uint8Array(straightPacketsMax * DATAGRAM_BYTES);
	readonly #lengths = new Uint32Array(straightPacketsMax);
	#turn = 0;
	#timer: NodeJS.Timeout | undefined;
	size = 0;

	constructor(now: () => number) {
		this.#now = now;
	}

	now(): number {
		return this.#now();
	}

	/** Reads the socket every `straightReadMs` from now on. @returns the slot that it is in. */
	add(socket: StraightSocket): Set<StraightSocket> {
		// Those that are read in one turn are to be few in each: whoever plays waits for them.
		const slot = this.#slots.reduce((best, one) => (one.size < best.size ? one : best));
		slot.add(socket);
		this.size++;
		this.#timer ??= setInterval(this.#read, straightTurnMs);
		return slot;
	}

	remove(slot: Set<StraightSocket>, socket: StraightSocket): void {
		if (!slot.delete(socket)) return;
		this.size--;
		if (this.size > 0) return;
		clearInterval(this.#timer);
		this.#timer = undefined;
	}

	/**
	 * Reads up to `count` packets of one socket and hands them over.
	 * @param sinceMs when it was read before: the packets came in between, evenly for all that we know.
	 * @returns how many there were, or -1 where the system refuses.
	 */
	take(fd: number, count: number, sinceMs: number, nowMs: number, owner: StraightOwner): number {
		const memory = this.#memory;
		const lengths = this.#lengths;
		let read = 0;
		let refused = false;
		const { stackTraceLimit } = Error;
		// An empty socket is told by an exception: where it was thrown is of no interest, and half of its price.
		Error.stackTraceLimit = 0;
		try {
			while (read < count) {
				lengths[read] = readSync(fd, memory, read * DATAGRAM_BYTES, DATAGRAM_BYTES, null);
				read++;
			}
		} catch (error) {
			refused = !PASSING.has((error as NodeJS.ErrnoException).code ?? "");
		} finally {
			Error.stackTraceLimit = stackTraceLimit;
		}
		const stepMs = (nowMs - sinceMs) / read;
		for (let i = 0; i < read; i++) {
			const at = i * DATAGRAM_BYTES;
			owner.packet(memory.subarray(at, at + lengths[i]!), sinceMs + (i + 1) * stepMs);
		}
		return refused ? -1 : read;
	}

	readonly #read = (): void => {
		this.#turn = (this.#turn + 1) % SLOTS;
		const nowMs = this.#now();
		for (const socket of this.#slots[this.#turn]!) socket.read(nowMs);
	};
}

/** Nothing there; or the peer's port was closed for a moment (ICMP). */
const PASSING: ReadonlySet<string> = new Set(["EAGAIN", "EWOULDBLOCK", "ECONNREFUSED", "EINTR"]);

/** One socket, on its way to being read straight and back. */
export class StraightSocket {
	readonly #reader: StraightReader;
	readonly #socket: Socket;
	readonly #owner: StraightOwner;
	readonly #handle: Handle | undefined;
	/** It takes packets of the peer alone, and what is sent needs no address. */
	connected = false;
	#connecting = false;
	#refused = false;
	#closed = false;
	/** Since it was connected the event loop has looked at it once, and packets that it brought. */
	#looked = false;
	#broughtSince = 0;
	#brought = 0;
	#slot: Set<StraightSocket> | undefined;
	#readMs = 0;
	/** When it was last found empty. */
	#emptyMs = 0;

	constructor(reader: StraightReader, socket: Socket, owner: StraightOwner) {
		this.#reader = reader;
		this.#socket = socket;
		this.#owner = owner;
		this.#handle = handleOf(socket);
	}

	/** It is read straight. */
	get active(): boolean {
		return this.#slot !== undefined;
	}

	/** The event loop brought a packet. */
	brought(): void {
		this.#brought++;
		this.#broughtSince++;
	}

	/**
	 * Everything is read that has come by now. A turn of the event loop reads from each socket that has something; one that
	 * brought nothing found it empty.
	 */
	async drain(): Promise<void> {
		this.leave();
		for (let turn = 0; turn < MEDIA_LIMITS.drainTurnsMax; turn++) {
			const before = this.#brought;
			await turnOver();
			// The first turn may have begun behind the reading of sockets.
			if (turn > 0 && this.#brought === before) return;
		}
	}

	/**
	 * A step towards reading straight; to be called every 100 ms while it is wanted. What others sent before the socket
	 * was connected still lies in it, and only the event loop tells whose it is: so that reads it empty first.
	 */
	approach(address: string, port: number): void {
		if (this.#handle === undefined || this.#refused || this.active) return;
		if (!this.connected) this.#connect(address, port);
		else if (this.#looked) {
			// Fewer than a look may bring: it ended because nothing was left.
			if (this.#broughtSince < PACKETS_PER_LOOK) this.#begin(this.#handle);
			else this.#lookAgain();
		}
	}

	/** Takes what has come so far and lets the event loop read again, from whoever sends. */
	leave(): void {
		if (this.active) {
			const nowMs = this.#reader.now();
			for (let rounds = 0; rounds < MEDIA_LIMITS.drainTurnsMax && this.#takeAll(nowMs); rounds++);
			this.#end();
			this.#handle?.recvStart();
		}
		if (this.connected) this.#socket.disconnect();
		this.connected = false;
		this.#connecting = false;
	}

	/** The socket is about to be closed. */
	close(): void {
		this.#end();
		this.connected = false;
		this.#connecting = false;
		this.#closed = true;
	}

	/** Its turn of the reader. */
	read(nowMs: number): void {
		const expected = Math.round((nowMs - this.#readMs) / Math.max(this.#owner.packetMs(), 1));
		// To find it empty costs as much as three packets, and is needed only to catch up.
		if (nowMs - this.#emptyMs >= MEDIA_LIMITS.straightEmptyMs) this.#takeAll(nowMs);
		else this.#take(Math.min(Math.max(expected, 1), straightPacketsMax), nowMs);
	}

	/** @returns whether more may be there. */
	#takeAll(nowMs: number): boolean {
		return this.#take(straightPacketsMax, nowMs) === straightPacketsMax;
	}

	#take(count: number, nowMs: number): number {
		const read = this.#reader.take(this.#handle!.fd, count, this.#readMs, nowMs, this.#owner);
		this.#readMs = nowMs;
		if (read < count) this.#emptyMs = nowMs;
		if (read >= 0) return read;
		this.#end();
		this.#refused = true;
		this.#handle!.recvStart();
		this.#owner.ended();
		return 0;
	}

	#connect(address: string, port: number): void {
		if (this.#connecting) return;
		this.#connecting = true;
		const joined = (error?: Error): void => {
			const wanted = this.#connecting;
			this.#connecting = false;
			if (error !== undefined) this.#refused = true;
			else if (wanted) {
				this.connected = true;
				this.#lookAgain();
			} else if (!this.#closed) this.#socket.disconnect();
		};
		// Its type knows no error, which is what it is called with where the system refuses.
		this.#socket.connect(port, address, joined as () => void);
	}

	#lookAgain(): void {
		this.#looked = false;
		this.#broughtSince = 0;
		// Behind the next look at all sockets.
		setImmediate(() => {
			this.#looked = true;
		});
	}

	#begin(handle: Handle): void {
		handle.recvStop();
		this.#readMs = this.#reader.now();
		this.#emptyMs = this.#readMs;
		this.#slot = this.#reader.add(this);
	}

	#end(): void {
		if (this.#slot !== undefined) this.#reader.remove(this.#slot, this);
		this.#slot = undefined;
	}
}

/** libuv reads so many of one socket before it looks at the others. */
const PACKETS_PER_LOOK = 32;

function handleOf(socket: Socket): Handle | undefined {
	const state = Object.getOwnPropertySymbols(socket).find((symbol) => symbol.description === "state symbol");
	if (state === undefined) return undefined;
	const { handle } = (socket as unknown as Record<symbol, { readonly handle?: Partial<Handle> | null }>)[state] ?? {};
	const whole = typeof handle?.recvStart === "function" && typeof handle.recvStop === "function";
	return whole && typeof handle.fd === "number" && handle.fd >= 0 ? (handle as Handle) : undefined;
}
