import type { Socket } from "node:net";
import { SIP_LIMITS } from "../limits.ts";
import { type Framed, StreamFramer } from "../message/stream-framer.ts";
import type { ListenAddress } from "../types.ts";
import { plainAddress } from "./addresses.ts";

export interface ConnectionPorts {
	onFramed(framed: Framed, connection: Connection): void;
	onOpened(connection: Connection): void;
	/** After `onOpened`, where the other end connected. */
	onAccepted(connection: Connection): void;
	onClosed(connection: Connection): void;
	onError(error: Error): void;
}

/** RFC 5626 §3.5.1: the answer to a double CRLF. */
const PONG = Buffer.from("\r\n", "latin1");

export interface ConnectionFacts {
	readonly transport: "tcp" | "tls";
	/** Our listening address of this transport; undefined where we only call. */
	readonly local: ListenAddress | undefined;
	/** As in `Source`. */
	readonly certificateNames?: readonly string[] | undefined;
	/** Domain that a server's certificate was verified for, where we connected to a name. */
	readonly domain?: string | undefined;
}

/** One connection of TCP or TLS, accepted or opened by us: framing, bounds and time-outs; no rules of SIP. */
export class Connection {
	readonly transport: "tcp" | "tls";
	readonly address: string;
	readonly port: number;
	readonly localAddress: string;
	/** Our listening address of this transport, or the connection's own end where we only call. */
	readonly local: ListenAddress;
	readonly certificateNames: readonly string[] | undefined;
	readonly domain: string | undefined;
	readonly #socket: Socket;
	readonly #framer = new StreamFramer();
	#messageTimer: NodeJS.Timeout | undefined;

	constructor(socket: Socket, facts: ConnectionFacts, ports: ConnectionPorts) {
		this.#socket = socket;
		this.transport = facts.transport;
		this.certificateNames = facts.certificateNames;
		this.domain = facts.domain;
		this.address = plainAddress(socket.remoteAddress ?? "");
		this.port = socket.remotePort ?? 0;
		this.localAddress = plainAddress(socket.localAddress ?? "");
		this.local = facts.local ?? { transport: this.transport, host: this.localAddress, port: socket.localPort ?? 0 };
		socket.setNoDelay(true);
		socket.setTimeout(SIP_LIMITS.tcpIdleMs, () => socket.destroy());
		socket.on("data", (octets) => this.#receive(octets, ports));
		socket.on("error", (error) => ports.onError(error));
		socket.on("end", () => socket.end());
		socket.once("close", () => {
			clearTimeout(this.#messageTimer);
			ports.onClosed(this);
		});
	}

	get open(): boolean {
		return !this.#socket.destroyed && this.#socket.writable;
	}

	send(octets: Uint8Array, onFailure: (error: Error) => void): void {
		if (this.#socket.writableLength > SIP_LIMITS.tcpQueuedBytesMax) {
			this.#socket.destroy(new Error("the peer takes no data"));
		}
		if (!this.open) {
			queueMicrotask(() => onFailure(new Error("the connection is closed")));
			return;
		}
		this.#socket.write(octets, (error) => {
			if (error) onFailure(error);
		});
	}

	/** Writes what is queued, then closes. */
	end(): void {
		this.#socket.end(() => this.#socket.destroySoon());
	}

	destroy(): void {
		this.#socket.destroy();
	}

	#receive(octets: Uint8Array, ports: ConnectionPorts): void {
		for (const framed of this.#framer.push(octets)) {
			if (framed.type === "ping") this.send(PONG, () => {});
			else ports.onFramed(framed, this);
			if (framed.type === "broken") this.end();
		}
		const waiting = this.#framer.midMessage;
		if (!waiting) {
			clearTimeout(this.#messageTimer);
			this.#messageTimer = undefined;
		} else {
			this.#messageTimer ??= setTimeout(() => this.#socket.destroy(), SIP_LIMITS.tcpMessageMs);
		}
	}
}
