import type { Via } from "../message/via.ts";
import type { ListenAddress, Source, TransportName } from "../types.ts";

/**
 * One way to a peer: a socket of ours and an address, or a connection. What is sent on it goes back where it came from,
 * or, on a connection that has closed, to the place that the message's Via names.
 */
export interface Flow {
	readonly source: Source;
	/** TCP and TLS. */
	readonly reliable: boolean;
	/** The address of ours that the peer reaches us by. */
	readonly localAddress: string;
	/** Octets are taken over; `onFailure` is called, at most once and never within the call, when they surely did not go out. */
	send(octets: Uint8Array, onFailure: (error: Error) => void): void;
}

export interface NextHop {
	readonly transport: TransportName;
	/** An IP address, IPv6 with or without brackets. */
	readonly host: string;
	readonly port: number;
}

/** What the user agent needs of its sockets. */
export interface MessageTransport {
	/** With real ports. */
	readonly listening: readonly ListenAddress[];
	/** Where responses to a request go: RFC 3261 §18.2.2, RFC 3581 §4. */
	replyFlow(flow: Flow, via: Via): Flow;
	/**
	 * A way for a new request of ours, at once or later. An open connection to the same place, or the one that a dialog
	 * came by (`preferred`), is used again: a peer that connected from behind a NAT cannot be connected to.
	 */
	flowTo(next: NextHop, preferred: Pick<Flow, "source"> | undefined, then: (flow: Flow | Error) => void): void;
	/** Resolves when the ways that are being looked up are found: what waits for them is then sent. */
	settled(): Promise<void>;
	close(): Promise<void>;
}
