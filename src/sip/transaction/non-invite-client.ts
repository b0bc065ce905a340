/** Non-INVITE client transaction: RFC 3261 §17.1.2. Pure. */
import { clear, type Step as MachineStep, send, set, type TimerName, type TimerValues, tell, to } from "./machine.ts";

interface Waiting {
	readonly name: "trying" | "proceeding";
	readonly request: Uint8Array;
	readonly resendMs: number;
}

export type NonInviteClientState =
	| { readonly name: "initial" }
	| Waiting
	| { readonly name: "completed" | "terminated" };

export type NonInviteClientEvent =
	| { readonly type: "start"; readonly request: Uint8Array }
	| { readonly type: "response"; readonly status: number }
	| { readonly type: "transportFailed" }
	| { readonly type: "timer"; readonly timer: TimerName };

type Step = MachineStep<NonInviteClientState>;

export const nonInviteClientStart: NonInviteClientState = { name: "initial" };

export function nonInviteClient(state: NonInviteClientState, event: NonInviteClientEvent, t: TimerValues): Step {
	switch (state.name) {
		case "initial":
			return event.type === "start" ? start(event.request, t) : to(state);
		case "trying":
		case "proceeding":
			return waiting(state, event, t);
		case "completed":
			return event.type === "timer" && event.timer === "K" ? to({ name: "terminated" }) : to(state);
		case "terminated":
			return to(state);
	}
}

function start(request: Uint8Array, t: TimerValues): Step {
	const resend = t.reliable ? [] : [set("E", t.t1Ms)];
	return to({ name: "trying", request, resendMs: t.t1Ms }, send(request), ...resend, set("F", 64 * t.t1Ms));
}

function waiting(state: Waiting, event: NonInviteClientEvent, t: TimerValues): Step {
	switch (event.type) {
		case "response":
			if (event.status < 200) return to({ ...state, name: "proceeding" }, tell("response"));
			return to({ name: "completed" }, clear("E"), clear("F"), set("K", t.reliable ? 0 : t.t4Ms), tell("response"));
		case "transportFailed":
			return to({ name: "terminated" }, clear("E"), clear("F"), tell("transportFailed"));
		case "timer": {
			if (event.timer === "F") return to({ name: "terminated" }, clear("E"), tell("timeout"));
			if (event.timer !== "E") return to(state);
			// Once something answered, the peer is alive and resending at T2 is enough (§17.1.2.2).
			const resendMs = state.name === "proceeding" ? t.t2Ms : Math.min(2 * state.resendMs, t.t2Ms);
			return to({ ...state, resendMs }, send(state.request), set("E", resendMs));
		}
		case "start":
			return to(state);
	}
}
