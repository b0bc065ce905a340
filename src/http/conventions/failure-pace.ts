/**
 * When the answer to a request without a token may go that failed. The first ones go at once; of a flood so many a second
 * go, the others are held: whoever tries secrets waits for his answers, and each of his connections with him. A request
 * that succeeds is never held. Pure: the generic cell rate algorithm, with a longest wait.
 */
export interface FailurePace {
	/** Milliseconds to hold the answer of a request that failed now. */
	holdMs(nowMs: number): number;
}

export interface FailurePaceRule {
	readonly perSecond: number;
	/** So many at once are not held. */
	readonly burst: number;
	readonly holdMsMax: number;
}

export function createFailurePace({ perSecond, burst, holdMsMax }: FailurePaceRule): FailurePace {
	const intervalMs = 1_000 / perSecond;
	const freeMs = burst * intervalMs;
	/** When all failures so far are paid off. */
	let paidAtMs = Number.NEGATIVE_INFINITY;
	return {
		holdMs(nowMs) {
			// A clock set back must not leave a debt that nobody made.
			const owedMs = Math.min(Math.max(0, paidAtMs - nowMs), freeMs + holdMsMax);
			paidAtMs = nowMs + Math.min(owedMs + intervalMs, freeMs + holdMsMax);
			return Math.max(0, paidAtMs - nowMs - freeMs);
		},
	};
}
