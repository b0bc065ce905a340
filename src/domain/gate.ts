import { Failure } from "./failures.ts";

/** Lets so many pieces of work run at once; the others wait in line, those that are in a hurry first. Pure. */
export interface Gate {
	/** @throws Failure `tooManyRequests` when the line is full. */
	run<T>(order: "first" | "last", work: () => Promise<T>): Promise<T>;
}

export interface GateBounds {
	readonly atOnce: number;
	readonly waitingMax: number;
	/** What there is too much of where the line is full, as a sentence. */
	readonly full: string;
}

export function createGate({ atOnce, waitingMax, full }: GateBounds): Gate {
	const waiting = { first: [] as (() => void)[], last: [] as (() => void)[] };
	let running = 0;

	const enter = (order: "first" | "last") =>
		new Promise<void>((resolve, reject) => {
			if (running < atOnce) {
				running++;
				resolve();
			} else if (waiting.first.length + waiting.last.length >= waitingMax) {
				reject(new Failure("tooManyRequests", full, "Try again in a few seconds."));
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
