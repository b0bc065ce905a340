import type { CallFlow } from "./call-flow.ts";
import type { Effects } from "./effects.ts";
import type { FlowEvent } from "./flow.ts";

export interface FlowRunnerOptions {
	readonly flow: CallFlow;
	readonly effects: Effects;
	nowMs(): number;
	/** The flow came to its end. */
	onEnded(): void;
}

/** Works off the events of one flow, one by one: whatever an effect brings at once waits for its turn. */
export class FlowRunner {
	readonly #options: FlowRunnerOptions;
	readonly #events: FlowEvent[] = [];
	#begun = false;
	#working = false;
	#stopped = false;

	constructor(options: FlowRunnerOptions) {
		this.#options = options;
	}

	get begun(): boolean {
		return this.#begun;
	}

	get kind(): CallFlow["kind"] {
		return this.#options.flow.kind;
	}

	get ended(): boolean {
		return this.#options.flow.ended;
	}

	get takes(): readonly string[] {
		return this.#options.flow.takes;
	}

	begin(): void {
		const { flow, effects } = this.#options;
		this.#begun = true;
		this.#work(() => {
			for (const effect of flow.begin()) effects.run(effect);
		});
	}

	give(event: FlowEvent): void {
		this.#events.push(event);
		this.#work(() => {});
	}

	/** No event counts any more. */
	stop(): void {
		this.#stopped = true;
		this.#options.effects.clearTimer();
	}

	/** Resolves when every request so far has been answered. */
	settled(): Promise<void> {
		return this.#options.effects.settled();
	}

	#work(first: () => void): void {
		if (this.#working || this.#stopped || !this.#begun) return;
		const { flow, effects, nowMs, onEnded } = this.#options;
		this.#working = true;
		try {
			first();
			for (let event = this.#events.shift(); event; event = this.#events.shift()) {
				for (const effect of flow.step(event, nowMs())) effects.run(effect);
			}
		} finally {
			this.#working = false;
		}
		if (flow.ended) onEnded();
	}
}
