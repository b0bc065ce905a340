/**
 * Sessions that end unless somebody refreshes them: RFC 4028. Pure.
 *
 * We never ask a caller for a timer that the caller did not ask for: who hangs up without a BYE is found by the silence
 * of its RTP long before a session could expire. Calls of our own ask for one.
 */
import type { HeaderBlock } from "../message/header-block.ts";
import { parseParams } from "../message/params.ts";
import type { OctetField } from "../message/write.ts";
import {
	clear,
	type Step as MachineStep,
	set,
	type TimerName,
	type TimerValues,
	tell,
	to,
} from "../transaction/machine.ts";

export interface SessionTimerPolicy {
	/** Shortest interval that is accepted; §5: never below 90 s in service. */
	readonly minSeconds: number;
	/** What calls of our own ask for. */
	readonly wantedSeconds: number;
	/** A longer one is cut down to this. */
	readonly maxSeconds: number;
}

/** What both sides agreed on. */
export interface SessionInterval {
	readonly seconds: number;
	readonly weRefresh: boolean;
}

export interface SessionExpires {
	readonly seconds: number;
	readonly refresher: "uac" | "uas" | undefined;
}

/** §4. A value that is none counts as absent: a call must not fail for a field that only guards it. */
export function parseSessionExpires(value: string | undefined): SessionExpires | undefined {
	const match = /^\s*(\d{1,10})\s*(;.*)?$/s.exec(value ?? "");
	if (match === null) return undefined;
	const refresher = parseParams(match[2] ?? "", 0)
		?.get("refresher")
		?.toLowerCase();
	const seconds = Math.min(Number(match[1]), 2 ** 32 - 1);
	return { seconds, refresher: refresher === "uac" || refresher === "uas" ? refresher : undefined };
}

/** §5; the default where it is absent or none. */
export function parseMinSe(headers: HeaderBlock): number {
	const match = /^\s*(\d{1,10})\b/.exec(headers.raw("min-se") ?? "");
	return match === null ? MIN_SE_DEFAULT : Math.min(Number(match[1]), 2 ** 32 - 1);
}

const MIN_SE_DEFAULT = 90;

export type TimerAnswer =
	/** 422 with this Min-SE. */
	| { readonly minSeconds: number }
	/** Fields of the 2xx; no interval: the session does not expire (any more). */
	| { readonly interval: SessionInterval | undefined; readonly fields: readonly OctetField[] };

/** What an INVITE, re-INVITE or UPDATE of the peer asks for, and our answer to it: §9, table 2. */
export function answerTimer(headers: HeaderBlock, policy: SessionTimerPolicy): TimerAnswer {
	const asked = parseSessionExpires(headers.raw("session-expires"));
	if (asked === undefined) return { interval: undefined, fields: [] };
	const supported = [...headers.rawAll("supported"), ...headers.rawAll("require")];
	const peerKnows = supported.some((tag) => tag.toLowerCase() === "timer");
	// A proxy asked, on behalf of a peer that knows no timers: 422 would be lost on it, and nobody but us can refresh.
	if (asked.seconds < policy.minSeconds && peerKnows) return { minSeconds: policy.minSeconds };
	// Cut down to what we have, but not below what the caller can bear; raised to our least.
	const ceiling = Math.max(policy.maxSeconds, parseMinSe(headers));
	const seconds = Math.max(Math.min(asked.seconds, ceiling), policy.minSeconds);
	const refresher = peerKnows ? (asked.refresher ?? "uac") : "uas";
	const fields: OctetField[] = [["Session-Expires", `${seconds};refresher=${refresher}`]];
	if (peerKnows) fields.push(["Require", "timer"]);
	return { interval: { seconds, weRefresh: refresher === "uas" }, fields };
}

/** What the 2xx to a request of ours settled (§7.2). Without refresher it is the one who asked. */
export function settledTimer(headers: HeaderBlock): SessionInterval | undefined {
	const settled = parseSessionExpires(headers.raw("session-expires"));
	if (settled === undefined || settled.seconds === 0) return undefined;
	return { seconds: settled.seconds, weRefresh: settled.refresher !== "uas" };
}

/** Fields of a request of ours that asks for a timer (§7.1, §7.4); in a refresh we name ourselves, so that roles stay. */
export function timerFields(seconds: number, minSeconds: number, refresh: boolean): OctetField[] {
	return [
		["Session-Expires", `${seconds}${refresh ? ";refresher=uac" : ""}`],
		["Min-SE", String(minSeconds)],
	];
}

export type SessionTimerState =
	| { readonly name: "off" }
	| { readonly name: "counting"; readonly interval: SessionInterval }
	| { readonly name: "terminated" };

export type SessionTimerEvent =
	/** A session refresh was answered with 2xx, by us or by the peer; without interval it expires no more. */
	| { readonly type: "agreed"; readonly interval: SessionInterval | undefined }
	| { readonly type: "ended" }
	| { readonly type: "timer"; readonly timer: TimerName };

export const sessionTimerStart: SessionTimerState = { name: "off" };

/** §10: who refreshes does so after half the interval; BYE comes a little before the end, so that it crosses nobody's. */
export function sessionTimer(
	state: SessionTimerState,
	event: SessionTimerEvent,
	_t: TimerValues,
): MachineStep<SessionTimerState> {
	if (state.name === "terminated") return to(state);
	if (event.type === "ended") return to({ name: "terminated" }, clear("refresh"), clear("expiry"));
	if (event.type === "agreed") {
		const { interval } = event;
		if (interval === undefined) return to({ name: "off" }, clear("refresh"), clear("expiry"));
		const intervalMs = Math.min(1000 * interval.seconds, TIMER_MS_MAX);
		const earlyMs = Math.min(BYE_EARLY_MS_MAX, intervalMs / 3);
		const refresh = interval.weRefresh ? set("refresh", intervalMs / 2) : clear("refresh");
		return to({ name: "counting", interval }, refresh, set("expiry", intervalMs - earlyMs));
	}
	if (event.timer === "expiry") return to({ name: "terminated" }, clear("refresh"), tell("expired"));
	return event.timer === "refresh" && state.name === "counting" ? to(state, tell("refreshDue")) : to(state);
}

/** §10 recommends the smaller of 32 s and a third of the interval. */
const BYE_EARLY_MS_MAX = 32_000;
/** Node's timers hold no more: 24 days, longer than any call. */
const TIMER_MS_MAX = 2 ** 31 - 1;
