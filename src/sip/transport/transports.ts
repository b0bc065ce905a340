/** All sockets of the user agent behind one door: which of them a message comes from and goes out by. */
import { isIP } from "node:net";
import type { ParseResult } from "../message/message.ts";
import { parseDatagram } from "../message/parse.ts";
import type { Via } from "../message/via.ts";
import type { ListenAddress, SipLog } from "../types.ts";
import { isWildcard } from "./addresses.ts";
import type { Flow, MessageTransport, NextHop } from "./flow.ts";
import type { Gate } from "./gate.ts";
import { LocalAddresses } from "./local-addresses.ts";
import { openConnection, type TcpConnection, TcpListener, type TcpPorts } from "./tcp.ts";
import { UdpSocket } from "./udp.ts";

export interface TransportOptions {
	readonly listen: readonly ListenAddress[];
	/** Host that stands for all of ours, if set. */
	readonly advertisedHost: string | undefined;
	readonly gate: Gate;
	readonly log: SipLog;
	onParsed(result: ParseResult, flow: Flow): void;
}

export class Transports implements MessageTransport {
	readonly #options: TransportOptions;
	readonly #localAddresses = new LocalAddresses();
	readonly #udp: UdpSocket[] = [];
	readonly #tcp: TcpListener[] = [];
	readonly #connections = new Set<TcpConnection>();
	/** Connections being opened, so that two requests at once share one. */
	readonly #opening = new Map<string, Promise<TcpConnection>>();
	readonly #tcpPorts: TcpPorts;
	#closed = false;

	private constructor(options: TransportOptions) {
		this.#options = options;
		const onError = (error: Error): void => options.log.debug({ error: error.message }, "SIP socket error");
		this.#tcpPorts = {
			admits: (address) => options.gate.admits(address, "tcp"),
			onFramed: (framed, connection) => {
				if (framed.type !== "ping") options.onParsed(framed.result, this.#tcpFlow(connection));
			},
			onOpened: (connection) => {
				if (this.#closed) connection.destroy();
				else this.#connections.add(connection);
			},
			onClosed: (connection) => this.#connections.delete(connection),
			onError,
		};
	}

	/** @throws Error where an address cannot be had; what was opened before is closed again. */
	static async open(options: TransportOptions): Promise<Transports> {
		const transports = new Transports(options);
		try {
			for (const listen of options.listen) await transports.#listen(listen);
		} catch (error) {
			await transports.close();
			throw error;
		}
		return transports;
	}

	get listening(): readonly ListenAddress[] {
		return [...this.#udp.map((socket) => socket.local), ...this.#tcp.map((listener) => listener.local)];
	}

	replyFlow(flow: Flow, via: Via): Flow {
		const { source } = flow;
		const port = via.port ?? 5060;
		if (source.transport !== "udp") return this.#fallingBack(flow, { transport: "tcp", host: source.address, port });
		if (via.params.has("rport")) return flow;
		const maddr = via.params.get("maddr");
		const host = maddr !== undefined && isIP(maddr) !== 0 ? maddr : source.address;
		if (host === source.address && port === source.port) return flow;
		const socket = this.#udp.find((candidate) => candidate.local === source.local);
		// maddr may lead anywhere; only to peers do we follow it.
		const trusted = host === source.address || this.#options.gate.admits(host, "udp");
		return socket === undefined || !trusted ? flow : socket.flow(host, port, flow.localAddress);
	}

	flowTo(next: NextHop, preferred: Pick<Flow, "source"> | undefined, then: (flow: Flow | Error) => void): void {
		const host = next.host.replace(/^\[|\]$/g, "");
		if (isIP(host) === 0) then(new Error("the next hop is no IP address"));
		else if (next.transport === "udp") this.#udpFlowTo(host, next.port, preferred, then);
		else if (next.transport === "tcp") this.#tcpFlowTo(host, next.port, preferred, then);
		else then(new Error("TLS is not available"));
	}

	settled(): Promise<void> {
		return this.#localAddresses.settled();
	}

	async close(): Promise<void> {
		this.#closed = true;
		for (const connection of this.#connections) connection.end();
		const closing = [...this.#udp, ...this.#tcp].map((opened) => opened.close());
		// A peer that does not close its half would hold the server open.
		const grace = setTimeout(() => this.#destroyAll(), 200);
		await Promise.all(closing);
		clearTimeout(grace);
		this.#destroyAll();
	}

	#destroyAll(): void {
		for (const connection of this.#connections) connection.destroy();
	}

	async #listen(listen: ListenAddress): Promise<void> {
		const { gate, log } = this.#options;
		if (listen.transport === "udp") {
			const socket = await UdpSocket.open(listen, {
				admits: (address) => gate.admits(address, "udp"),
				onDatagram: (octets, from, address, port) => this.#onDatagram(octets, from, address, port),
				onError: (error) => log.debug({ error: error.message }, "SIP socket error"),
			});
			this.#udp.push(socket);
		} else if (listen.transport === "tcp") {
			this.#tcp.push(await TcpListener.open(listen, this.#tcpPorts));
		} else {
			throw new Error("SIP over TLS is not available: remove the tls: address, or put a proxy with TLS in front");
		}
	}

	#onDatagram(octets: Uint8Array, from: UdpSocket, address: string, port: number): void {
		// RFC 5626 §3.5.1 has no ping for UDP, but phones send CRLF to hold NAT bindings open; nobody wants an answer.
		if (octets.length <= 4) return;
		this.#withLocalAddress(from, address, (localAddress) => {
			this.#options.onParsed(parseDatagram(octets), from.flow(address, port, localAddress));
		});
	}

	#withLocalAddress(socket: UdpSocket, peer: string, then: (localAddress: string) => void): void {
		const { advertisedHost } = this.#options;
		if (advertisedHost !== undefined) then(advertisedHost);
		else if (!isWildcard(socket.local.host)) then(socket.local.host);
		else this.#localAddresses.find(peer, (address) => then(address ?? socket.local.host));
	}

