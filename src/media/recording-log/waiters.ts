/** Who waits for the log: for a write, or for an end to be durable. */
import type { LogRecording } from "./recording.ts";

interface Waiter {
	readonly deadlineMs: number;
	readonly error: Error;
	resolve(): void;
	reject(error: Error): void;
}

export class Waiters {
	/** For the next cycle, and for the one under way. */
	#next: Waiter[] = [];
	#current: Waiter[] = [];
	/** For an end to be written, and then for the next fdatasync. */
	readonly #ends = new Map<LogRecording, Waiter[]>();
	#unsynced: Waiter[] = [];
	readonly #unsyncedEnds = new Set<LogRecording>();
	readonly #durable = new WeakSet<LogRecording>();
	#cycle = Promise.withResolvers<void>();

	/** Resolves when everything that waits now is written. */
	written(deadlineMs: number, error: Error): Promise<void> {
		return this.#add(this.#next, deadlineMs, error);
	}

	/** Resolves when the recording's end is written and synced. */
	durable(recording: LogRecording, deadlineMs: number, error: Error): Promise<void> {
		if (this.#durable.has(recording)) return Promise.resolve();
		if (this.#unsyncedEnds.has(recording)) return this.#add(this.#unsynced, deadlineMs, error);
		const list = this.#ends.get(recording) ?? [];
		this.#ends.set(recording, list);
		return this.#add(list, deadlineMs, error);
	}

	get durableWanted(): boolean {
		return this.#unsynced.length > 0;
	}

	beginCycle(): void {
		this.#current.push(...this.#next);
		this.#next = [];
	}

	wroteAll(): void {
		for (const waiter of this.#current) waiter.resolve();
		this.#current = [];
	}

	endWritten(recording: LogRecording): void {
		this.#unsyncedEnds.add(recording);
		this.#unsynced.push(...(this.#ends.get(recording) ?? []));
		this.#ends.delete(recording);
	}

	synced(): void {
		for (const recording of this.#unsyncedEnds) this.#durable.add(recording);
		this.#unsyncedEnds.clear();
		for (const waiter of this.#unsynced) waiter.resolve();
		this.#unsynced = [];
	}

	/** The sync failed: what was written since the last one is not safe, and will not become so. */
	rejectWritten(error: Error): void {
		this.#unsyncedEnds.clear();
		for (const waiter of this.#unsynced) waiter.reject(error);
		this.#unsynced = [];
	}

	expire(nowMs: number): void {
		const keep = (list: Waiter[]): Waiter[] =>
			list.filter((waiter) => {
				if (nowMs < waiter.deadlineMs) return true;
				waiter.reject(waiter.error);
				return false;
			});
		if (this.#next.length > 0) this.#next = keep(this.#next);
		if (this.#current.length > 0) this.#current = keep(this.#current);
		if (this.#unsynced.length > 0) this.#unsynced = keep(this.#unsynced);
		for (const [recording, list] of this.#ends) {
			const left = keep(list);
			if (left.length === 0) this.#ends.delete(recording);
			else this.#ends.set(recording, left);
		}
	}

	rejectAll(error: Error): void {
		const all = [...this.#next, ...this.#current, ...this.#unsynced, ...[...this.#ends.values()].flat()];
		for (const waiter of all) waiter.reject(error);
		this.#next = [];
		this.#current = [];
		this.#unsynced = [];
		this.#ends.clear();
	}

	/** Resolves at the end of the cycle under way. */
	cycleOver(): Promise<void> {
		return this.#cycle.promise;
	}

	endCycle(): void {
		this.#cycle.resolve();
		this.#cycle = Promise.withResolvers<void>();
	}

	#add(list: Waiter[], deadlineMs: number, error: Error): Promise<void> {
		return new Promise((resolve, reject) => {
			list.push({ deadlineMs, error, resolve, reject });
		});
	}
}
