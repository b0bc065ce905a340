import type { Clock } from "../../domain/index.ts";
import { HTTP_LIMITS } from "../limits.ts";
import { HttpError } from "./errors.ts";
import { type Bucket, type BucketRule, charge, take } from "./token-bucket.ts";

/** A rate limit with a bucket per key, in the memory of this process. */
export interface Budget {
	/**
	 * Throws HttpError 429 with Retry-After when the key's bucket is empty.
	 *
	 * @param perMinute of this key, where it has a limit of its own.
	 */
	spend(key: string, perMinute?: number): void;
	/** Makes the next calls of a key dearer. */
	penalise(key: string, cost: number): void;
	readonly size: number;
}

/** @param perMinute undefined: no limit. */
export function createBudget(clock: Clock, perMinute: number | undefined): Budget {
	if (perMinute === undefined) return { spend: () => {}, penalise: () => {}, size: 0 };
	const ruleOf = (rate = perMinute): BucketRule => ({ perMinute: rate, burst: rate });
	const buckets = createBoundedMap<Bucket>();

	return {
		spend(rawKey, rate) {
			const key = foldKey(rawKey);
			const rule = ruleOf(rate);
			const { bucket, retryAfterSeconds } = take(buckets.get(key), rule, clock.now().getTime());
			buckets.set(key, bucket);
			if (retryAfterSeconds > 0) throw tooManyRequests(rule.perMinute, retryAfterSeconds);
		},
		penalise(rawKey, cost) {
			const key = foldKey(rawKey);
			buckets.set(key, charge(buckets.get(key), ruleOf(), clock.now().getTime(), cost));
		},
		get size() {
			return buckets.size;
		},
	};
}

export function tooManyRequests(perMinute: number, retryAfterSeconds: number): HttpError {
	return new HttpError(
		429,
		`rate limit exceeded, ${perMinute} requests a minute are allowed. Retry after ${retryAfterSeconds} s.`,
		{ "retry-after": String(retryAfterSeconds) },
	);
}

/** Keys come from outside: bounded, and the same in any case (contract 1.7). */
export const foldKey = (key: string) => key.slice(0, HTTP_LIMITS.budgetKeyCharsMax).toLowerCase();

export interface BoundedMap<T> {
	get(key: string): T | undefined;
	set(key: string, value: T): void;
	readonly size: number;
}

/** Forgets the key unused for longest. A Map keeps the order of insertion: put back at each use, the first is the oldest. */
export function createBoundedMap<T>(): BoundedMap<T> {
	const entries = new Map<string, T>();
	return {
		get: (key) => entries.get(key),
		set: (key, value) => {
			entries.delete(key);
			entries.set(key, value);
			if (entries.size > HTTP_LIMITS.budgetKeysMax) entries.delete(entries.keys().next().value!);
		},
		get size() {
			return entries.size;
		},
	};
}
