/** The connections in force, and which of them a message goes by: RFC 3261 §18, RFC 5923. */
import { isIPv6 } from "node:net";
import { SIP_LIMITS } from "../limits.ts";
import type { Via } from "../message/via.ts";
import type { ListenAddress } from "../types.ts";
import { isWildcard } from "./addresses.ts";
import type { Connection } from "./connection.ts";
import type { NextHop, Preferred } from "./flow.ts";
import type { Destination } from "./tcp.ts";

export interface ConnectionsNeeds {
	/** Listening addresses, to tell peers of a connection that we opened where else we are. */
	listeners(transport: "tcp" | "tls"): readonly ListenAddress[];
	connect(transport: "tcp" | "tls", to: Destination): Promise<Connection>;
}

/** A next hop by connection. */
export type StreamHop = NextHop & { readonly transport: "tcp" | "tls" };

const end = (transport: string, address: string, port: number): string => `${transport}|${address}|${port}`;

export class Connections {
	readonly #needs: ConnectionsNeeds;
	/** With the keys that lead to each. */
	readonly #all = new Map<Connection, string[]>();
	/** By the far end, and by the address that a peer says it listens on (RFC 5923 §5). */
	readonly #byEnd = new Map<string, Connection>();
	/** Connections being opened, so that two requests at once share one. */
	readonly #opening = new Map<string, Promise<Connection>>();
	#closed = false;

	constructor(needs: ConnectionsNeeds) {
		this.#needs = needs;
	}

	add(connection: Connection): void {
		if (this.#closed) {
			connection.destroy();
			return;
		}
		this.#all.set(connection, []);
		this.#name(connection, end(connection.transport, connection.address, connection.port));
	}

	remove(connection: Connection): void {
		for (const key of this.#all.get(connection) ?? []) {
			if (this.#byEnd.get(key) === connection) this.#byEnd.delete(key);
		}
		this.#all.delete(connection);
	}

	#name(connection: Connection, key: string): void {
		if (this.#byEnd.get(key) === connection) return;
		const keys = this.#all.get(connection);
		if (keys === undefined || keys.length >= SIP_LIMITS.connectionNamesMax) return;
		keys.push(key);
		this.#byEnd.set(key, connection);
	}

	/**
	 * `alias` in the Via of a request (RFC 5923 §5.1): what goes to its sent-by uses this connection. Only where the peer
	 * has proved to be who it says: another host's traffic could be drawn off otherwise (§8.1).
	 */
	alias(connection: Connection, via: Via): void {
		if (connection.transport !== "tls" || !via.params.has("alias")) return;
		const host = via.host.replace(/^\[|\]$/g, "");
		const proved = connection.certificateNames?.includes(host) || host === connection.address;
		if (proved && connection.certificateNames !== undefined) {
			this.#name(connection, end("tls", connection.address, via.port ?? 5061));
		}
	}

	/** The connection itself, where it is still open. */
	openTo(transport: string, address: string, port: number): Connection | undefined {
		const connection = this.#byEnd.get(end(transport, address, port));
		return connection?.open === true ? connection : undefined;
	}

	/**
	 * An open connection to the place, or the one that a dialog came by where it is to the same host: a peer that
	 * connected from behind a NAT cannot be connected to.
	 */
	find({ transport, host, port, domain }: StreamHop, preferred: Preferred | undefined): Connection | undefined {
		const fits = (connection: Connection | undefined): connection is Connection => {
			if (connection === undefined) return false;
			if (transport === "tcp" || domain === undefined || connection.domain === domain) return true;
			return connection.certificateNames?.includes(domain) === true;
		};
		const known = this.openTo(transport, host, port);
		if (fits(known)) return known;
		const { source } = preferred ?? {};
		if (source?.transport !== transport || source.address !== host) return undefined;
		const dialogs = this.openTo(transport, source.address, source.port);
		return fits(dialogs) ? dialogs : undefined;
	}

	/** A new one, from the dialog's address of ours where it has one. */
	open(next: StreamHop, preferred: Preferred | undefined): Promise<Connection> {
		const { transport, host, port, domain } = next;
		const listeners = this.#needs
			.listeners(transport)
			.filter((local) => isIPv6(local.host) === isIPv6(host) || local.host === "::");
		const dialogs = listeners.find((local) => local === preferred?.source.local);
		const from = dialogs === undefined || isWildcard(dialogs.host) ? undefined : dialogs.host;
		const key = `${end(transport, host, port)}|${domain ?? ""}|${from ?? ""}`;
		const underWay = this.#opening.get(key);
		if (underWay !== undefined) return underWay;
		const local = dialogs ?? listeners[0];
		const opening = this.#needs
			.connect(transport, { host, port, from, local, domain })
			.finally(() => this.#opening.delete(key));
		this.#opening.set(key, opening);
		return opening;
	}

	/** Lets go of all: what is queued is written, and a peer that does not close its half is not waited for. */
	end(): void {
		this.#closed = true;
		for (const connection of this.#all.keys()) connection.end();
	}

	destroy(): void {
		for (const connection of this.#all.keys()) connection.destroy();
	}
}
