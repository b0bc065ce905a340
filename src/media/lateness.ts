/**
 * Whether a media worker gets the CPU that its calls need: its housekeeping comes on time. Told to the main thread in
 * shared memory, since a worker that is late answers late.
 */
import { MEDIA_LIMITS } from "./limits.ts";

/** One number: by how many milliseconds the last two turns both came late. */
export type SharedLateness = Int32Array<SharedArrayBuffer>;

export const newLateness = (): SharedLateness => new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));

/** One late turn alone does not count: a machine that stood still for a moment is not overloaded. */
export const isOverloaded = (lateness: SharedLateness): boolean =>
	Atomics.load(lateness, 0) > MEDIA_LIMITS.workerLateMsMax;

export class LatenessMeter {
	readonly #shared: SharedLateness;
	#expectedMs: number;
	#lateMs = 0;
	#maxMs = 0;

	constructor(shared: SharedLateness, nowMs: number) {
		this.#shared = shared;
		this.#expectedMs = nowMs + MEDIA_LIMITS.housekeepingMs;
	}

	/** A turn of the housekeeping begins. */
	turn(nowMs: number): void {
		const beforeMs = this.#lateMs;
		this.#lateMs = Math.max(0, Math.round(nowMs - this.#expectedMs));
		this.#maxMs = Math.max(this.#maxMs, this.#lateMs);
		this.#expectedMs = nowMs + MEDIA_LIMITS.housekeepingMs;
		Atomics.store(this.#shared, 0, Math.min(beforeMs, this.#lateMs));
	}

	/** The most since the last reading. */
	takeMaxMs(): number {
		const maxMs = this.#maxMs;
		this.#maxMs = 0;
		return maxMs;
	}
}
