import type { Keeper } from "./keeper.ts";
import type { DepositFacts } from "./ports.ts";
import { KEPT, type TraceBuilder } from "./trace.ts";

/** The message that one call may leave, on its way to the mailbox: the trace tells what became of it. */
export class MessageKeeping {
	readonly #keeper: Keeper;
	readonly #trace: TraceBuilder;
	readonly #facts: DepositFacts | undefined;
	/** The first try. */
	#keeping: Promise<void> = Promise.resolve();

	/** @param facts undefined for a call that leaves none. */
	constructor(keeper: Keeper, trace: TraceBuilder, facts: DepositFacts | undefined) {
		this.#keeper = keeper;
		this.#trace = trace;
		this.#facts = facts;
	}

	/** @param recordingIds takes, the one to keep first; @param after which they are whole in the log. */
	keep(recordingIds: readonly string[], after: Promise<unknown> = Promise.resolve()): void {
		const facts = this.#facts;
		if (!facts || recordingIds.length === 0) return;
		this.#keeping = after
			.then(() => this.#keeper.keep(facts, recordingIds))
			.then((outcome) => {
				this.#trace.step(KEPT[outcome]);
				if (outcome === "stored" || outcome === "later") this.#trace.tell({ messageId: facts.messageId });
			});
	}

	settled(): Promise<void> {
		return this.#keeping;
	}
}
