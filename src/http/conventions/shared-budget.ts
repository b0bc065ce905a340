/**
 * A rate limit that holds over all processes of one database: each leases a small block of requests and gives it out
 * from its memory, so the limit is exact within one block a process. While the database is away each process keeps the
 * whole limit by itself.
 */
import type { RateLeases } from "../../directory/index.ts";
import type { Clock, Log } from "../../domain/index.ts";
import { HTTP_LIMITS } from "../limits.ts";
import { createBoundedMap, createBudget, foldKey, tooManyRequests } from "./budget.ts";

export interface SharedBudget {
	/**
	 * Throws HttpError 429 with Retry-After when nothing is left for the key.
	 *
	 * @param perMinute of this key, where it has a limit of its own.
	 */
	spend(key: string, perMinute?: number): Promise<void>;
	/** Makes the next calls of a key dearer. */
	penalise(key: string, cost: number): Promise<void>;
}

export interface SharedBudgetNeeds {
	readonly leases: RateLeases;
	readonly clock: Clock;
	readonly log: Log;
}

/** What this process holds of one key's requests. */
interface Share {
	permits: number;
	/** The database said that nothing is there before this time: nobody asks it until then. */
	emptyUntilMs: number;
	/** Requests that come while a block is being leased wait for that one. */
	leasing: Promise<void> | undefined;
}

/** Requests that a process takes at a time under a limit. */
function blockOf(perMinute: number): number {
	const { rateBlockShare, rateBlockMax } = HTTP_LIMITS;
	return Math.max(1, Math.min(rateBlockMax, Math.floor(perMinute / rateBlockShare)));
}

/**
 * @param name what is limited: buckets of different budgets never mix.
 * @param perMinute undefined: no limit, and no statement.
 */
export function createSharedBudget(
	name: string,
	perMinute: number | undefined,
	needs: SharedBudgetNeeds,
): SharedBudget {
	if (perMinute === undefined) return { spend: async () => {}, penalise: async () => {} };
	const { leases, clock, log } = needs;
	const shares = createBoundedMap<Share>();
	const insurance = createBudget(clock, perMinute);
	let awayUntilMs = 0;
	const nowMs = () => clock.now().getTime();

	/** @returns undefined when the database could not say. */
	async function ask<T>(work: Promise<T>): Promise<T | undefined> {
		const late = Promise.withResolvers<never>();
		const timer = setTimeout(() => late.reject(new Error("late")), HTTP_LIMITS.rateLeaseTimeoutMs);
		try {
			return await Promise.race([work, late.promise]);
		} catch {
			if (nowMs() >= awayUntilMs) log.warn({ budget: name }, "rate limits are kept by this process alone for now");
			awayUntilMs = nowMs() + HTTP_LIMITS.rateLeaseRetryMs;
			return undefined;
		} finally {
			clearTimeout(timer);
		}
	}

	async function leaseBlock(key: string, share: Share, rate: number): Promise<void> {
		const lease = await ask(leases.lease(`${name} ${key}`, { perMinute: rate }, blockOf(rate)));
		if (lease === undefined) return;
		share.permits += lease.granted;
		share.emptyUntilMs = lease.granted > 0 ? 0 : nowMs() + lease.retryAfterMs;
	}

	function shareOf(key: string): Share {
		const share = shares.get(key) ?? { permits: 0, emptyUntilMs: 0, leasing: undefined };
		shares.set(key, share);
		return share;
	}

	return {
		async spend(rawKey, rate = perMinute) {
			const key = foldKey(rawKey);
			const share = shareOf(key);
			// What is held may be of a limit that was greater.
			share.permits = Math.min(share.permits, blockOf(rate));
			for (;;) {
				if (share.permits >= 1) {
					share.permits--;
					return;
				}
				const waitMs = share.emptyUntilMs - nowMs();
				if (waitMs > 0) throw tooManyRequests(rate, Math.max(1, Math.ceil(waitMs / 1000)));
				if (nowMs() < awayUntilMs) return insurance.spend(key, rate);
				share.leasing ??= leaseBlock(key, share, rate).finally(() => {
					share.leasing = undefined;
				});
				await share.leasing;
			}
		},
		async penalise(rawKey, cost) {
			const key = foldKey(rawKey);
			const share = shareOf(key);
			const held = Math.min(share.permits, cost);
			share.permits -= held;
			if (held === cost) return;
			if (nowMs() < awayUntilMs) return insurance.penalise(key, cost - held);
			await ask(leases.charge(`${name} ${key}`, { perMinute }, cost - held));
		},
	};
}
