/** Packets of one session that are not taken: counted each, told of once. */
import type { MediaLog } from "../types.ts";
import type { Source } from "./source-gate.ts";

export class Refusals {
	/** From sources that are not the peer's. */
	foreign = 0;
	/** The peer's, and of no use. */
	invalid = 0;

	readonly #log: MediaLog;
	readonly #port: () => number;
	#forgedTold = false;

	/** @param port our own, of RTP. */
	constructor(log: MediaLog, port: () => number) {
		this.#log = log;
		this.#port = port;
	}

	stranger(source: Source, expected: Source): void {
		this.foreign++;
		if (this.foreign !== 1) return;
		const fields = { source: named(source), expected: named(expected), port: this.#port() };
		this.#log.warn(fields, "RTP from a source that is not the peer's is ignored");
	}

	forged(source: Source): void {
		if (this.#forgedTold) return;
		this.#forgedTold = true;
		const fields = { source: named(source), port: this.#port() };
		this.#log.warn(fields, "SRTP that is not made with the key of the SDP is ignored");
	}
}

const named = ({ address, port }: Source): string => `${address}:${port}`;
