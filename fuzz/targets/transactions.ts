/** Every order of events against the transaction machines: they end, keep no timer then, and tell each end once. */
import { type AcceptedEvent, type AcceptedState, accepted, acceptedStart } from "../../src/sip/dialog/accepted.ts";
import { inviteClient, inviteClientStart } from "../../src/sip/transaction/invite-client.ts";
import { inviteServer, inviteServerStart } from "../../src/sip/transaction/invite-server.ts";
import { type Step, type TimerValues, timerValues } from "../../src/sip/transaction/machine.ts";
import { nonInviteClient, nonInviteClientStart } from "../../src/sip/transaction/non-invite-client.ts";
import { nonInviteServer, nonInviteServerStart } from "../../src/sip/transaction/non-invite-server.ts";
import { Simulated } from "../../test/sip/transaction/simulated.ts";
import { type FuzzTarget, must } from "../target.ts";

const OCTETS = Buffer.from("octets");
const STATUSES = [100, 180, 183, 200, 202, 302, 404, 486, 503, 603];
/** Longer than any timer: 64*T1, and D. */
const BEYOND_ALL_MS = 200_000;

interface Script {
	next(): number;
	readonly over: boolean;
}

type Machine = (script: Script, t: TimerValues) => void;

/** Gives events until the script is over, then lets time pass. */
function play<State extends { readonly name: string }, Event>(
	start: State,
	machine: (state: State, event: Event, t: TimerValues) => Step<State>,
	eventOf: (code: number, script: Script) => Event,
	first: Event | undefined,
) {
	return (script: Script, t: TimerValues): Simulated<State, Event> => {
		const one = new Simulated<State, Event>(start, machine, t);
		if (first !== undefined) one.give(first);
		while (!script.over) {
			const code = script.next();
			if (code < 96) one.advance(code * code);
			else one.give(eventOf(code, script));
			if (one.state.name === "terminated") {
				must(one.pending.length === 0, `ended with timers: ${one.pending}`);
				const said = one.sent.length;
				one.give(eventOf(script.next(), script));
				must(one.state.name === "terminated" && one.sent.length === said, "rose from the dead");
				return one;
			}
		}
		return one.advance(BEYOND_ALL_MS);
	};
}

const status = (script: Script): number => STATUSES[script.next() % STATUSES.length]!;
const response = (script: Script) => ({ type: "response", status: status(script), ack: OCTETS }) as const;
const respond = (script: Script) => ({ type: "respond", status: status(script), octets: OCTETS }) as const;
const failed = { type: "transportFailed" } as const;
const begin = { type: "start", request: OCTETS } as const;
const again = { type: "requestAgain" } as const;

const MACHINES: readonly Machine[] = [
	(script, t) => {
		const one = play(
			inviteClientStart,
			inviteClient,
			(code, s) => (code % 8 === 0 ? failed : response(s)),
			begin,
		)(script, t);
		must(one.pending.length === 0, `a client transaction keeps timers: ${one.pending}`);
		must(one.told.filter(([, news]) => news === "timeout").length <= 1, "timed out twice");
	},
	(script, t) => {
		const one = play(
			nonInviteClientStart,
			nonInviteClient,
			(code, s) => (code % 8 === 0 ? failed : response(s)),
			begin,
		)(script, t);
		must(one.state.name === "terminated", `still ${one.state.name}`);
		must(one.told.filter(([, news]) => news !== "response").length <= 1, "two ends");
	},
	(script, t) => {
		const one = play(
			inviteServerStart,
			inviteServer,
			(code, s) => ([failed, again, { type: "ack" } as const, respond(s), respond(s)] as const)[code % 5]!,
			undefined,
		)(script, t);
		must(one.state.name === "terminated" || one.state.name === "proceeding", `still ${one.state.name}`);
		must(one.told.filter(([, news]) => news === "noAck").length <= 1, "no ACK, twice");
	},
	(script, t) => {
		const one = play(
			nonInviteServerStart,
			nonInviteServer,
			(code, s) => ([failed, again, respond(s)] as const)[code % 3]!,
			undefined,
		)(script, t);
		must(["terminated", "trying", "proceeding"].includes(one.state.name), `still ${one.state.name}`);
	},
	(script, t) => {
		const one = play<AcceptedState, AcceptedEvent>(
			acceptedStart,
			accepted,
			(code) => ({ type: code % 2 === 0 ? "ack" : "dialogEnded" }),
			{ type: "start", octets: OCTETS },
		)(script, t);
		must(one.pending.length === 0, `a 2xx keeps timers: ${one.pending}`);
	},
];

export const transactions: FuzzTarget = {
	name: "transactions",
	share: 3,
	generate: (random) => Buffer.from(Array.from({ length: random.between(2, 40) }, () => random.between(0, 255))),
	run: (octets) => {
		let at = 1;
		const script: Script = {
			next: () => octets[at++] ?? 0,
			get over() {
				return at >= octets.length;
			},
		};
		const choice = octets[0] ?? 0;
		MACHINES[choice % MACHINES.length]!(script, timerValues(500, choice >= 128));
	},
};
