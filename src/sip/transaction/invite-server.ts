/**
 * INVITE server transaction: RFC 3261 §17.2.1 as corrected by RFC 6026 §7.1. Pure.
 *
 * CANCEL is matched one layer up, which answers here with 487 (§9.2). A 2xx is resent by the dialog until its ACK comes
 * (§13.3.1.4), never by this machine: timer L only keeps retransmitted INVITEs away from the user.
 */
import { clear, type Step as MachineStep, send, set, type TimerName, type TimerValues, tell, to } from "./machine.ts";

interface Completed {
	readonly name: "completed";
	readonly final: Uint8Array;
	readonly resendMs: number;
}

export type InviteServerState =
	| { readonly name: "proceeding"; readonly last: Uint8Array | undefined }
	| Completed
	| { readonly name: "accepted" | "confirmed" | "terminated" };

export type InviteServerEvent =
	| { readonly type: "requestAgain" | "ack" | "transportFailed" }
	| { readonly type: "respond"; readonly status: number; readonly octets: Uint8Array }
	| { readonly type: "timer"; readonly timer: TimerName };

type Step = MachineStep<InviteServerState>;

export const inviteServerStart: InviteServerState = { name: "proceeding", last: undefined };

export function inviteServer(state: InviteServerState, event: InviteServerEvent, t: TimerValues): Step {
	switch (state.name) {
		case "proceeding":
			return proceeding(state, event, t);
		case "completed":
			return completed(state, event, t);
		case "accepted":
			return accepted(state, event);
		case "confirmed":
			return event.type === "timer" && event.timer === "I" ? to({ name: "terminated" }) : to(state);
		case "terminated":
			return to(state);
	}
}

function proceeding(
	state: Extract<InviteServerState, { name: "proceeding" }>,
	event: InviteServerEvent,
	t: TimerValues,
): Step {
	switch (event.type) {
		case "requestAgain":
			return state.last === undefined ? to(state) : to(state, send(state.last));
		case "respond": {
			const { status, octets } = event;
			if (status < 200) return to({ name: "proceeding", last: octets }, send(octets));
			if (status < 300) return to({ name: "accepted" }, send(octets), set("L", 64 * t.t1Ms));
			const resend = t.reliable ? [] : [set("G", t.t1Ms)];
			return to({ name: "completed", final: octets, resendMs: t.t1Ms }, send(octets), ...resend, set("H", 64 * t.t1Ms));
		}
		case "transportFailed":
			// Stay: the peer resends the INVITE, and the next answer may pass (RFC 6026 §8.8).
			return to(state, tell("transportFailed"));
		case "ack":
		case "timer":
			return to(state);
	}
}

function completed(state: Completed, event: InviteServerEvent, t: TimerValues): Step {
	switch (event.type) {
		case "requestAgain":
			return to(state, send(state.final));
		case "ack":
			return to({ name: "confirmed" }, clear("G"), clear("H"), set("I", t.reliable ? 0 : t.t4Ms), tell("ack"));
		case "respond":
			return to(state); // too late: the first final answer stands
		case "transportFailed":
			return to(state, tell("transportFailed"));
		case "timer": {
			if (event.timer === "H") return to({ name: "terminated" }, clear("G"), tell("noAck"));
			if (event.timer !== "G") return to(state); // fired just before it was cleared
			const resendMs = Math.min(2 * state.resendMs, t.t2Ms);
			return to({ ...state, resendMs }, send(state.final), set("G", resendMs));
		}
	}
}

function accepted(state: InviteServerState, event: InviteServerEvent): Step {
	switch (event.type) {
		case "requestAgain":
			return to(state); // absorbed: the user resends the 2xx on its own clock (RFC 6026 §7.1)
		case "respond":
			return event.status >= 200 && event.status < 300 ? to(state, send(event.octets)) : to(state);
		case "ack":
			return to(state, tell("ack"));
		case "transportFailed":
			return to(state, tell("transportFailed"));
		case "timer":
			return event.timer === "L" ? to({ name: "terminated" }) : to(state);
	}
}
