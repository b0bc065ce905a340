/** Who calls: P-Asserted-Identity (RFC 3325) from a peer believed for it, else From; hidden where privacy is asked for. */
import { dialled, LIMITS, type NumberPlan, normalise } from "../domain/index.ts";
import { type NameAddr, parseNameAddr, type SipRequest } from "../sip/index.ts";
import { CALL_LIMITS } from "./limits.ts";
import { privacyOf } from "./privacy.ts";

export interface Caller {
	/** E.164 where it could be normalised, else as received; null when withheld. */
	readonly number: string | null;
	/** Display name, cleaned; null when withheld or none. */
	readonly name: string | null;
	/** Numbers that the network asserts the call to come from, also when they are withheld from the subscriber. */
	readonly asserted: readonly string[];
}

/** RFC 3323 §4.2, RFC 3325 §9.3: what asks for the identity to be hidden. `session` and `critical` do not. */
const HIDING_PRIVACY = new Set(["id", "user", "header"]);
const ANONYMOUS_USERS = new Set(["anonymous", "restricted"]);

/**
 * @param believed whether the peer's P-Asserted-Identity counts (RFC 3325 §5: only within a trust domain).
 */
export function readCaller(request: Pick<SipRequest, "headers">, plan: NumberPlan, believed: boolean): Caller {
	const from = parseNameAddr(request.headers.get("from") ?? "");
	const identities = believed
		? request.headers
				.all("p-asserted-identity")
				.slice(0, CALL_LIMITS.headerEntriesMax)
				.map((value) => parseNameAddr(value))
				.filter((address) => address !== undefined)
		: [];
	const asserted = identities.flatMap((address) => soleNumber(address.rawUri, plan) ?? []);
	const privacy = privacyOf(request.headers.all("privacy"));
	// `none` says that the network's identity may be shown, whatever the phone wrote into From (RFC 3323 §4.2)
	const open = privacy.has("none") && identities.length > 0;
	// a From without identity asks for privacy even where an old gateway left the Privacy header out
	const hidden = [...HIDING_PRIVACY].some((value) => privacy.has(value)) || (from && isAnonymous(from));
	if (hidden && !open) return { number: null, name: null, asserted };
	const shown = identities.find((address) => certainNumber(address.rawUri, plan)) ?? identities[0] ?? from;
	if (!shown || isAnonymous(shown)) return { number: null, name: null, asserted };
	const number = certainNumber(shown.rawUri, plan) ?? asReceived(shown);
	const name = cleanName(shown.displayName ?? identities.find((other) => other.displayName)?.displayName ?? "");
	const repeatsNumber = name !== null && dialled(name)?.text.replace("+", "") === number?.replace("+", "");
	return { number, name: repeatsNumber ? null : name, asserted };
}

function isAnonymous(address: NameAddr): boolean {
	const { host, user } = address.uri;
	return /(^|\.)anonymous\.invalid$/.test(host.toLowerCase()) || ANONYMOUS_USERS.has((user ?? "").toLowerCase());
}

function certainNumber(rawUri: string, plan: NumberPlan): string | undefined {
	return normalise(rawUri, plan).find((reading) => reading.certain)?.phoneNumber;
}

/** Also bare digits that can be read in one way only: they count where we hold that number. */
function soleNumber(rawUri: string, plan: NumberPlan): string | undefined {
	const readings = normalise(rawUri, plan);
	return readings.length === 1 ? readings[0]!.phoneNumber : readings.find((reading) => reading.certain)?.phoneNumber;
}

function asReceived(address: NameAddr): string | null {
	const text = clean(dialled(address.rawUri)?.text ?? "").slice(0, CALL_LIMITS.callerCharsMax);
	return text === "" ? null : text;
}

function cleanName(name: string): string | null {
	const text = [...clean(name)].slice(0, LIMITS.nameCharsMax).join("").trim();
	return text === "" ? null : text;
}

/** Without control characters and those that turn the direction of writing: the name stands in mails and on pages. */
function clean(text: string): string {
	return text
		.replace(/[\p{Cc}\p{Cs}\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu, " ")
		.replace(/\s+/g, " ")
		.trim();
}
