/** A token bucket: `burst` at once, refilled evenly (contract 1.6). Pure; a bucket never seen is full. */
export interface Bucket {
	readonly tokens: number;
	readonly atMs: number;
}

/** Fractions of tokens add up inexactly; who waited as told must not be short of a billionth. */
const ROUNDING = 1e-9;

export interface BucketRule {
	readonly perMinute: number;
	readonly burst: number;
}

export interface Taken {
	readonly bucket: Bucket;
	/** Whole seconds until enough is there again; 0 when it was taken. */
	readonly retryAfterSeconds: number;
}

export function take(bucket: Bucket | undefined, rule: BucketRule, nowMs: number, cost = 1): Taken {
	// A clock set back gives nothing and takes nothing.
	const elapsedMs = bucket === undefined ? 0 : Math.max(0, nowMs - bucket.atMs);
	const before = bucket?.tokens ?? rule.burst;
	const tokens = Math.min(rule.burst, before + (elapsedMs / 60_000) * rule.perMinute);
	if (tokens >= cost - ROUNDING) return { bucket: { tokens: tokens - cost, atMs: nowMs }, retryAfterSeconds: 0 };
	const missing = cost - tokens;
	return {
		bucket: { tokens, atMs: nowMs },
		retryAfterSeconds: Math.max(1, Math.ceil((missing / rule.perMinute) * 60)),
	};
}

/** Takes even what is not there: the price of a wrong secret is due after the try, down to a debt of one burst. */
export function charge(bucket: Bucket | undefined, rule: BucketRule, nowMs: number, cost: number): Bucket {
	const { bucket: refilled } = take(bucket, rule, nowMs, 0);
	return { tokens: Math.max(-rule.burst, refilled.tokens - cost), atMs: nowMs };
}
