/** All sockets of the user agent behind one door: which of them a message comes from and goes out by. */
import { isIP } from "node:net";
import type { Locator } from "../locate/locator.ts";
import type { ParseResult } from "../message/message.ts";
import { parseDatagram } from "../message/parse.ts";
import type { Via } from "../message/via.ts";
import type { ListenAddress, SipLog, Source, TlsCredentials, TlsOptions } from "../types.ts";
import { isWildcard } from "./addresses.ts";
import { Advertising, type Here } from "./advertising.ts";
import type { Connection, ConnectionPorts } from "./connection.ts";
import { Connections, type StreamHop } from "./connections.ts";
import type { Flow, Hop, MessageTransport, NextHop, Preferred } from "./flow.ts";
import type { Gate } from "./gate.ts";
import { LocalAddresses } from "./local-addresses.ts";
import { StrangerConnections } from "./stranger-connections.ts";
import { connectTcp, listenTcp, type StreamListener } from "./tcp.ts";
import { TlsSide } from "./tls.ts";
import { UdpSocket } from "./udp.ts";

export interface TransportOptions {
	readonly listen: readonly ListenAddress[];
	/** Hosts, or host:port, that stand for ours, if any. */
	readonly advertise: readonly string[];
	readonly tls: TlsOptions | undefined;
	readonly gate: Gate;
	readonly log: SipLog;
	readonly locator: Locator;
	/** Asked for each datagram before it is read; true: nothing more is to be done with it. */
	refuses(octets: Buffer, source: Source, reply: (octets: Buffer, port: number) => void): boolean;
	/** Whether somebody at this address, which is not trusted by itself, has proved who it is. */
	hasProved(address: string): boolean;
	onParsed(result: ParseResult, flow: Flow): void;
}

export class Transports implements MessageTransport {
	readonly #options: TransportOptions;
	readonly #advertising: Advertising;
	readonly #localAddresses = new LocalAddresses();
	readonly #udp: UdpSocket[] = [];
	readonly #listeners: StreamListener[] = [];
	readonly #connections: Connections;
	readonly #flows = new WeakMap<Connection, Flow>();
	readonly #strangers: StrangerConnections;
	readonly #tls: TlsSide | undefined;
	readonly #ports: ConnectionPorts;
	#closed = false;

