/** One face for both machines, so that the driver need not know which one runs. */
import {
	beginDeposit,
	type DepositSetup,
	type DepositState,
	depositEnded,
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
	begin(): readonly FlowEffect[];
	step(event: FlowEvent, atMs: number): readonly FlowEffect[];
	readonly ended: boolean;
	/** Takes of a message that were begun, newest first. */
	readonly takes: readonly string[];
}

export function depositFlow(setup: DepositSetup): CallFlow {
	let state: DepositState | undefined;
	const enter = (step: Step<DepositState>) => {
		state = step.state;
		return step.effects;
	};
	return {
		begin: () => enter(beginDeposit(setup)),
		step: (event) => (state ? enter(stepDeposit(state, event)) : []),
		get ended() {
			return state !== undefined && depositEnded(state);
		},
		get takes() {
			return state ? depositTakes(state) : [];
		},
	};
}

export function retrievalFlow(setup: RetrievalSetup): CallFlow {
	let state: RetrievalState | undefined;
	const enter = (step: Step<RetrievalState>) => {
		state = step.state;
		return step.effects;
	};
	return {
		begin: () => enter(beginRetrieval(setup)),
		step: (event, atMs) => (state ? enter(stepRetrieval(state, event, atMs)) : []),
		get ended() {
			return state !== undefined && retrievalEnded(state);
		},
		takes: [],
	};
}