	#udpFlowTo(
		host: string,
		port: number,
		preferred: Pick<Flow, "source"> | undefined,
		then: (flow: Flow | Error) => void,
	): void {
		const same = this.#udp.find((socket) => socket.local === preferred?.source.local && socket.reaches(host));
		const socket = same ?? this.#udp.find((candidate) => candidate.reaches(host));
		if (socket === undefined) then(new Error("no UDP socket of ours reaches the next hop"));
		else this.#withLocalAddress(socket, host, (localAddress) => then(socket.flow(host, port, localAddress)));
	}

	#tcpFlowTo(
		host: string,
		port: number,
		preferred: Pick<Flow, "source"> | undefined,
		then: (flow: Flow | Error) => void,
	): void {
		for (const connection of this.#connections) {
			const same = connection.address === host && connection.port === port;
			const dialogs =
				preferred?.source.transport === "tcp" &&
				connection.address === preferred.source.address &&
				connection.port === preferred.source.port &&
				connection.address === host;
			if (connection.open && (same || dialogs)) {
				then(this.#tcpFlow(connection));
				return;
			}
		}
		this.#connect(host, port).then(
			(connection) => then(this.#tcpFlow(connection)),
			(error: Error) => then(error),
		);
	}

	#connect(host: string, port: number): Promise<TcpConnection> {
		const key = `${host}|${port}`;
		const underWay = this.#opening.get(key);
		if (underWay !== undefined) return underWay;
		const local = this.#tcp[0]?.local;
		const opening = openConnection(host, port, local, this.#tcpPorts).finally(() => this.#opening.delete(key));
		this.#opening.set(key, opening);
		return opening;
	}

	#tcpFlow(connection: TcpConnection): Flow {
		const { address, port, local } = connection;
		return {
			source: { transport: "tcp", address, port, local },
			reliable: true,
			localAddress: this.#options.advertisedHost ?? connection.localAddress,
			send: (octets, onFailure) => connection.send(octets, onFailure),
		};
	}

	/** A response whose connection has closed goes out on a new one to the sent-by of its Via (§18.2.2). */
	#fallingBack(flow: Flow, next: NextHop): Flow {
		return {
			...flow,
			send: (octets, onFailure) => {
				flow.send(octets, () => {
					if (this.#closed) return;
					this.#tcpFlowTo(next.host, next.port, undefined, (other) => {
						if (other instanceof Error) onFailure(other);
						else other.send(octets, onFailure);
					});
				});
			},
		};
	}
}
