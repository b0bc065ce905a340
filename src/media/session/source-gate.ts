/**
 * Whose RTP is taken: symmetric RTP (RFC 4961), kept to the peer's own addresses. Pure.
 *
 * The first source that is heard is the peer's, and stays it: the address and port of its SDP, or another port of its
 * media or signalling address, since behind a NAT its SDP cannot know the port. Only a re-INVITE opens the choice anew. Any
 * other source is foreign: a stranger must not be able to speak into a call or to draw its audio to himself.
 *
 * Whoever was heard until a re-INVITE named another place may go on for a moment, and must not be taken for who comes next:
 * the phone that moves still has packets on their way, the one whose call was taken over has yet to read its BYE.
 */
import { isIPv6, SocketAddress } from "node:net";
import { MEDIA_LIMITS } from "../limits.ts";
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
	/** Who was heard before the peer named another place. */
	#left: { readonly address: string; readonly port: number } | undefined;
	#leftHeard = 0;

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
		this.#left = this.#locked ? { address: this.address, port: this.port } : undefined;
		this.#leftHeard = 0;
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
		this.#leftHeard = 0;
	}

	/** Whether a valid packet from another source than the present one is taken; if so, that is the source now. */
	admit(address: string, port: number): boolean {
		if (!this.#mayBecome(address, port)) return false;
		this.address = address;
		this.port = port;
		return true;
	}

	/** Whether a packet of this source can be taken; nothing is settled by it. */
	hears(address: string, port: number): boolean {
		return (port === this.port && address === this.address) || this.#mayBecome(address, port);
	}

	/**
	 * Whether a packet that was not taken is of the place that the peer has left. Who goes on from there for long after all
	 * has changed nothing but its SDP, and is taken again.
	 */
	isLeft(address: string, port: number): boolean {
		const left = this.#left;
		if (left === undefined || left.port !== port || left.address !== address) return false;
		this.#leftHeard++;
		return true;
	}

	#mayBecome(address: string, port: number): boolean {
		if (this.#locked || !this.isPeer(address)) return false;
		const left = this.#left;
		if (left === undefined || left.port !== port || left.address !== address) return true;
		return this.#leftHeard >= MEDIA_LIMITS.leftSourcePackets;
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
