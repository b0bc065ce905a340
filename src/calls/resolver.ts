/**
 * Whose mailbox an INVITE is for, and whether the call leaves a message or wants to hear some. Pure: all readings of
 * all sources first, then one look-up of the numbers by the driver, then the choice.
 */
import {
	dialled,
	LIMITS,
	type MailboxSource,
	normalise,
	type PeerPolicy,
	type RedirectReason,
	rewritePrefix,
} from "../domain/index.ts";
import type { SipRequest } from "../sip/index.ts";
import { type Attestation, describeAttestation, readAttestation, readVerstat } from "./attestation.ts";
import { type Caller, readCaller } from "./caller.ts";
import { type Diversions, type Hop, readDiversions } from "./diversion.ts";
import { CALL_LIMITS } from "./limits.ts";
import type { HeldNumber, TracedCandidate } from "./ports.ts";

/** How a peer's calls are read. */
export interface ResolverPolicy extends Pick<PeerPolicy, "order" | "diverter" | "plan" | "assertsIdentity"> {
	/** As dialled (`*86`) or E.164. */
	readonly accessNumbers: readonly string[];
}

export const DEFAULT_SOURCE_ORDER: readonly MailboxSource[] = [
	"Target",
	"HistoryInfo",
	"Diversion",
	"RequestUri",
	"CalledParty",
	"To",
];

export interface Candidate extends TracedCandidate {
	readonly reason: RedirectReason;
	/** Whoever diverted the call does not want the number told to the caller. */
	readonly private: boolean;
}

/** All that an INVITE says about whom it is for. */
export interface InviteReading {
	readonly candidates: readonly Candidate[];
	readonly caller: Caller;
	readonly attestation: Attestation | undefined;
	/** What is known of the caller's identity beyond the number, in words. */
	readonly identity: string | undefined;
	/** An access number was dialled, and nobody diverted the call to it: the caller wants to hear messages. */
	readonly accessDialled: boolean;
	/** Forwarded more often than `LIMITS.diversionsMax`. */
	readonly looped: boolean;
}

export function readInvite(request: SipRequest, policy: ResolverPolicy): InviteReading {
	const diversions = readDiversions(request);
	const caller = readCaller(request, policy.plan, policy.assertsIdentity);
	const attestation = readAttestation(request);
	const verstat = readVerstat(request, policy.assertsIdentity);
	return {
		candidates: listCandidates(request, diversions, policy),
		caller,
		attestation,
		identity: describeAttestation(attestation, verstat, caller.number),
		accessDialled: !diversions.diverted && isAccessNumber(request.uri, policy),
		looped: diversions.count > LIMITS.diversionsMax,
	};
}

/** Every number that the INVITE offers for the mailbox, most believed first; texts that are no number too, with why. */
export function candidates(request: SipRequest, policy: ResolverPolicy): readonly Candidate[] {
	return listCandidates(request, readDiversions(request), policy);
}

function listCandidates(request: SipRequest, diversions: Diversions, policy: ResolverPolicy): readonly Candidate[] {
	const found: Candidate[] = [];
	for (const source of policy.order) {
		for (const hop of hopsOf(source, request, diversions, policy)) {
			for (const { phoneNumber, why } of normalise(hop.raw, policy.plan)) {
				const raw = printable(hop.raw);
				const hidden = hop.private === true;
				found.push({ source, raw, phoneNumber, why: `${hop.why}: ${why}`, reason: hop.reason, private: hidden });
			}
		}
	}
	return found.slice(0, CALL_LIMITS.candidatesMax);
}

function hopsOf(
	source: MailboxSource,
	request: SipRequest,
	diversions: Diversions,
	policy: ResolverPolicy,
): readonly Hop[] {
	// someone diverted the call, or the mailbox itself was called
	const reason = diversions.reason ?? (diversions.diverted ? "Unknown" : "Direct");
	const because = (hops: readonly Hop[]) =>
		hops.map((hop) => (hop.reason === "Unknown" && diversions.reason ? { ...hop, reason: diversions.reason } : hop));
	const inOrder = (hops: readonly Hop[]) => (policy.diverter === "original" ? hops : hops.toReversed());
	switch (source) {
		case "Target":
			return because(diversions.target ? [diversions.target] : []);
		case "HistoryInfo": {
			const marked = diversions.historyInfo.map((hop) => (diversions.diverted ? hop : { ...hop, reason }));
			return because(inOrder(marked));
		}
		case "Diversion":
			return because(inOrder(diversions.diversion));
		case "RequestUri":
			return [{ raw: request.uri, reason, why: "Request-URI" }];
		case "CalledParty":
			return request.headers
				.all("p-called-party-id")
				.slice(0, 1)
				.map((raw) => ({ raw: addressOf(raw), reason, why: "P-Called-Party-ID" }));
		case "To":
			return request.headers
				.all("to")
				.slice(0, 1)
				.map((raw) => ({ raw: addressOf(raw), reason, why: "To" }));
	}
}

/** URI of a name-addr; of an addr-spec without brackets the text before its header parameters. */
function addressOf(value: string): string {
	return /<([^<>]*)>/.exec(value.replace(/^\s*"(?:[^"\\]|\\.)*"/s, ""))?.[1] ?? value.trim();
}

/** @param requestUri a URI, or what was dialled alone. */
export function isAccessNumber(requestUri: string, policy: Pick<ResolverPolicy, "plan" | "accessNumbers">): boolean {
	const said = dialled(requestUri)?.text;
	if (said === undefined) return false;
	const { text } = rewritePrefix(said, policy.plan);
	const numbers = normalise(requestUri, policy.plan).filter((reading) => reading.certain);
	return policy.accessNumbers.some(
		(access) => access === said || access === text || numbers.some((reading) => reading.phoneNumber === access),
	);
}

function printable(text: string): string {
	return text.replace(/[\p{Cc}\p{Cs}]/gu, "?").slice(0, CALL_LIMITS.traceTextCharsMax);
}

export type Choice =
	| { readonly result: "mailbox"; readonly held: HeldNumber; readonly candidate: Candidate }
	/** A number of ours without voicemail. */
	| { readonly result: "voicemailOff"; readonly held: HeldNumber; readonly candidate: Candidate }
	| { readonly result: "notOurs" };

/**
 * The first candidate with an active mailbox; else the first that is a number of ours. A call that a number without
 * voicemail forwarded to one with it ends in the latter's mailbox, since that one's subscriber did not answer.
 *
 * @param held what the look-up of all candidates found, in any order.
 */
export function choose(offered: readonly Candidate[], held: readonly HeldNumber[]): Choice {
	const byNumber = new Map(held.map((one) => [one.phoneNumber, one]));
	let off: Choice = { result: "notOurs" };
	for (const candidate of offered) {
		const found = candidate.phoneNumber === undefined ? undefined : byNumber.get(candidate.phoneNumber);
		if (found?.mailbox) return { result: "mailbox", held: found, candidate };
		if (found && off.result === "notOurs") off = { result: "voicemailOff", held: found, candidate };
	}
	return off;
}

/** Numbers to look up, each once. */
export function numbersOf(reading: InviteReading): readonly string[] {
	const offered = reading.accessDialled ? [] : reading.candidates.flatMap((candidate) => candidate.phoneNumber ?? []);
	return [...new Set([...offered, ...reading.caller.asserted])];
}
