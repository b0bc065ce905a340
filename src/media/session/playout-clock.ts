/**
 * One timer for all senders of a worker: a wheel of slots of 1 ms. A timer of its own for each session would cost more
 * than the packets it sends.
 */

export interface ClockMember {
	readonly dueMs: number;
	/** Sends what is due and sets `dueMs` ahead. @returns false to leave the clock. */
	run(nowMs: number): boolean;
}

/** More than the longest packet time; a power of two. */
const SLOTS = 128;

export class PlayoutClock {
	readonly #now: () => number;
	readonly #slots: ClockMember[][] = Array.from({ length: SLOTS }, () => []);
	#members = 0;
	/** Slots up to this time are done. */
	#doneMs = 0;
	#timer: NodeJS.Timeout | undefined;
	#timerMs = 0;

	readonly #onError: (error: unknown) => void;

	/**
	 * @param now monotonic milliseconds, as all times here.
	 * @param onError a member threw: it leaves the clock, the others go on.
	 */
	constructor(now: () => number, onError: (error: unknown) => void) {
		this.#now = now;
		this.#onError = onError;
	}

	get members(): number {
		return this.#members;
	}

	/** When the clock wakes next; infinity while it holds nobody. */
	get dueMs(): number {
		return this.#timer === undefined ? Number.POSITIVE_INFINITY : this.#timerMs;
	}

	/** Runs the member at its `dueMs`, and again as long as it says so. */
	add(member: ClockMember): void {
		if (this.#members === 0) this.#doneMs = Math.floor(this.#now()) - 1;
		this.#members++;
		this.#arm(this.#insert(member));
	}

	close(): void {
		clearTimeout(this.#timer);
		this.#timer = undefined;
		for (const slot of this.#slots) slot.length = 0;
		this.#members = 0;
	}

	#insert(member: ClockMember): number {
		const slotMs = Math.min(Math.max(Math.ceil(member.dueMs), this.#doneMs + 1), this.#doneMs + SLOTS - 1);
		this.#slots[slotMs & (SLOTS - 1)]!.push(member);
		return slotMs;
	}

	#arm(slotMs: number): void {
		if (this.#timer !== undefined) {
			if (this.#timerMs <= slotMs) return;
			clearTimeout(this.#timer);
		}
		this.#timerMs = slotMs;
		this.#timer = setTimeout(this.#tick, Math.max(1, slotMs - Math.floor(this.#now())));
	}

	readonly #tick = (): void => {
		this.#timer = undefined;
		const nowMs = this.#now();
		const untilMs = Math.floor(nowMs);
		const firstMs = Math.max(this.#doneMs + 1, untilMs - SLOTS + 1);
		for (let ms = firstMs; ms <= untilMs; ms++) {
			this.#doneMs = ms;
			const index = ms & (SLOTS - 1);
			const slot = this.#slots[index]!;
			if (slot.length === 0) continue;
			this.#slots[index] = [];
			for (const member of slot) {
				if (member.dueMs > nowMs || this.#run(member, nowMs)) this.#insert(member);
				else this.#members--;
			}
		}
		for (let ms = untilMs + 1; this.#members > 0 && ms < untilMs + SLOTS; ms++) {
			if (this.#slots[ms & (SLOTS - 1)]!.length > 0) {
				this.#arm(ms);
				return;
			}
		}
	};

	#run(member: ClockMember, nowMs: number): boolean {
		try {
			return member.run(nowMs);
		} catch (error) {
			this.#onError(error);
			return false;
		}
	}
}
