/** Whether a subscriber's call filters let a caller through to the mailbox (contract 3.7). Pure. */
import { isE164, leadingCountryCode } from "../domain/index.ts";

/** `CHILD`, `TEENAGER` and `ADOLESCENT` judge what is said, which nobody here listens to: such a mode adds nothing. */
export const FILTER_MODES = ["WHITELIST", "BLACKLIST", "CHILD", "TEENAGER", "ADOLESCENT"] as const;
export type FilterMode = (typeof FILTER_MODES)[number];

/** What decides, of a filter that is in force. */
export interface CallFilter {
	readonly filterId: string;
	readonly mode: FilterMode;
	readonly allowedNumbers: readonly string[];
	readonly blockedNumbers: readonly string[];
	readonly blockUnknownNumbers: boolean;
	readonly blockInternational: boolean;
}

export interface CallingParty {
	/** As the subscriber may see it; null when withheld. */
	readonly number: string | null;
	/** What the network vouches for, also where the caller withholds it. */
	readonly asserted: readonly string[];
}

/** What becomes of a caller who is kept out, but not by name: `message` may still leave one, without alert. */
export type KeptOut = "message" | "reject";

export type Verdict =
	| { readonly result: "accept" }
	/** May leave a message; nobody is alerted. */
	| { readonly result: "filter"; readonly why: string }
	| { readonly result: "refuse"; readonly status: 603; readonly why: string };

/**
 * The strictest verdict of all filters on a number.
 *
 * @param phoneNumber the number that was called, E.164: tells what is international.
 */
export function decide(
	filters: readonly CallFilter[],
	phoneNumber: string,
	caller: CallingParty,
	keptOut: KeptOut,
): Verdict {
	let strictest: Verdict = { result: "accept" };
	for (const filter of filters) {
		const verdict = judge(filter, phoneNumber, caller, keptOut);
		if (verdict.result === "refuse") return verdict;
		if (verdict.result === "filter" && strictest.result === "accept") strictest = verdict;
	}
	return strictest;
}

/** Who is named decides first: blocked before allowed, since a block is the later thought. Then the kinds of caller. */
function judge(filter: CallFilter, phoneNumber: string, caller: CallingParty, keptOut: KeptOut): Verdict {
	const shown = caller.number !== null && isE164(caller.number) ? caller.number : undefined;
	const known = [...caller.asserted, ...(shown === undefined ? [] : [shown])];
	const named = (numbers: readonly string[]) => known.some((number) => numbers.includes(number));
	if (named(filter.blockedNumbers)) {
		return { result: "refuse", status: 603, why: `The caller is blocked by the call filter ${filter.filterId}.` };
	}
	if (named(filter.allowedNumbers)) return { result: "accept" };
	const reason = outsideReason(filter, phoneNumber, shown, known);
	if (reason === undefined) return { result: "accept" };
	const why = `The call filter ${filter.filterId} keeps out ${reason}.`;
	return keptOut === "reject" ? { result: "refuse", status: 603, why } : { result: "filter", why };
}

function outsideReason(
	filter: CallFilter,
	phoneNumber: string,
	shown: string | undefined,
	known: readonly string[],
): string | undefined {
	if (filter.mode === "WHITELIST") return "callers who are not on its list";
	if (filter.blockUnknownNumbers && shown === undefined) return "callers without a number";
	if (filter.blockInternational && known.some((number) => isInternational(number, phoneNumber))) {
		return "international callers";
	}
	return undefined;
}

/** Numbers of one country code count as national, all of +1 too. An unknown code is not the one called. */
function isInternational(from: string, to: string): boolean {
	return leadingCountryCode(from.slice(1)) !== leadingCountryCode(to.slice(1));
}
