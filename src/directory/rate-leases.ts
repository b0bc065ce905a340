/**
 * Token buckets that all processes on one database share. A process takes a small block of requests at a time and gives
 * them out from its memory, so that a request costs no statement.
 */
import { sql } from "kysely";
import type { Clock } from "../domain/index.ts";
import { type Db, gathered } from "../store/index.ts";
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

interface Wanted {
	readonly bucket: string;
	readonly rule: RateRule;
	readonly want: number;
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

	/** All in one statement, in the order of their names, so that two processes never wait for each other. */
	async function leaseOnce(wanted: readonly Wanted[]): Promise<ReadonlyMap<Wanted, Lease>> {
		const nowMs = clock.now().getTime();
		// What a new bucket gives; of its row both the rate and what is wanted can be told.
		const first = ({ rule, want }: Wanted) => Math.min(rule.perMinute, want);
		const rate = sql`(excluded.tokens + excluded.granted)`;
		const before = sql`least(${rate}, held.tokens + greatest(0, excluded.at_ms - held.at_ms) * ${rate} / 60000)`;
		// Fractions add up inexactly; who waited as told must not be short of a billionth.
		const taken = sql`floor(greatest(0, least(${before}, excluded.granted)) + 1e-9)`;
		const { rows } = await sql<{ bucket: string; tokens: number; granted: number }>`
			insert into rate_buckets as held (bucket, tokens, granted, at_ms)
			select bucket, rate - first, first, ${nowMs}::float8
			from unnest(${wanted.map(({ bucket }) => bucket)}::text[],
				${wanted.map(({ rule }) => rule.perMinute)}::float8[],
				${wanted.map(first)}::float8[]) as wanted (bucket, rate, first)
			order by bucket collate "C"
			on conflict (bucket) do update set
				tokens = ${before} - ${taken}, granted = ${taken}, at_ms = greatest(held.at_ms, excluded.at_ms)
			returning bucket, tokens, granted`.execute(db);
		sweep(nowMs);
		const found = new Map(rows.map((row) => [row.bucket, row]));
		return new Map(
			wanted.map((each) => {
				const { tokens, granted } = found.get(each.bucket)!;
				const waitMs = Math.ceil(((1 - tokens) / each.rule.perMinute) * 60_000);
				return [each, { granted, retryAfterMs: granted > 0 ? 0 : waitMs }];
			}),
		);
	}

	/** A flood comes under a new name each time: what is wanted at once goes together. One bucket once in a statement. */
	const leaseTogether = gathered(async (wanted: readonly Wanted[]) => {
		const leased = new Map<Wanted, Lease>();
		for (let left = wanted; left.length > 0; left = left.filter((each) => !leased.has(each))) {
			const once = new Map(left.map((each) => [each.bucket, each]));
			for (const [each, lease] of await leaseOnce([...once.values()])) leased.set(each, lease);
		}
		return leased;
	}, DIRECTORY_LIMITS.rateLeasings);

	return {
		lease: async (bucket, rule, want) => (await leaseTogether({ bucket, rule, want }))!,

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
