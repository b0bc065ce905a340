import { createSocket, type Socket } from "node:dgram";
import { isIP, isIPv4, isIPv6 } from "node:net";
import type { ListenAddress, Source } from "../types.ts";
import { plainAddress } from "./addresses.ts";
import type { Here } from "./advertising.ts";
import type { Flow } from "./flow.ts";

export interface UdpPorts {
	/** Asked for each datagram before anything else. */
	admits(address: string): boolean;
	/** The flow's local address is looked up by the receiver where the bind is a wildcard. */
	onDatagram(octets: Uint8Array, from: UdpSocket, address: string, port: number): void;
	onError(error: Error): void;
}

/** Asked of the system; a burst of calls arrives faster than the event loop turns. Linux caps it at rmem_max. */
const RECEIVE_BUFFER_BYTES = 4 * 1_048_576;

/** Peers are addresses: a name never leads to DNS, where each packet would wait for it. */
type LookupCallback = (error: NodeJS.ErrnoException | null, address: string, family: number) => void;
function literalOnly(host: string, _options: unknown, callback: LookupCallback): void {
	const family = isIP(host);
	callback(family === 0 ? new Error("not an IP address") : null, host, family);
}

/** One bound UDP socket. Thin: no rules of SIP here. */
export class UdpSocket {
	readonly local: ListenAddress;
	readonly #socket: Socket;
	readonly #family: 4 | 6;
	#closed = false;

	private constructor(socket: Socket, local: ListenAddress) {
		this.#socket = socket;
		this.local = local;
		this.#family = isIPv6(local.host) ? 6 : 4;
	}

	static async open(listen: ListenAddress, ports: UdpPorts): Promise<UdpSocket> {
		const socket = createSocket({ type: isIPv6(listen.host) ? "udp6" : "udp4", lookup: literalOnly });
		await new Promise<void>((resolve, reject) => {
			socket.once("error", reject);
			socket.bind({ address: listen.host, port: listen.port, exclusive: true }, () => {
				socket.off("error", reject);
				resolve();
			});
		});
		try {
			socket.setRecvBufferSize(RECEIVE_BUFFER_BYTES);
		} catch (error) {
			ports.onError(error as Error);
		}
		const opened = new UdpSocket(socket, { ...listen, port: socket.address().port });
		socket.on("error", ports.onError);
		socket.on("message", (octets, remote) => {
			const address = plainAddress(remote.address);
			// Port 0 can be written into a packet but not answered to.
			if (remote.port === 0) return;
			if (ports.admits(address)) ports.onDatagram(octets, opened, address, remote.port);
		});
		return opened;
	}

	/** True where this socket can send to the address: same family, or IPv4 over a dual-stack wildcard. */
	reaches(address: string): boolean {
		return this.#family === 6 ? isIPv6(address) || this.local.host === "::" : isIPv4(address);
	}

	/** @param here where the peer reaches us. */
	flow(address: string, port: number, here: Here): Flow {
		const target = this.#family === 6 && isIPv4(address) ? `::ffff:${address}` : address;
		return new UdpFlow(this, { transport: "udp", address, port, local: this.local }, target, here);
	}

	send(octets: Uint8Array, port: number, target: string, onFailure: (error: Error) => void): void {
		if (this.#closed) {
			queueMicrotask(() => onFailure(new Error("the socket is closed")));
			return;
		}
		try {
			this.#socket.send(octets, port, target, (error) => {
				if (error !== null) onFailure(error);
			});
		} catch (error) {
			// A port out of range throws; timers call this, and nobody above them would catch it.
			queueMicrotask(() => onFailure(error as Error));
		}
	}

	close(): Promise<void> {
		this.#closed = true;
		return new Promise((resolve) => this.#socket.close(() => resolve()));
	}
}

class UdpFlow implements Flow {
	readonly source: Source;
	readonly reliable = false;
	readonly localAddress: string;
	readonly localPort: number;
	readonly #socket: UdpSocket;
	readonly #target: string;

	constructor(socket: UdpSocket, source: Source, target: string, here: Here) {
		this.source = source;
		this.localAddress = here.host;
		this.localPort = here.port;
		this.#socket = socket;
		this.#target = target;
	}

	send(octets: Uint8Array, onFailure: (error: Error) => void): void {
		this.#socket.send(octets, this.source.port, this.#target, onFailure);
	}
}
