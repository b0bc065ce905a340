/** Which address of ours peers are told, where it is not the one of the socket: NAT, clouds, containers. Pure. */
import { isIP, isIPv6 } from "node:net";
import type { ListenAddress } from "../types.ts";
import { splitHostPort } from "./addresses.ts";

/** Where a peer reaches us: what stands in Contact and in the sent-by of Via. */
export interface Here {
	readonly host: string;
	readonly port: number;
}

type Told = ReturnType<typeof splitHostPort>;

export class Advertising {
	readonly #everywhere: readonly Told[];
	readonly #ofListeners: ReadonlyMap<string, Told>;

	/**
	 * @param everywhere for listen addresses that have none of their own.
	 * @throws Error where one is no host or host:port.
	 */
	constructor(everywhere: readonly string[], listen: readonly ListenAddress[]) {
		this.#everywhere = everywhere.map(splitHostPort);
		const own = listen.flatMap(({ advertise }) => (advertise === undefined ? [] : [advertise]));
		this.#ofListeners = new Map(own.map((text) => [text, splitHostPort(text)]));
	}

	/** All hosts that stand for us. */
	get hosts(): ReadonlySet<string> {
		return new Set([...this.#everywhere, ...this.#ofListeners.values()].map(({ host }) => host));
	}

	/** Undefined where the socket's own address is told. An address is told to peers of its family only. */
	of(local: ListenAddress, peer: string): Here | undefined {
		const own = local.advertise === undefined ? undefined : this.#ofListeners.get(local.advertise);
		if (own !== undefined) return { host: own.host, port: own.port ?? local.port };
		const told = this.#everywhere.find(({ host }) => isIP(host) === 0 || isIPv6(host) === isIPv6(peer));
		if (told === undefined) return undefined;
		// One port can not be that of UDP and of TLS.
		return { host: told.host, port: local.transport === "tls" ? local.port : (told.port ?? local.port) };
	}
}
