/** The failure history of one mailbox and channel (contract 6.6). Pure. */
import { lockSeconds } from "../domain/index.ts";

export interface PinHistory {
	/** Wrong PINs in a row. */
	readonly failedAttempts: number;
	readonly lockedUntil: Date | null;
}

export const CLEAN: PinHistory = { failedAttempts: 0, lockedUntil: null };

/** When the lock in force ends, undefined for none. */
export function lockAt(history: PinHistory, now: Date): Date | undefined {
	return history.lockedUntil !== null && history.lockedUntil > now ? history.lockedUntil : undefined;
}

/**
 * The history after a PIN was compared. Tries made at the same time are judged one after the other: once one of them
 * has locked the mailbox, the next does not open it even with the right PIN, else a burst of guesses would beat the
 * lock. Each wrong one counts.
 */
export function afterTry(history: PinHistory, right: boolean, now: Date): PinHistory {
	if (right) return lockAt(history, now) ? history : CLEAN;
	const failedAttempts = history.failedAttempts + 1;
	const seconds = lockSeconds(failedAttempts);
	return { failedAttempts, lockedUntil: seconds === 0 ? null : new Date(now.getTime() + seconds * 1000) };
}
