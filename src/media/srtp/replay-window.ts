/** Which packets of a stream came before: RFC 3711 §3.3.2. Pure. */

/** In packets; 64 is the least that is allowed. */
export const REPLAY_WINDOW = 128;
const WORD_BITS = 32;
/** Sequence numbers of one roll-over counter. */
const SEQUENCES = 0x1_0000;

export class ReplayWindow {
	/** The highest index that was taken: roll-over counter and sequence number, or index of SRTCP. */
	highest: number;
	/** One bit for each index, by its remainder. */
	readonly #seen = new Uint32Array(REPLAY_WINDOW / WORD_BITS);

	/** @param first index of the first packet that was authenticated. */
	constructor(first: number) {
		this.highest = first;
		this.#mark(first);
	}

	/** Whether a packet of this index may be taken: it is new, and not older than the window. */
	admits(index: number): boolean {
		if (index > this.highest) return true;
		if (index < 0 || this.highest - index >= REPLAY_WINDOW) return false;
		const bit = index % REPLAY_WINDOW;
		return (this.#seen[bit >>> 5]! & (1 << (bit & 31))) === 0;
	}

	/** To be called for packets that were authenticated, and for no other (§3.3). */
	take(index: number): void {
		if (index - this.highest >= REPLAY_WINDOW) this.#seen.fill(0);
		else for (let passed = this.highest + 1; passed < index; passed++) this.#clear(passed);
		this.highest = Math.max(this.highest, index);
		this.#mark(index);
	}

	#mark(index: number): void {
		const bit = index % REPLAY_WINDOW;
		this.#seen[bit >>> 5] = this.#seen[bit >>> 5]! | (1 << (bit & 31));
	}

	#clear(index: number): void {
		const bit = index % REPLAY_WINDOW;
		this.#seen[bit >>> 5] = this.#seen[bit >>> 5]! & ~(1 << (bit & 31));
	}
}

/**
 * The index that a sequence number most likely stands for: the nearest one to the highest so far, whether or not packets
 * around the wrap were lost (RFC 3711 §3.3.1, appendix A). Negative for what was sent before the stream began.
 */
export function likelyIndex(highest: number, sequence: number): number {
	const before = highest % SEQUENCES;
	const index = highest - before + sequence;
	if (sequence - before > SEQUENCES / 2) return index - SEQUENCES;
	return before - sequence > SEQUENCES / 2 ? index + SEQUENCES : index;
}
