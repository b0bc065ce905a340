import { connect, createServer, isIPv6, type Server, type Socket } from "node:net";
import { SIP_LIMITS } from "../limits.ts";
import type { ListenAddress } from "../types.ts";
import { plainAddress } from "./addresses.ts";
import { Connection, type ConnectionPorts } from "./connection.ts";

/** A port that accepts connections; TLS stands on it too. */
export class StreamListener {
	readonly local: ListenAddress;
	readonly #server: Server;

	private constructor(server: Server, local: ListenAddress) {
		this.#server = server;
		this.local = local;
	}

	/** @param onSocket told for each connection, with the peer's address. */
	static async open(
		listen: ListenAddress,
		onSocket: (socket: Socket, address: string, local: ListenAddress) => void,
		onError: (error: Error) => void,
	): Promise<StreamListener> {
		const server = createServer({ allowHalfOpen: listen.transport === "tcp" });
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
		const opened = new StreamListener(server, { ...listen, port });
		server.on("error", onError);
		server.on("connection", (socket) => {
			socket.on("error", () => {});
			if (socket.remoteAddress === undefined) socket.destroy();
			else onSocket(socket, plainAddress(socket.remoteAddress), opened.local);
		});
		return opened;
	}

	/** Stops listening; connections are closed by their owner. */
	close(): Promise<void> {
		return new Promise((resolve) => this.#server.close(() => resolve()));
	}
}

export function accept(connection: Connection, ports: ConnectionPorts): void {
	ports.onOpened(connection);
	ports.onAccepted(connection);
}

/** @param admits asked before anything is read. */
export function listenTcp(
	listen: ListenAddress,
	admits: (address: string) => boolean,
	ports: ConnectionPorts,
): Promise<StreamListener> {
	const take = (socket: Socket, address: string, local: ListenAddress): void => {
		if (admits(address)) accept(new Connection(socket, { transport: "tcp", local }, ports), ports);
		else socket.destroy();
	};
	return StreamListener.open(listen, take, ports.onError);
}

export interface Destination {
	/** An IP address. */
	readonly host: string;
	readonly port: number;
	/** Address of ours to connect from; undefined lets the system choose. */
	readonly from: string | undefined;
	/** As `ConnectionFacts` has it. */
	readonly local: ListenAddress | undefined;
	/** Name that the host was found by: a TLS server must have a certificate for it. */
	readonly domain?: string | undefined;
}

/** Opens a connection; rejects after `SIP_LIMITS.tcpConnectMs`. */
export function connectTcp(to: Destination, ports: ConnectionPorts): Promise<Connection> {
	const { host, port, from, local } = to;
	const localAddress = from === undefined ? {} : { localAddress: from };
	const socket = connect({ host, port, ...localAddress, family: isIPv6(host) ? 6 : 4, allowHalfOpen: true });
	return opening(socket, "connect", () => new Connection(socket, { transport: "tcp", local }, ports), ports);
}

/** Waits for an outgoing socket to be ready. */
export function opening(
	socket: Socket,
	ready: "connect" | "secureConnect",
	make: () => Connection,
	ports: ConnectionPorts,
): Promise<Connection> {
	return new Promise((resolve, reject) => {
		const timer = setTimeout(() => socket.destroy(new Error("no answer to connect")), SIP_LIMITS.tcpConnectMs);
		socket.once("close", () => {
			clearTimeout(timer);
			reject(new Error("the connection was closed"));
		});
		socket.once("error", reject);
		socket.once(ready, () => {
			clearTimeout(timer);
			const connection = make();
			ports.onOpened(connection);
			resolve(connection);
		});
	});
}
