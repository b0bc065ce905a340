/** What the four transaction machines share: timers (RFC 3261 table 4), effects, and the shape of a step. */
import { SIP_LIMITS } from "../limits.ts";

export type TimerName =
	| ("A" | "B" | "D" | "E" | "F" | "G" | "H" | "I" | "J" | "K" | "L" | "M")
	/** The dialog's own two for a 2xx (RFC 3261 §13.3.1.4) or a reliable 1xx (RFC 3262 §3), which the standards leave unnamed. */
	| ("resend" | "giveUp")
	/** Of a session that expires (RFC 4028 §10). */
	| ("refresh" | "expiry");

export interface TimerValues {
	readonly t1Ms: number;
	readonly t2Ms: number;
	readonly t4Ms: number;
	/** Timer D on unreliable transports: at least 32 s. */
	readonly timerDMs: number;
	/** TCP and TLS: nothing is resent by transactions, and D, I, J, K are zero. */
	readonly reliable: boolean;
}

/**
 * Timers for a T1, with T2, T4 and D in the standard's proportions to it: T1 is the unit of all of them (§17.1.1.1).
 */
export function timerValues(t1Ms: number, reliable: boolean): TimerValues {
	const scale = t1Ms / SIP_LIMITS.t1MsDefault;
	return {
		t1Ms,
		t2Ms: SIP_LIMITS.t2Ms * scale,
		t4Ms: SIP_LIMITS.t4Ms * scale,
		timerDMs: SIP_LIMITS.timerDMs * scale,
		reliable,
	};
}

export type News =
	/** Client: pass this response up. */
	| "response"
	/** Server: the ACK for a non-2xx came, or one that matched after a 2xx. */
	| "ack"
	/** Server: no ACK for a non-2xx within 64*T1; no PRACK for a reliable 1xx. */
	| "noAck"
	/** Dialog: our refresh of the session is due; nobody refreshed it in time. */
	| ("refreshDue" | "expired")
	/** Client: no final answer in time; the user sees it as 408 (§8.1.3.1). */
	| "timeout"
	/** The transport would not take it; a client's user sees it as 503. */
	| "transportFailed";

export type Effect =
	| { readonly type: "send"; readonly octets: Uint8Array }
	| { readonly type: "setTimer"; readonly timer: TimerName; readonly afterMs: number }
	| { readonly type: "clearTimer"; readonly timer: TimerName }
	| { readonly type: "tellUser"; readonly news: News };

export interface Step<State> {
	readonly state: State;
	readonly effects: readonly Effect[];
}

export const to = <State>(state: State, ...effects: readonly Effect[]): Step<State> => ({ state, effects });
export const send = (octets: Uint8Array): Effect => ({ type: "send", octets });
export const set = (timer: TimerName, afterMs: number): Effect => ({ type: "setTimer", timer, afterMs });
export const clear = (timer: TimerName): Effect => ({ type: "clearTimer", timer });
export const tell = (news: News): Effect => ({ type: "tellUser", news });
