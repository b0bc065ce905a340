/** What the fuzzer needs of a thing that it tries: octets that such a thing may meet, and what must hold for any octets. */
import type { SeededRandom } from "../test/support/seeded-random.ts";

export interface FuzzTarget {
	readonly name: string;
	/** How often its turn comes beside the others. */
	readonly share: number;
	/** Octets in its grammar, mostly right; the fuzzer breaks some of them. */
	generate(random: SeededRandom): Uint8Array;
	/** Throws where something that must hold did not. Octets are any octets. */
	run(octets: Uint8Array): void;
}

/** @throws Error with `what` where `holds` is false. */
export function must(holds: boolean, what: string): asserts holds {
	if (!holds) throw new Error(what);
}
