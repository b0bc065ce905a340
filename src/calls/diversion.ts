/**
 * Which numbers a call was diverted from, and why: RFC 4458 (target, cause), RFC 7044 (History-Info), RFC 5806
 * (Diversion), RFC 3326 (Reason). Pure; garbage gives no hop and never throws.
 */
import type { RedirectReason } from "../domain/index.ts";
import { type NameAddr, parseNameAddr, parseUri, type SipRequest } from "../sip/index.ts";
import { CALL_LIMITS } from "./limits.ts";
import { privacyOf } from "./privacy.ts";

/** One number that a call was diverted from. */
export interface Hop {
	/** URI as it stood. */
	readonly raw: string;
	readonly reason: RedirectReason;
	/** Which entry it was, for the call trace. */
	readonly why: string;
	/** Whoever diverted does not want to be named to the caller (RFC 7044 §10.1, RFC 5806 §4). */
	readonly private?: boolean;
}

export interface Diversions {
	/** `target` of the Request-URI. */
	readonly target: Hop | undefined;
	/** The first one diverted first. */
	readonly historyInfo: readonly Hop[];
	/** The first one diverted first: the bottom header comes first. */
	readonly diversion: readonly Hop[];
	/** False where History-Info only repeats the number that was called. */
	readonly diverted: boolean;
	/** How often the call was forwarded, as far as the headers count. */
	readonly count: number;
	/** Of the Reason header; undefined without one that tells something. */
	readonly reason: RedirectReason | undefined;
}

/**
 * RFC 4458 §3.1 and 3GPP TS 24.604. Deflection (480 at once, 487 while ringing) is the subscriber declining the call,
 * which networks otherwise report as busy.
 */
const REASON_OF_CAUSE: ReadonlyMap<number, RedirectReason> = new Map([
	[302, "Unconditional"],
	[380, "Unconditional"],
	[404, "Unavailable"],
	[408, "NoAnswer"],
	[480, "Busy"],
	[486, "Busy"],
	[487, "Busy"],
	[503, "Unavailable"],
	[600, "Busy"],
	[603, "Busy"],
]);

/** ITU-T Q.850 causes that come with a diversion. */
const REASON_OF_Q850: ReadonlyMap<number, RedirectReason> = new Map([
	[17, "Busy"],
	[18, "NoAnswer"],
	[19, "NoAnswer"],
	[20, "Unavailable"],
	[21, "Busy"],
	[27, "Unavailable"],
]);

/** RFC 5806 §4. */
const REASON_OF_DIVERSION: ReadonlyMap<string, RedirectReason> = new Map([
	["user-busy", "Busy"],
	["do-not-disturb", "Busy"],
	["deflection", "Busy"],
	["no-answer", "NoAnswer"],
	["unavailable", "Unavailable"],
	["out-of-service", "Unavailable"],
	["away", "Unavailable"],
	["unconditional", "Unconditional"],
	["time-of-day", "Unconditional"],
	["follow-me", "Unconditional"],
]);

/** RFC 5806 §4: `name` alone leaves the number open. */
const HIDING_DIVERSION = new Set(["full", "uri"]);

/** A counter above this is as good as any other loop. */
const COUNTER_MAX = 100;

export function readDiversions(request: SipRequest): Diversions {
	const target = readTarget(request.uri);
	const history = readHistoryInfo(request);
	const { hops, count } = readDiversionHeaders(request);
	return {
		target,
		historyInfo: history.hops,
		diversion: hops,
		diverted: target !== undefined || hops.length > 0 || history.diverted,
		count: Math.max(history.count, count),
		reason: readReason(request.headers.all("reason")),
	};
}

function readTarget(requestUri: string): Hop | undefined {
	const uri = parseUri(requestUri);
	const raw = uri?.params.get("target");
	if (!uri || !raw) return undefined;
	return { raw, reason: reasonOfCause(uri.params.get("cause")) ?? "Unknown", why: "target of the Request-URI" };
}

interface HistoryEntry {
	readonly raw: string;
	readonly index: string | undefined;
	/** Index of the entry whose user this one replaced (RFC 7044 §5): the mark of a real diversion. */
	readonly mappedFrom: string | undefined;
	/** `cause` in the URI: why the call went *to* this entry (RFC 8119). */
	readonly cause: RedirectReason | undefined;
	/** `rc` or `np`: the same user at another contact, or no change (RFC 7044 §5): no diversion, whatever else is said. */
	readonly sameUser: boolean;
	readonly private: boolean;
	/** Reason escaped in the URI: what became of the call *at* this entry. */
	readonly ended: RedirectReason | undefined;
}

/**
 * By RFC 7131: who diverted first is the entry that the first `mp` points to. Entries of RFC 4244 have no `mp`; there
 * an entry with `cause` was reached from its parent. Entries stand in the order of their indices, which is the order in
 * which they came about, wherever a proxy wrote them.
 */
