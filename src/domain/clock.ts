/** Wall clock. Injected everywhere, so that tests move time instead of sleeping. */
export interface Clock {
	now(): Date;
}

export const systemClock: Clock = { now: () => new Date() };
