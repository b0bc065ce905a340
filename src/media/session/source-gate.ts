/**
 * Whose RTP is taken: symmetric RTP (RFC 4961), kept to the peer's own addresses. Pure.
 *
 * The first source that is heard is the peer's, and stays it: the address and port of its SDP, or another port of its
 * media or signalling address, since behind a NAT its SDP cannot know the port. Only a re-INVITE opens the choice anew. Any
 * other source is foreign: a stranger must not be able to speak into a call or to draw its audio to himself.
 */
import { isIPv6, SocketAddress } from "node:net";
import type { Negotiated } from "../types.ts";

/** Where a packet came from. */
export interface Source {
	readonly address: string;
	readonly port: number;
}

export class SourceGate {
	/** Where packets are taken from and sent to. Port 0: nowhere yet. */
	address = "";
	port = 0;

	#negotiatedAddress = "";
	#negotiatedPort = 0;
	#allowed: readonly string[] = [];
	/** The present source was heard. */
	#locked = false;

	/** A black hole (0.0.0.0, the old hold) leaves the source as it is: the peer may still send from there. */
	negotiate(address: string, port: number, signallingAddress: string | undefined): void {
		const canonical = canonicalAddress(address);
		const signalling = signallingAddress === undefined ? [] : [canonicalAddress(signallingAddress)];
		if (canonical === "0.0.0.0" || canonical === "::") {
			this.#allowed = [...new Set([...this.#allowed, ...signalling])];
			return;
		}
		this.#allowed = [...new Set([canonical, ...signalling])];
		if (canonical === this.#negotiatedAddress && port === this.#negotiatedPort) return;
		this.#negotiatedAddress = canonical;
		this.#negotiatedPort = port;
		this.address = canonical;
		this.port = port;
		this.#locked = false;
	}

	get locked(): boolean {
		return this.#locked;
	}

	/** A packet of the present source was taken: it is the peer's from now on. */
	lock(): void {
		this.#locked = true;
	}

	/** A re-INVITE came: the next source of the peer that is heard is taken, the same or another. */
	unlock(): void {
		this.#locked = false;
	}

	/** Whether a valid packet from another source than the present one is taken; if so, that is the source now. */
	admit(address: string, port: number): boolean {
		if (!this.#mayBecome(address)) return false;
		this.address = address;
		this.port = port;
		return true;
	}

	/** Whether a packet of this source can be taken; nothing is settled by it. */
	hears(address: string, port: number): boolean {
		return (port === this.port && address === this.address) || this.#mayBecome(address);
	}

	#mayBecome(address: string): boolean {
		return !this.#locked && this.isPeer(address);
	}

	/** Whether an address belongs to the peer, whatever the port (for RTCP). */
	isPeer(address: string): boolean {
		return this.#allowed.includes(isIPv6(address) ? canonicalAddress(address) : address);
	}
}

/** One spelling for each address; IPv4 as it looks without its IPv6 mapping, the zone left out. */
export function canonicalAddress(address: string): string {
	const bare = address.split("%")[0]!;
	if (!isIPv6(bare)) return bare;
	const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(bare);
	return mapped?.[1] ?? new SocketAddress({ address: bare, family: "ipv6" }).address;
}

export const isUnspecified = (address: string): boolean => address === "0.0.0.0" || address === "::";

export const sameRemote = (a: Negotiated, b: Negotiated): boolean =>
	isUnspecified(b.remoteAddress) || (a.remoteAddress === b.remoteAddress && a.remotePort === b.remotePort);
