/** Non-INVITE server transaction: RFC 3261 §17.2.2, with RFC 4320 §4.1 (no provisional answers). Pure. */
import { type Step as MachineStep, send, set, type TimerName, type TimerValues, tell, to } from "./machine.ts";

type Unanswered = { readonly name: "trying" } | { readonly name: "proceeding"; readonly last: Uint8Array };

export type NonInviteServerState =
	| Unanswered
	| { readonly name: "completed"; readonly last: Uint8Array }
	| { readonly name: "terminated" };

export type NonInviteServerEvent =
	| { readonly type: "requestAgain" | "transportFailed" }
	| { readonly type: "respond"; readonly status: number; readonly octets: Uint8Array }
	| { readonly type: "timer"; readonly timer: TimerName };

type Step = MachineStep<NonInviteServerState>;

export const nonInviteServerStart: NonInviteServerState = { name: "trying" };

export function nonInviteServer(state: NonInviteServerState, event: NonInviteServerEvent, t: TimerValues): Step {
	switch (state.name) {
		case "trying":
		case "proceeding":
			return unanswered(state, event, t);
		case "completed":
			if (event.type === "requestAgain") return to(state, send(state.last));
			if (event.type === "timer" && event.timer === "J") return to({ name: "terminated" });
			if (event.type === "transportFailed") return to(state, tell("transportFailed"));
			return to(state);
		case "terminated":
			return to(state);
	}
}

function unanswered(state: Unanswered, event: NonInviteServerEvent, t: TimerValues): Step {
	switch (event.type) {
		case "requestAgain":
			return state.name === "trying" ? to(state) : to(state, send(state.last));
		case "respond": {
			const { status, octets } = event;
			if (status < 200) return to({ name: "proceeding", last: octets }, send(octets));
			return to({ name: "completed", last: octets }, send(octets), set("J", t.reliable ? 0 : 64 * t.t1Ms));
		}
		case "transportFailed":
			return to(state, tell("transportFailed"));
		case "timer":
			return to(state);
	}
}
