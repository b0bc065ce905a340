/** So many in a second, bursts of as many included: a token bucket. Pure. */
export interface Bucket {
	readonly tokens: number;
	/** When it was filled up to `tokens`; negative infinity for a full one that nobody has touched. */
	readonly atMs: number;
}

/** @param perSecond its size too. */
export function full(perSecond: number): Bucket {
	return { tokens: perSecond, atMs: Number.NEGATIVE_INFINITY };
}

/** The bucket at a later moment; a clock that went back fills nothing. */
export function refilled(bucket: Bucket, perSecond: number, nowMs: number): Bucket {
	if (bucket.atMs === Number.NEGATIVE_INFINITY) return { tokens: perSecond, atMs: nowMs };
	const passedMs = Math.max(0, nowMs - bucket.atMs);
	return { tokens: Math.min(perSecond, bucket.tokens + (passedMs * perSecond) / 1000), atMs: nowMs };
}
