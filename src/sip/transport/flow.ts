import type { Via } from "../message/via.ts";
import type { ListenAddress, Source, TlsCredentials, TransportName } from "../types.ts";

/**
 * One way to a peer: a socket of ours and an address, or a connection. What is sent on it goes back where it came from,
 * or, on a connection that has closed, to the place that the message's Via names.
 */
export interface Flow {
	readonly source: Source;
	/** TCP and TLS. */
	readonly reliable: boolean;
	/** Host and port of ours that the peer reaches us by. */
	readonly localAddress: string;
	readonly localPort: number;
	/** Octets are taken over; `onFailure` is called, at most once and never within the call, when they surely did not go out. */
	send(octets: Uint8Array, onFailure: (error: Error) => void): void;
}

/** One place that a request can be sent to. */
export interface NextHop {
	readonly transport: TransportName;
	/** An IP address, IPv6 with or without brackets. */
	readonly host: string;
	readonly port: number;
	/** The name that led to the address: what a server's certificate must be for. */
	readonly domain?: string | undefined;
}

/** What a URI says of the place where its requests go: the input of RFC 3263 §4. */
export interface Hop {
	/** `sips:`: nothing but TLS will do. */
	readonly secure: boolean;
	/** From the URI's parameter. */
	readonly transport: TransportName | undefined;
	/** Address, IPv6 in brackets, or name. */
	readonly host: string;
	readonly port: number | undefined;
}

/** The way that a dialog came by. */
export type Preferred = Pick<Flow, "source">;

/** What the user agent needs of its sockets. */
export interface MessageTransport {
	/** With real ports. */
	readonly listening: readonly ListenAddress[];
	/** Where responses to a request go: RFC 3261 §18.2.2, RFC 3581 §4. */
	replyFlow(flow: Flow, via: Via): Flow;
	/**
	 * The places that a request can be sent to, best first (RFC 3263 §4); at once where no name has to be looked up. Those
	 * that failed lately stand last.
	 */
	targets(hop: Hop, then: (targets: readonly NextHop[] | Error) => void): void;
	/** The place did not answer, or said that it can not (RFC 3263 §4.3). */
	failed(target: NextHop): void;
	/**
	 * A way for a new request of ours, at once or later. An open connection to the same place, or the one that a dialog
	 * came by (`preferred`), is used again: a peer that connected from behind a NAT cannot be connected to.
	 */
	flowTo(next: NextHop, preferred: Preferred | undefined, then: (flow: Flow | Error) => void): void;
	/** The way that a dialog came by, where it still stands: always for UDP, while it is open for a connection. */
	flowBack(preferred: Preferred, then: (flow: Flow | Error) => void): void;
	/** Resolves when the ways that are being looked up are found: what waits for them is then sent. */
	settled(): Promise<void>;
	/** @throws Error where the pair is none: the old one stays in use. */
	useTls(credentials: TlsCredentials): void;
	close(): Promise<void>;
}
