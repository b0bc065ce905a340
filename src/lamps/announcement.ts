/**
 * What becomes of a number whose phones were told what waits without having subscribed (RFC 3842 is silent on it, phones
 * and PBXs have always done so). Pure. A proxy's refusal is an answer: there is no phone, or none that cares, and one
 * that registers later is told then. Only a proxy that does not answer, or fails, is asked again.
 */
import { LAMP_LIMITS } from "./limits.ts";

export interface Told {
	readonly status: number;
	/** Undefined without Retry-After. */
	readonly retryAfterMs: number | undefined;
}

export type AfterTelling =
	| { readonly next: "done" }
	| { readonly next: "again"; readonly afterMs: number }
	/** Tried often enough: the next change, or a phone that registers, brings it up again. */
	| { readonly next: "givenUp" };

/**
 * @param attempts how often this news was tried before.
 * @param told one for each proxy.
 */
export function afterTelling(attempts: number, told: readonly Told[]): AfterTelling {
	const failed = told.filter(({ status }) => status === 408 || status === 429 || (status >= 500 && status < 600));
	if (failed.length === 0) return { next: "done" };
	const waitMs = LAMP_LIMITS.newsRetriesMs[attempts];
	if (waitMs === undefined) return { next: "givenUp" };
	const asked = Math.max(0, ...failed.map(({ retryAfterMs }) => retryAfterMs ?? 0));
	return { next: "again", afterMs: Math.max(waitMs, Math.min(asked, LAMP_LIMITS.retryAfterMsMax)) };
}
