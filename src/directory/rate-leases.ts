/**
 * Token buckets that all processes on one database share. A process takes a small block of requests at a time and gives
 * them out from its memory, so that a request costs no statement.
 */
import { sql } from "kysely";
import type { Clock } from "../domain/index.ts";
import type { Db } from "../store/index.ts";
import { DIRECTORY_LIMITS } from "./limits.ts";

export interface RateRule {
	/** Requests that come back in a minute, also the most that may be there at once. */
	readonly perMinute: number;
}

export interface Lease {
	/** Whole requests, 0 to as many as were wanted. */
	readonly granted: number;
	/** Until the next one is there; 0 when some were granted. */
	readonly retryAfterMs: number;
}

export interface RateLeases {
	/** Takes up to `want` requests out of a bucket. One that nobody used for long is full. */
	lease(bucket: string, rule: RateRule, want: number): Promise<Lease>;
	/** Takes even what is not there, down to a debt of one full bucket. */
	charge(bucket: string, rule: RateRule, cost: number): Promise<void>;
}

/**
 * The clock is that of this process: one that runs ahead fills a bucket early by as much as it is ahead, once, since a
 * bucket's own time never goes back.
 */
export function createRateLeases({ db, clock }: { readonly db: Db; readonly clock: Clock }): RateLeases {
	let sweptAtMs = clock.now().getTime();

	/** What a bucket holds now, before anything is taken. */
	const filled = (rule: RateRule, nowMs: number) =>
		sql<number>`least(${rule.perMinute}::float8, held.tokens + greatest(0, ${nowMs}::float8 - held.at_ms) * ${rule.perMinute / 60_000}::float8)`;

	/** A bucket that would be full again is the same as none. */
	function sweep(nowMs: number): void {
		if (nowMs - sweptAtMs < DIRECTORY_LIMITS.rateBucketSweepMs) return;
		sweptAtMs = nowMs;
		// Not waited for, and not missed: the next sweep takes what this one could not.
		sql`delete from rate_buckets where bucket in (
			select bucket from rate_buckets where at_ms < ${nowMs - DIRECTORY_LIMITS.rateBucketFullMs} for update skip locked)`
			.execute(db)
			.catch(() => {});
	}

	return {
		async lease(bucket, rule, want) {
			const nowMs = clock.now().getTime();
			const before = filled(rule, nowMs);
			// Fractions add up inexactly; who waited as told must not be short of a billionth.
			const taken = sql`floor(greatest(0, least(${before}, ${want}::float8)) + 1e-9)`;
			const first = Math.min(rule.perMinute, want);
			const { rows } = await sql<{ tokens: number; granted: number }>`
				insert into rate_buckets as held (bucket, tokens, granted, at_ms)
				values (${bucket}, ${rule.perMinute - first}, ${first}, ${nowMs})
				on conflict (bucket) do update set
					tokens = ${before} - ${taken}, granted = ${taken}, at_ms = greatest(held.at_ms, ${nowMs}::float8)
				returning tokens, granted`.execute(db);
			sweep(nowMs);
			const { tokens, granted } = rows[0]!;
			return { granted, retryAfterMs: granted > 0 ? 0 : Math.ceil(((1 - tokens) / rule.perMinute) * 60_000) };
		},

		async charge(bucket, rule, cost) {
			const nowMs = clock.now().getTime();
			await sql`
				insert into rate_buckets as held (bucket, tokens, granted, at_ms)
				values (${bucket}, ${Math.max(-rule.perMinute, rule.perMinute - cost)}, 0, ${nowMs})
				on conflict (bucket) do update set
					tokens = greatest(${-rule.perMinute}::float8, ${filled(rule, nowMs)} - ${cost}::float8),
					granted = 0, at_ms = greatest(held.at_ms, ${nowMs}::float8)`.execute(db);
		},
	};
}
