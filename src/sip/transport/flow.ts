import type { Source } from "../types.ts";

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
