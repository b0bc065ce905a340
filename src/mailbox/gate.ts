import { Failure } from "../domain/index.ts";

/** Lets so many pieces of work run at once; the others wait in line, those that a caller waits for on the phone first. */
export interface Gate {
	/** @throws Failure `tooManyRequests` when the line is full. */
	run<T>(order: "first" | "last", work: () => Promise<T>): Promise<T>;
}

export function createGate(atOnce: number, waitingMax: number): Gate {
	const waiting = { first: [] as (() => void)[], last: [] as (() => void)[] };
	let running = 0;

	const enter = (order: "first" | "last") =>
		new Promise<void>((resolve, reject) => {
			if (running < atOnce) {
				running++;
				resolve();
			} else if (waiting.first.length + waiting.last.length >= waitingMax) {
				reject(
					new Failure("tooManyRequests", "Too many PINs are being checked just now", "Try again in a few seconds."),
				);
			} else waiting[order].push(resolve);
		});
	const leave = () => {
		const next = waiting.first.shift() ?? waiting.last.shift();
		// The place passes to the next in line without being free in between.
		if (next) next();
		else running--;
	};

	return {
		run: async (order, work) => {
			await enter(order);
			try {
				return await work();
			} finally {
				leave();
			}
		},
	};
}
