/**
 * Whose RTP is taken: symmetric RTP (RFC 4961), kept to the peer's own addresses. Pure.
 *
 * The negotiated address and port are always right. Before anything came from there, and again when all was quiet for
 * a while, another port of the peer's media or signalling address may step in: a peer behind a NAT sends from a port
 * that its SDP cannot know. Any other source is foreign: a stranger must not be able to speak into a call or to draw
 * its audio to himself.
 */
import { isIPv6, SocketAddress } from "node:net";
import { MEDIA_LIMITS } from "../limits.ts";

export class SourceGate {
	/** Where packets are taken from and sent to. Port 0: nowhere yet. */
	address = "";
	port = 0;

	#negotiatedAddress = "";
	#negotiatedPort = 0;
	#allowed: readonly string[] = [];
	#heardAtMs = Number.NEGATIVE_INFINITY;

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
		this.#heardAtMs = Number.NEGATIVE_INFINITY;
	}

	/** A packet came from the present source. */
	heard(nowMs: number): void {
		this.#heardAtMs = nowMs;
	}

	/** Whether a valid packet from another source than the present one is taken; if so, that is the source now. */
	admit(address: string, port: number, nowMs: number): boolean {
		const canonical = isIPv6(address) ? canonicalAddress(address) : address;
		if (!this.#allowed.includes(canonical)) return false;
		const negotiated = canonical === this.#negotiatedAddress && port === this.#negotiatedPort;
		const quiet = nowMs - this.#heardAtMs >= MEDIA_LIMITS.relatchMs;
		if (!negotiated && !quiet) return false;
		this.address = address;
		this.port = port;
		return true;
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
