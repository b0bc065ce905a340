import { createSocket } from "node:dgram";
import { isIPv6 } from "node:net";
import { SIP_LIMITS } from "../limits.ts";

/**
 * The address of ours on the route to a peer, for sockets bound to a wildcard: a UDP socket that is connected (nothing
 * is sent) tells it. Answers are remembered for a while, so that a call needs no look-up of its own.
 */
export class LocalAddresses {
	readonly #known = new Map<string, { readonly address: string; readonly untilMs: number }>();
	readonly #waiting = new Map<string, ((address: string | undefined) => void)[]>();
	#whenSettled: (() => void)[] = [];

	/** Calls back at once where the answer is known; with undefined where there is no route. */
	find(peer: string, then: (address: string | undefined) => void): void {
		const known = this.#known.get(peer);
		if (known !== undefined && known.untilMs > Date.now()) {
			then(known.address);
			return;
		}
		const waiting = this.#waiting.get(peer);
		if (waiting !== undefined) {
			// Above the bound the newest is dropped: the peer's retransmission comes when the answer is there.
			if (waiting.length < SIP_LIMITS.localAddressWaitingMax) waiting.push(then);
			return;
		}
		this.#waiting.set(peer, [then]);
		lookUp(peer, (address) => {
			if (address !== undefined) this.#remember(peer, address);
			const callbacks = this.#waiting.get(peer) ?? [];
			this.#waiting.delete(peer);
			for (const callback of callbacks) callback(address);
			if (this.#waiting.size > 0) return;
			for (const resolve of this.#whenSettled.splice(0)) resolve();
		});
	}

	/** Resolves when no look-up is under way. */
	settled(): Promise<void> {
		if (this.#waiting.size === 0) return Promise.resolve();
		return new Promise((resolve) => this.#whenSettled.push(resolve));
	}

	#remember(peer: string, address: string): void {
		this.#known.delete(peer);
		if (this.#known.size >= SIP_LIMITS.localAddressesMax) {
			for (const oldest of this.#known.keys()) {
				this.#known.delete(oldest);
				break;
			}
		}
		this.#known.set(peer, { address, untilMs: Date.now() + SIP_LIMITS.localAddressMs });
	}
}

function lookUp(peer: string, then: (address: string | undefined) => void): void {
	const socket = createSocket(isIPv6(peer) ? "udp6" : "udp4");
	let done = false;
	const finish = (address: string | undefined): void => {
		if (done) return;
		done = true;
		socket.close();
		then(address);
	};
	socket.once("error", () => finish(undefined));
	socket.once("connect", () => finish(socket.address().address));
	// The port plays no part in routing; 9 is discard.
	socket.connect(9, peer);
}