	private constructor(options: TransportOptions) {
		const { gate, log, tls } = options;
		this.#options = options;
		this.#advertising = new Advertising(options.advertise, options.listen);
		this.#connections = new Connections({
			listeners: (transport) => {
				return this.#listeners.map(({ local }) => local).filter((local) => local.transport === transport);
			},
			connect: async (transport, to) => {
				if (transport === "tcp") return connectTcp(to, this.#ports);
				if (this.#tls === undefined) throw new Error("TLS is not available: there is no certificate");
				return this.#tls.connect(to);
			},
		});
		this.#ports = {
			onFramed: (framed, connection) => {
				if (framed.type === "ping") return;
				if (framed.result.ok) this.#connections.alias(connection, framed.result.message.via);
				options.onParsed(framed.result, this.#streamFlow(connection));
			},
			onOpened: (connection) => this.#connections.add(connection),
			onAccepted: (connection) => this.#strangers.watch(connection),
			onClosed: (connection) => {
				this.#connections.remove(connection);
				this.#strangers.closed(connection);
			},
			onError: (error) => log.debug({ error: error.message }, "SIP socket error"),
		};
		this.#strangers = new StrangerConnections(
			({ address, certificateNames }) => gate.trusts(address, certificateNames) || options.hasProved(address),
		);
		this.#tls = tls === undefined ? undefined : new TlsSide(tls, gate, log, this.#ports);
	}

	/** @throws Error where an address cannot be had or the TLS pair is none; what was opened before is closed again. */
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
		return [...this.#udp.map((socket) => socket.local), ...this.#listeners.map((listener) => listener.local)];
	}

	/** Hosts that stand for us beside our sockets' own. */
	get advertised(): ReadonlySet<string> {
		return this.#advertising.hosts;
	}

	replyFlow(flow: Flow, via: Via): Flow {
		const { source } = flow;
		const { transport } = source;
		const port = via.port ?? (transport === "tls" ? 5061 : 5060);
		if (transport !== "udp") return this.#fallingBack(flow, { transport, host: source.address, port });
		if (via.params.has("rport")) return flow;
		const maddr = via.params.get("maddr");
		const host = maddr !== undefined && isIP(maddr) !== 0 ? maddr : source.address;
		if (host === source.address && port === source.port) return flow;
		const socket = this.#udp.find((candidate) => candidate.local === source.local);
		// maddr may lead anywhere; only to peers do we follow it.
		const trusted = host === source.address || this.#options.gate.trusts(host);
		if (socket === undefined || !trusted) return flow;
		return socket.flow(host, port, { host: flow.localAddress, port: flow.localPort });
	}

	targets(hop: Hop, then: (targets: readonly NextHop[] | Error) => void): void {
		this.#options.locator.locate(hop, this.#supported(), then);
	}

	failed(target: NextHop): void {
		this.#options.locator.failed(target);
	}

	flowTo(next: NextHop, preferred: Preferred | undefined, then: (flow: Flow | Error) => void): void {
		const host = next.host.replace(/^\[|\]$/g, "");
		const { transport } = next;
		if (isIP(host) === 0) then(new Error("the next hop is no IP address"));
		else if (transport === "udp") this.#udpFlowTo(host, next.port, preferred, then);
		else this.#streamFlowTo({ ...next, transport, host }, preferred, then);
	}

	flowBack({ source }: Preferred, then: (flow: Flow | Error) => void): void {
		const { transport, address, port } = source;
		if (transport === "udp") {
			this.#udpFlowTo(address, port, { source }, then);
			return;
		}
		const open = this.#connections.openTo(transport, address, port);
		then(open === undefined ? new Error("the connection of the dialog is closed") : this.#streamFlow(open));
	}

	async settled(): Promise<void> {
		await this.#options.locator.settled();
		await this.#localAddresses.settled();
	}

	useTls(credentials: TlsCredentials): void {
		if (this.#tls === undefined) throw new Error("there is no TLS to give another certificate");
		this.#tls.use(credentials);
	}

	async close(): Promise<void> {
		this.#closed = true;
		this.#options.locator.close();
		this.#connections.end();
		const closing = [...this.#udp, ...this.#listeners].map((opened) => opened.close());
		// A peer that does not close its half would hold the server open.
		const grace = setTimeout(() => this.#connections.destroy(), 200);
		await Promise.all(closing);
		clearTimeout(grace);
		this.#connections.destroy();
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
			this.#listeners.push(await listenTcp(listen, (address) => gate.admits(address, "tcp"), this.#ports));
		} else {
			if (this.#tls === undefined) throw new Error("a tls: listen address needs a certificate and its key");
			this.#listeners.push(await this.#tls.listen(listen));
		}
	}

	#supported(): ReadonlySet<NextHop["transport"]> {
		return new Set([
			...(this.#udp.length > 0 ? (["udp"] as const) : []),
			"tcp",
			...(this.#tls === undefined ? [] : (["tls"] as const)),
		]);
	}

	#onDatagram(octets: Uint8Array, from: UdpSocket, address: string, port: number): void {
		// RFC 5626 §3.5.1 has no ping for UDP, but phones send CRLF to hold NAT bindings open; nobody wants an answer.
		if (octets.length <= 4) return;
		this.#whereWeAre(from, address, (here) => {
			const flow = from.flow(address, port, here);
			const reply = (answer: Buffer, to: number): void => from.flow(address, to, here).send(answer, () => {});
			if (!this.#options.refuses(octets as Buffer, flow.source, reply)) {
				this.#options.onParsed(parseDatagram(octets), flow);
			}
		});
	}

	#whereWeAre(socket: UdpSocket, peer: string, then: (here: Here) => void): void {
		const { local } = socket;
		const told = this.#advertising.of(local, peer);
		if (told !== undefined) then(told);
		else if (!isWildcard(local.host)) then(local);
		else this.#localAddresses.find(peer, (address) => then({ host: address ?? local.host, port: local.port }));
	}

	#udpFlowTo(host: string, port: number, preferred: Preferred | undefined, then: (flow: Flow | Error) => void): void {
		this.#udpSocketTo(host, preferred, (socket) => {
			if (socket === undefined) then(new Error("no UDP socket of ours reaches the next hop"));
			else this.#whereWeAre(socket, host, (here) => then(socket.flow(host, port, here)));
		});
	}

	/** The dialog's own, else the one on the route to the host. */
	#udpSocketTo(host: string, preferred: Preferred | undefined, then: (socket: UdpSocket | undefined) => void): void {
		const able = this.#udp.filter((socket) => socket.reaches(host));
		const dialogs = able.find((socket) => socket.local === preferred?.source.local);
		if (dialogs !== undefined || able.length < 2) {
			then(dialogs ?? able[0]);
			return;
		}
		this.#localAddresses.find(host, (address) => {
			const onRoute = able.find((socket) => socket.local.host === address);
			then(onRoute ?? able.find((socket) => isWildcard(socket.local.host)) ?? able[0]);
		});
	}

	#streamFlowTo(next: StreamHop, preferred: Preferred | undefined, then: (flow: Flow | Error) => void): void {
		const known = this.#connections.find(next, preferred);
		if (known !== undefined) {
			then(this.#streamFlow(known));
			return;
		}
		this.#connections.open(next, preferred).then(
			(connection) => then(this.#streamFlow(connection)),
			(error: Error) => then(error),
		);
	}

	#streamFlow(connection: Connection): Flow {
		const known = this.#flows.get(connection);
		if (known !== undefined) return known;
		const { transport, address, port, local, certificateNames } = connection;
		const { host, port: localPort } = this.#advertising.of(local, address) ?? {
			host: connection.localAddress,
			port: local.port,
		};
		const flow: Flow = {
			source: { transport, address, port, local, ...(certificateNames === undefined ? {} : { certificateNames }) },
			reliable: true,
			localAddress: host,
			localPort,
			send: (octets, onFailure) => connection.send(octets, onFailure),
		};
		this.#flows.set(connection, flow);
		return flow;
	}

	/** A response whose connection has closed goes out on a new one to the sent-by of its Via (§18.2.2). */
	#fallingBack(flow: Flow, next: StreamHop): Flow {
		return {
			...flow,
			send: (octets, onFailure) => {
				flow.send(octets, () => {
					if (this.#closed) return;
					this.#streamFlowTo(next, undefined, (other) => {
						if (other instanceof Error) onFailure(other);
						else other.send(octets, onFailure);
					});
				});
			},
		};
	}
}
