/**
 * A 2xx to an INVITE until its ACK comes: RFC 3261 §13.3.1.4. Pure.
 *
 * It is resent end to end, on reliable transports too: a proxy on the way may have turned to UDP.
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

export type AcceptedState =
	| { readonly name: "initial" }
	| { readonly name: "unacknowledged"; readonly octets: Uint8Array; readonly resendMs: number }
	| { readonly name: "terminated" };

export type AcceptedEvent =
	| { readonly type: "start"; readonly octets: Uint8Array }
	/** The ACK came, or the dialog ended by other means: no more resending. */
	| { readonly type: "ack" }
	| { readonly type: "dialogEnded" }
	| { readonly type: "timer"; readonly timer: TimerName };

export const acceptedStart: AcceptedState = { name: "initial" };

export function accepted(state: AcceptedState, event: AcceptedEvent, t: TimerValues): MachineStep<AcceptedState> {
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
	if (event.type === "ack") return to({ name: "terminated" }, clear("resend"), clear("giveUp"), tell("ack"));
	if (event.type === "dialogEnded") return to({ name: "terminated" }, clear("resend"), clear("giveUp"));
	if (event.timer === "giveUp") return to({ name: "terminated" }, clear("resend"), tell("noAck"));
	if (event.timer !== "resend") return to(state);
	const resendMs = Math.min(2 * state.resendMs, t.t2Ms);
	return to({ ...state, resendMs }, send(state.octets), set("resend", resendMs));
}
