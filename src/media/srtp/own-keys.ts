/** The keys that we send under, for one call. */
import { randomBytes } from "node:crypto";
import { masterBytes, type SrtpSuite } from "./suites.ts";

/** Gives the same key for a suite again and again, until the peer comes with another key of its own. */
export class OwnSrtpKeys {
	readonly #keys = new Map<SrtpSuite, Uint8Array>();
	#peerKey: Uint8Array | undefined;

	/**
	 * Master key and salt. Whoever brings a new key has begun anew, and perhaps is another device: it must get no stream in
	 * the middle, whose roll-over counter it cannot know, and the device before must not be able to read on.
	 *
	 * @param peerKey what the peer sends under, where it is known yet.
	 */
	keyFor(suite: SrtpSuite, peerKey?: Uint8Array): Uint8Array {
		if (peerKey !== undefined) {
			if (this.#peerKey !== undefined && Buffer.compare(this.#peerKey, peerKey) !== 0) this.#keys.clear();
			this.#peerKey = peerKey;
		}
		const known = this.#keys.get(suite);
		if (known !== undefined) return known;
		const key = new Uint8Array(randomBytes(masterBytes(suite)));
		this.#keys.set(suite, key);
		return key;
	}
}
