/**
 * A provisional response that is sent until its PRACK comes: RFC 3262 §3. Pure.
 *
 * Unlike a 2xx it is resent without an upper bound to the wait: each is twice the one before, until 64*T1 are over.
 */
import {
	clear,
	type Step as MachineStep,
	send,
	set,
	type TimerName,
	type TimerValues,
	tell,
	to,
} from "../transaction/machine.ts";

export type ReliableState =
	| { readonly name: "initial" }
	| { readonly name: "unacknowledged"; readonly octets: Uint8Array; readonly resendMs: number }
	| { readonly name: "terminated" };

export type ReliableEvent =
	| { readonly type: "start"; readonly octets: Uint8Array }
	/** The PRACK came, or the INVITE has its final answer: no more resending. */
	| { readonly type: "prack" }
	| { readonly type: "answered" }
	| { readonly type: "timer"; readonly timer: TimerName };

export const reliableStart: ReliableState = { name: "initial" };

export function reliable(state: ReliableState, event: ReliableEvent, t: TimerValues): MachineStep<ReliableState> {
	if (event.type === "start") {
		if (state.name !== "initial") return to(state);
		return to(
			{ name: "unacknowledged", octets: event.octets, resendMs: t.t1Ms },
			send(event.octets),
			set("resend", t.t1Ms),
			set("giveUp", 64 * t.t1Ms),
		);
	}
	if (state.name !== "unacknowledged") return to(state);
	if (event.type === "prack") return to({ name: "terminated" }, clear("resend"), clear("giveUp"), tell("ack"));
	if (event.type === "answered") return to({ name: "terminated" }, clear("resend"), clear("giveUp"));
	if (event.timer === "giveUp") return to({ name: "terminated" }, clear("resend"), tell("noAck"));
	if (event.timer !== "resend") return to(state);
	const resendMs = 2 * state.resendMs;
	return to({ ...state, resendMs }, send(state.octets), set("resend", resendMs));
}

/** RFC 3262 §7.2: which reliable provisional response a PRACK speaks of. */
export interface Rack {
	readonly rseq: number;
	readonly cseq: number;
	readonly method: string;
}

/** Undefined where the value is none: such a PRACK matches nothing. */
export function parseRack(value: string | undefined): Rack | undefined {
	const match = /^\s*(\d{1,10})[ \t]+(\d{1,10})[ \t]+([A-Za-z0-9.!%*_+`'~-]+)\s*$/.exec(value ?? "");
	if (match === null) return undefined;
	return { rseq: Number(match[1]), cseq: Number(match[2]), method: match[3] as string };
}

/** RSeq of a response that a peer sent reliably (§4): undefined where it did not, or where the value is none. */
export function parseRseq(value: string | undefined): number | undefined {
	if (value === undefined || !/^\d{1,10}$/.test(value.trim())) return undefined;
	const rseq = Number(value);
	return rseq >= 1 && rseq < 2 ** 32 ? rseq : undefined;
}
