/** Each count of a nonce is good once (RFC 7616 §3.4, nc). Pure: time comes in as an argument. */
import { SIP_LIMITS } from "../limits.ts";

interface Window {
	highest: number;
	/** Bit n: `highest - n` was used. */
	used: bigint;
}

/** Requests overtake each other on UDP: so far behind the highest count a new one is still taken. */
const WINDOW = 64n;

export class NonceCounts {
	readonly #lifeMs: number;
	readonly #max: number;
	/** By nonce, in the order in which they were first used. */
	readonly #windows = new Map<string, Window & { readonly issuedMs: number }>();
	/** Nonces issued until then have been forgotten, so none of their counts is good any more. */
	#forgottenMs: number;

	/**
	 * @param max nonces remembered; beyond it the oldest go, and their clients are asked anew.
	 * @param sinceMs nothing is known of counts used before.
	 */
	constructor(lifeMs: number, max: number, sinceMs = Number.NEGATIVE_INFINITY) {
		this.#lifeMs = lifeMs;
		this.#max = max;
		this.#forgottenMs = sinceMs;
	}

	get size(): number {
		return this.#windows.size;
	}

	/** Uses a count up. @returns false where it was used before, or nobody can tell any more. */
	use(nonce: string, issuedMs: number, count: number, nowMs: number): boolean {
		if (nowMs - issuedMs > this.#lifeMs || issuedMs > nowMs + SIP_LIMITS.nonceAheadMs) return false;
		const known = this.#windows.get(nonce);
		if (known !== undefined) return useIn(known, count);
		if (issuedMs <= this.#forgottenMs) return false;
		this.#makeRoom(nowMs);
		this.#windows.set(nonce, { issuedMs, highest: count, used: 1n });
		return true;
	}

	#makeRoom(nowMs: number): void {
		for (const [nonce, { issuedMs }] of this.#windows) {
			const expired = nowMs - issuedMs > this.#lifeMs;
			if (!expired && this.#windows.size < this.#max) return;
			this.#windows.delete(nonce);
			// An expired one needs no remembering: its time alone refuses it.
			if (!expired) this.#forgottenMs = Math.max(this.#forgottenMs, issuedMs);
		}
	}
}

function useIn(window: Window, count: number): boolean {
	if (count > window.highest) {
		const ahead = BigInt(count - window.highest);
		window.used = ahead >= WINDOW ? 1n : BigInt.asUintN(Number(WINDOW), window.used << ahead) | 1n;
		window.highest = count;
		return true;
	}
	const behind = BigInt(window.highest - count);
	if (behind >= WINDOW || (window.used >> behind) % 2n === 1n) return false;
	window.used |= 1n << behind;
	return true;
}
