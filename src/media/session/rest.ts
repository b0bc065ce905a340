/**
 * The rests of a media worker. Waking up costs a thread more than the packet that wakes it, so it does not wake for each:
 * after a turn of the event loop that brought packets it sleeps until a set time after the turn before, and the next one
 * reads all sockets that have something. With a call or two there is a packet every 10 ms or more, and no rest at all.
 */

export interface RestOptions {
	/** From turn to turn, milliseconds. A turn that takes longer is followed by the next one at once. */
	readonly everyMs: number;
	/** Rung by the other thread, index 0: no rest, there is something to do. */
	readonly bell: Int32Array<SharedArrayBuffer>;
	/** Monotonic milliseconds. */
	now(): number;
	/** When the next packet is to be sent; infinity where none is. */
	dueMs(): number;
	/** The end of a turn: whatever waits for it must go before the rest. */
	beforeRest(): void;
}

export class Rest {
	readonly #options: RestOptions;
	#turnMs = Number.NEGATIVE_INFINITY;
	#restedMs = Number.NEGATIVE_INFINITY;
	#inTurn = false;

	constructor(options: RestOptions) {
		this.#options = options;
	}

	/** A packet came. @returns the time of its turn: those that are read together have one time. */
	heard(): number {
		if (!this.#inTurn) {
			this.#inTurn = true;
			this.#turnMs = this.#options.now();
			setImmediate(this.#rest);
		}
		return this.#turnMs;
	}

	readonly #rest = (): void => {
		this.#inTurn = false;
		const { bell, everyMs, now, dueMs, beforeRest } = this.#options;
		beforeRest();
		const restMs = Math.min(this.#restedMs + everyMs, dueMs()) - now();
		if (restMs > 0) Atomics.wait(bell, 0, 0, restMs);
		Atomics.store(bell, 0, 0);
		this.#restedMs = now();
	};
}

/** Ends the rest that is, or spares the next one. */
export function ring(bell: Int32Array<SharedArrayBuffer>): void {
	Atomics.store(bell, 0, 1);
	Atomics.notify(bell, 0);
}
