/**
 * INVITE client transaction: RFC 3261 §17.1.1 as corrected by RFC 6026 §7.2. Pure.
 *
 * The ACK for a non-2xx belongs to the transaction (§17.1.1.3) and comes in with its response; the ACK for a 2xx is the
 * user's, who therefore gets every 2xx, forked and resent ones too, until timer M.
 */
import { clear, type Step as MachineStep, send, set, type TimerName, type TimerValues, tell, to } from "./machine.ts";

interface Calling {
	readonly name: "calling";
	readonly request: Uint8Array;
	readonly resendMs: number;
}

export type InviteClientState =
	| { readonly name: "initial" }
	| Calling
	| { readonly name: "proceeding" }
	| { readonly name: "completed"; readonly ack: Uint8Array }
	| { readonly name: "accepted" | "terminated" };

export type InviteClientEvent =
	| { readonly type: "start"; readonly request: Uint8Array }
	/** `ack` is the ACK to send where the status is 300 or above. */
	| { readonly type: "response"; readonly status: number; readonly ack: Uint8Array }
	| { readonly type: "transportFailed" }
	| { readonly type: "timer"; readonly timer: TimerName };

type Step = MachineStep<InviteClientState>;

export const inviteClientStart: InviteClientState = { name: "initial" };

export function inviteClient(state: InviteClientState, event: InviteClientEvent, t: TimerValues): Step {
	if (event.type === "start") return state.name === "initial" ? start(event.request, t) : to(state);
	switch (state.name) {
		case "calling":
		case "proceeding":
			return unanswered(state, event, t);
		case "completed":
			if (event.type === "response") return event.status >= 300 ? to(state, send(state.ack)) : to(state);
			if (event.type === "timer" && event.timer === "D") return to({ name: "terminated" });
			if (event.type === "transportFailed") return to({ name: "terminated" }, clear("D"), tell("transportFailed"));
			return to(state);
		case "accepted":
			if (event.type === "response") {
				return event.status >= 200 && event.status < 300 ? to(state, tell("response")) : to(state);
			}
			return event.type === "timer" && event.timer === "M" ? to({ name: "terminated" }) : to(state);
		case "initial":
		case "terminated":
			return to(state);
	}
}

function start(request: Uint8Array, t: TimerValues): Step {
	const resend = t.reliable ? [] : [set("A", t.t1Ms)];
	return to({ name: "calling", request, resendMs: t.t1Ms }, send(request), ...resend, set("B", 64 * t.t1Ms));
}

function unanswered(
	state: Calling | { readonly name: "proceeding" },
	event: Exclude<InviteClientEvent, { type: "start" }>,
	t: TimerValues,
): Step {
	switch (event.type) {
		case "response": {
			const { status, ack } = event;
			// Timer B counts only until the first answer: a phone may ring for minutes.
			if (status < 200) return to({ name: "proceeding" }, clear("A"), clear("B"), tell("response"));
			if (status < 300) {
				return to({ name: "accepted" }, clear("A"), clear("B"), set("M", 64 * t.t1Ms), tell("response"));
			}
			const waitMs = t.reliable ? 0 : t.timerDMs;
			return to({ name: "completed", ack }, clear("A"), clear("B"), send(ack), set("D", waitMs), tell("response"));
		}
		case "transportFailed":
			return to({ name: "terminated" }, clear("A"), clear("B"), tell("transportFailed"));
		case "timer": {
			if (state.name !== "calling") return to(state);
			if (event.timer === "B") return to({ name: "terminated" }, clear("A"), tell("timeout"));
			if (event.timer !== "A") return to(state);
			const resendMs = 2 * state.resendMs; // doubling without a cap, unlike timer E (§17.1.1.2)
			return to({ ...state, resendMs }, send(state.request), set("A", resendMs));
		}
	}
}
