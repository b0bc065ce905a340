import type { Clock } from "../../domain/index.ts";
import { HTTP_LIMITS } from "../limits.ts";
import { HttpError } from "./errors.ts";
import { type Bucket, type BucketRule, charge, take } from "./token-bucket.ts";

/** A rate limit with a bucket per key, in the memory of this process. */
export interface Budget {
	/** Throws HttpError 429 with Retry-After when the key's bucket is empty. */
	spend(key: string): void;
	/** Makes the next calls of a key dearer. */
	penalise(key: string, cost: number): void;
	readonly size: number;
}

/** @param perMinute undefined: no limit. */
export function createBudget(clock: Clock, perMinute: number | undefined): Budget {
	if (perMinute === undefined) return { spend: () => {}, penalise: () => {}, size: 0 };
	const rule: BucketRule = { perMinute, burst: perMinute };
	const buckets = new Map<string, Bucket>();

	// A Map keeps the order of insertion: put back at each use, its first entry is the one unused for longest.
	const keep = (key: string, bucket: Bucket) => {
		buckets.delete(key);
		buckets.set(key, bucket);
		if (buckets.size > HTTP_LIMITS.budgetKeysMax) buckets.delete(buckets.keys().next().value!);
	};
	const folded = (key: string) => key.slice(0, HTTP_LIMITS.budgetKeyCharsMax).toLowerCase();

	return {
		spend(rawKey) {
			const key = folded(rawKey);
			const { bucket, retryAfterSeconds } = take(buckets.get(key), rule, clock.now().getTime());
			keep(key, bucket);
			if (retryAfterSeconds === 0) return;
			throw new HttpError(
				429,
				`rate limit exceeded, ${perMinute} requests a minute are allowed. Retry after ${retryAfterSeconds} s.`,
				{ "retry-after": String(retryAfterSeconds) },
			);
		},
		penalise(rawKey, cost) {
			const key = folded(rawKey);
			keep(key, charge(buckets.get(key), rule, clock.now().getTime(), cost));
		},
		get size() {
			return buckets.size;
		},
	};
}
