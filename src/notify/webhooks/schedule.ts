/** When a delivery that failed is tried again (contract 6.7). Pure. */

const [SECOND, MINUTE, HOUR] = [1_000, 60_000, 3_600_000];

/** After the first failure, the second, and so on; after the last of them it is given up. */
export const RETRY_WAITS_MS: readonly number[] = [
	5 * SECOND,
	30 * SECOND,
	2 * MINUTE,
	10 * MINUTE,
	30 * MINUTE,
	HOUR,
	3 * HOUR,
	6 * HOUR,
	12 * HOUR,
	24 * HOUR,
];

/** Deliveries that failed together must not come back together. */
const JITTER = 0.2;

/**
 * @param failures in a row, 1 or more.
 * @param random from 0 to 1.
 * @returns undefined: given up.
 */
export function retryAfterMs(failures: number, random: number): number | undefined {
	const wait = RETRY_WAITS_MS[failures - 1];
	return wait === undefined ? undefined : Math.round(wait * (1 + JITTER * random));
}
