/** Requests that cross: offers both ways (RFC 3261 §14, RFC 3311 §5, RFC 6337 §2.3). Pure. */

/** Where the offers of a dialog stand. */
export interface OpenOffers {
	/** We offered, in a 2xx, a reliable 1xx, a re-INVITE or an UPDATE, and the answer has not come. */
	readonly ours: boolean;
	/** The peer's INVITE made an offer that has no reliable answer yet. */
	readonly theirs: boolean;
}

/** What an offer of the peer that comes now is refused with: 491 where it crosses ours, 500 where it overtakes its own. */
export function refusalOfOffer({ ours, theirs }: OpenOffers): 491 | 500 | undefined {
	if (ours) return 491;
	return theirs ? 500 : undefined;
}

/**
 * How long to wait after a 491 before the request is tried again (§14.1): who made the Call-ID waits 2.1 to 4 s, the
 * other up to 2 s, in steps of 10 ms, so that they do not meet again.
 *
 * @param random from 0 to below 1.
 */
export function glareWaitMs(ownsCallId: boolean, random: number): number {
	return ownsCallId ? 2_100 + 10 * Math.floor(random * 191) : 10 * Math.floor(random * 201);
}

/** Seconds for Retry-After of a 500: 0 to 10 (RFC 3261 §14.2, RFC 3311 §5.2). */
export function retryAfterSeconds(random: number): number {
	return Math.floor(random * 11);
}
