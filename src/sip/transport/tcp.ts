import { connect, createServer, isIPv6, type Server, type Socket } from "node:net";
import { SIP_LIMITS } from "../limits.ts";
import { type Framed, StreamFramer } from "../message/stream-framer.ts";
import type { ListenAddress } from "../types.ts";
import { plainAddress } from "./addresses.ts";

export interface TcpPorts {
	admits(address: string): boolean;
	onFramed(framed: Framed, connection: TcpConnection): void;
	onOpened(connection: TcpConnection): void;
	onClosed(connection: TcpConnection): void;
	onError(error: Error): void;
}

const PONG = Buffer.from("\r\n", "latin1");

/** One connection, accepted or opened by us: framing, bounds and time-outs; no rules of SIP. */
export class TcpConnection {
	readonly address: string;
	readonly port: number;
	readonly localAddress: string;
	/** Our listening address of this transport, or the connection's own end where we only call. */
	readonly local: ListenAddress;
	readonly #socket: Socket;
	readonly #framer = new StreamFramer();
	#messageTimer: NodeJS.Timeout | undefined;

	constructor(socket: Socket, local: ListenAddress | undefined, ports: TcpPorts) {
		this.#socket = socket;
		this.address = plainAddress(socket.remoteAddress ?? "");
		this.port = socket.remotePort ?? 0;
		this.localAddress = plainAddress(socket.localAddress ?? "");
		this.local = local ?? { transport: "tcp", host: this.localAddress, port: socket.localPort ?? 0 };
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

	#receive(octets: Uint8Array, ports: TcpPorts): void {
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

export class TcpListener {
	readonly local: ListenAddress;
	readonly #server: Server;

	private constructor(server: Server, local: ListenAddress) {
		this.#server = server;
		this.local = local;
	}

	static async open(listen: ListenAddress, ports: TcpPorts): Promise<TcpListener> {
		const server = createServer({ allowHalfOpen: true });
		server.maxConnections = SIP_LIMITS.tcpConnectionsMax;
		await new Promise<void>((resolve, reject) => {
			server.once("error", reject);
			server.listen({ host: listen.host, port: listen.port, exclusive: true }, () => {
				server.off("error", reject);
				resolve();
			});
		});
		const address = server.address();
		const port = address !== null && typeof address === "object" ? address.port : listen.port;
		const opened = new TcpListener(server, { transport: "tcp", host: listen.host, port });
		server.on("error", ports.onError);
		server.on("connection", (socket) => {
			socket.on("error", () => {});
			const admitted = socket.remoteAddress !== undefined && ports.admits(plainAddress(socket.remoteAddress));
			if (admitted) ports.onOpened(new TcpConnection(socket, opened.local, ports));
			else socket.destroy();
		});
		return opened;
	}

	/** Stops listening; connections are closed by their owner. */
	close(): Promise<void> {
		return new Promise((resolve) => this.#server.close(() => resolve()));
	}
}

/** Opens a connection; rejects after `SIP_LIMITS.tcpConnectMs`. */
export function openConnection(
	host: string,
	port: number,
	local: ListenAddress | undefined,
	ports: TcpPorts,
): Promise<TcpConnection> {
	return new Promise((resolve, reject) => {
		const socket = connect({ host, port, family: isIPv6(host) ? 6 : 4, allowHalfOpen: true });
		const timer = setTimeout(() => socket.destroy(new Error("no answer to connect")), SIP_LIMITS.tcpConnectMs);
		socket.once("close", () => {
			clearTimeout(timer);
			reject(new Error("the connection was closed"));
		});
		socket.once("error", reject);
		socket.once("connect", () => {
			clearTimeout(timer);
			const connection = new TcpConnection(socket, local, ports);
			ports.onOpened(connection);
			resolve(connection);
		});
	});
}
