/** One face for both machines, so that the driver need not know which one runs; a deposit may turn into a retrieval. */
import {
	beginDeposit,
	type DepositSetup,
	type DepositState,
	depositEnded,
	depositLeftFor,
	depositTakes,
	stepDeposit,
} from "./deposit.ts";
import type { FlowEffect, FlowEvent, Step } from "./flow.ts";
import {
	beginRetrieval,
	type RetrievalSetup,
	type RetrievalState,
	retrievalEnded,
	stepRetrieval,
} from "./retrieval.ts";

export interface CallFlow {
	/** What the call is by now. */
	readonly kind: "deposit" | "retrieval";
	begin(): readonly FlowEffect[];
	step(event: FlowEvent, atMs: number): readonly FlowEffect[];
	readonly ended: boolean;
	/** Takes of a message that were begun, newest first. */
	readonly takes: readonly string[];
}

/** @param menu what is behind `*` in the greeting, where the setup allows it. */
export function depositFlow(setup: DepositSetup, menu: RetrievalSetup): CallFlow {
	let retrieval: CallFlow | undefined;
	let state: DepositState | undefined;
	const enter = (step: Step<DepositState>) => {
		state = step.state;
		const firstId = depositLeftFor(step.state);
		if (firstId === undefined) return step.effects;
		retrieval = retrievalFlow(menu, firstId);
		return [...step.effects, ...retrieval.begin()];
	};
	return {
		get kind() {
			return retrieval?.kind ?? "deposit";
		},
		begin: () => enter(beginDeposit(setup)),
		step: (event, atMs) => {
			if (retrieval) return retrieval.step(event, atMs);
			return state ? enter(stepDeposit(state, event)) : [];
		},
		get ended() {
			return retrieval?.ended ?? (state !== undefined && depositEnded(state));
		},
		get takes() {
			return state ? depositTakes(state) : [];
		},
	};
}

/** @param firstId beyond the ids of what came before in the same call. */
export function retrievalFlow(setup: RetrievalSetup, firstId = 1): CallFlow {
	let state: RetrievalState | undefined;
	const enter = (step: Step<RetrievalState>) => {
		state = step.state;
		return step.effects;
	};
	return {
		kind: "retrieval",
		begin: () => enter(beginRetrieval(setup, firstId)),
		step: (event, atMs) => (state ? enter(stepRetrieval(state, event, atMs)) : []),
		get ended() {
			return state !== undefined && retrievalEnded(state);
		},
		takes: [],
	};
}