function readHistoryInfo(request: SipRequest): { hops: Hop[]; diverted: boolean; count: number } {
	const allPrivate = privacyOf(request.headers.all("privacy")).has("history");
	const entries = inOrder(
		request.headers
			.all("history-info")
			.slice(0, CALL_LIMITS.headerEntriesMax)
			.map((value) => readHistoryEntry(value, allPrivate))
			.filter((entry) => entry !== undefined),
	);
	const hops: Hop[] = [];
	for (const [i, entry] of entries.entries()) {
		const from = divertedFrom(entries, i);
		if (!from || hops.some((hop) => hop.raw === from.raw)) continue;
		const mark = entry.mappedFrom === undefined ? "cause" : `mp=${entry.mappedFrom}`;
		const reason = entry.cause ?? from.ended ?? entries[i - 1]?.ended ?? "Unknown";
		const hidden = from.private ? ", private" : "";
		const why = `History-Info index ${from.index ?? "?"}, diverted (${mark})${hidden}`;
		hops.push({ raw: from.raw, reason, why, private: from.private });
	}
	// also of those whose origin was left out: a loop is a loop
	const count = entries.filter(isDiversion).length;
	if (hops.length > 0) return { hops, diverted: true, count };
	const original = entries.find((entry) => entry.index === "1") ?? entries[0];
	if (!original) return { hops: [], diverted: false, count };
	const why = `History-Info index ${original.index ?? "?"}, no diversion marked`;
	const hop = { raw: original.raw, reason: original.ended ?? "Unknown", why, private: original.private } as const;
	return { hops: [hop], diverted: false, count };
}

/** By index, component by component (RFC 7044 §10.3); as they stand where an index is missing or stands twice. */
function inOrder(entries: readonly HistoryEntry[]): readonly HistoryEntry[] {
	const indices = entries.map((entry) => entry.index);
	if (indices.includes(undefined) || new Set(indices).size < indices.length) return entries;
	return entries.toSorted((a, b) => compareIndices(a.index!, b.index!));
}

function compareIndices(a: string, b: string): number {
	const [left, right] = [a.split("."), b.split(".")];
	for (let i = 0; i < Math.max(left.length, right.length); i++) {
		const difference = Number(left[i] ?? -1) - Number(right[i] ?? -1);
		if (difference !== 0) return difference;
	}
	return 0;
}

function divertedFrom(entries: readonly HistoryEntry[], i: number): HistoryEntry | undefined {
	const entry = entries[i]!;
	if (entry.mappedFrom !== undefined) {
		const pointedAt = entries.find((other) => other.index === entry.mappedFrom);
		// an entry may be gone for privacy; then the one before it is the nearest that is known
		return pointedAt ?? entries[i - 1];
	}
	if (!isDiversion(entry)) return undefined;
	const parent = entry.index?.slice(0, Math.max(0, entry.index.lastIndexOf(".")));
	return (parent ? entries.find((other) => other.index === parent) : undefined) ?? entries[i - 1];
}

function isDiversion(entry: HistoryEntry): boolean {
	return entry.mappedFrom !== undefined || (entry.cause !== undefined && !entry.sameUser);
}

function readHistoryEntry(value: string, allPrivate: boolean): HistoryEntry | undefined {
	const address = parseNameAddr(value);
	if (!address) return undefined;
	const { headers, params: uriParams } = address.uri;
	const reasons = headers.get("reason");
	const privacy = headers.get("privacy");
	return {
		raw: address.rawUri,
		index: bounded(address.params.get("index")),
		mappedFrom: bounded(address.params.get("mp")),
		cause: reasonOfCause(uriParams.get("cause")),
		sameUser: address.params.has("rc") || address.params.has("np"),
		private: allPrivate || (privacy !== undefined && privacyOf([privacy]).has("history")),
		ended: reasons === undefined ? undefined : readReason([reasons]),
	};
}

function bounded(index: string | undefined): string | undefined {
	return index !== undefined && /^[0-9.]{1,32}$/.test(index) ? index : undefined;
}

function readDiversionHeaders(request: SipRequest): { hops: Hop[]; count: number } {
	const headers = request.headers
		.all("diversion")
		.map((value) => parseNameAddr(value))
		.filter((address) => address !== undefined);
	const hops = headers
		.slice(-CALL_LIMITS.headerEntriesMax)
		.map((address) => {
			const said = (address.params.get("reason") ?? "").toLowerCase();
			const reason = REASON_OF_DIVERSION.get(said) ?? "Unknown";
			const hidden = HIDING_DIVERSION.has((address.params.get("privacy") ?? "").toLowerCase());
			const why = `Diversion, reason ${said.slice(0, 32) || "not given"}${hidden ? ", private" : ""}`;
			return { raw: address.rawUri, reason, why, private: hidden };
		})
		.reverse();
	return { hops, count: headers.reduce((sum, address) => sum + counterOf(address), 0) };
}

/** RFC 5806 §4: how many diversions one header stands for; one without a counter stands for itself. */
function counterOf(address: NameAddr): number {
	const counter = address.params.get("counter");
	return counter !== undefined && /^[0-9]{1,9}$/.test(counter)
		? Math.min(Math.max(Number(counter), 1), COUNTER_MAX)
		: 1;
}

function reasonOfCause(cause: string | undefined): RedirectReason | undefined {
	return cause === undefined ? undefined : REASON_OF_CAUSE.get(Number(cause));
}

/** RFC 3326 values such as `SIP;cause=486;text="Busy"` or `Q.850;cause=17`; the first that tells something. */
function readReason(values: readonly string[]): RedirectReason | undefined {
	for (const value of values.slice(0, CALL_LIMITS.headerEntriesMax)) {
		const protocol = /^\s*([A-Za-z0-9.-]{1,16})\s*;/.exec(value)?.[1]?.toLowerCase();
		const cause = Number(/;\s*cause\s*=\s*([0-9]{1,3})\b/i.exec(value)?.[1]);
		const reason = protocol === "q.850" ? REASON_OF_Q850.get(cause) : REASON_OF_CAUSE.get(cause);
		if (reason && (protocol === "sip" || protocol === "q.850")) return reason;
	}
	return undefined;
}
