/** Runs cases against targets: seeded, counted, and each finding kept as octets that bring it back. */
import { type SeededRandom, seededRandom } from "../test/support/seeded-random.ts";
import { mutate } from "./mutate.ts";
import type { FuzzTarget } from "./target.ts";
import { caller } from "./targets/caller.ts";
import { codecs } from "./targets/codecs.ts";
import { dialogs } from "./targets/dialogs.ts";
import { rtcp, rtp, rtpStream } from "./targets/rtp.ts";
import { sdp } from "./targets/sdp.ts";
import { sipDatagram, sipStream } from "./targets/sip.ts";
import { transactions } from "./targets/transactions.ts";

export const TARGETS: readonly FuzzTarget[] = [
	sipDatagram,
	sipStream,
	caller,
	sdp,
	rtp,
	rtcp,
	rtpStream,
	codecs,
	transactions,
	dialogs,
];

/** No octets of 70 kB may hold a thread for so long, not even on a machine that is busy with other work. */
const SLOW_MS = 2_000;
/** Cases of one target in a row: the random numbers of a run depend on the seed alone. */
const TURN = 256;

export interface Finding {
	readonly target: string;
	readonly octets: Uint8Array;
	readonly why: string;
}

export interface FuzzRun {
	readonly cases: number;
	readonly byTarget: ReadonlyMap<string, number>;
	readonly findings: readonly Finding[];
}

export interface FuzzOptions {
	readonly cases: number;
	readonly seed: number;
	/** Ends earlier after so many milliseconds. */
	readonly limitMs?: number;
	readonly targets?: readonly FuzzTarget[];
	/** Findings after which the run ends. */
	readonly findingsMax: number;
	progress?(cases: number, findings: number): void;
}

export function fuzz({ cases, seed, limitMs, targets = TARGETS, findingsMax, progress }: FuzzOptions): FuzzRun {
	const random = seededRandom(seed);
	const turns = targets.flatMap((target) => Array.from({ length: target.share }, () => target));
	const byTarget = new Map<string, number>();
	const findings: Finding[] = [];
	const startedMs = performance.now();
	let done = 0;
	for (let turn = 0; done < cases && findings.length < findingsMax; turn++) {
		if (limitMs !== undefined && performance.now() - startedMs > limitMs) break;
		const target = turns[turn % turns.length]!;
		const count = Math.min(TURN, cases - done);
		for (let n = 0; n < count; n++) {
			const octets = caseFor(target, random);
			const why = tryOut(target, octets);
			if (why !== undefined) findings.push({ target: target.name, octets, why });
		}
		done += count;
		byTarget.set(target.name, (byTarget.get(target.name) ?? 0) + count);
		progress?.(done, findings.length);
	}
	return { cases: done, byTarget, findings };
}

/** Two in five stay as the grammar has them, so that what comes behind the first check is reached too. */
function caseFor(target: FuzzTarget, random: SeededRandom): Uint8Array {
	const octets = target.generate(random);
	return random.chance(0.4) ? octets : mutate(octets, random);
}

/** @returns what did not hold; undefined where all is well. */
export function tryOut(target: FuzzTarget, octets: Uint8Array): string | undefined {
	const startedMs = performance.now();
	try {
		target.run(octets);
	} catch (error) {
		return error instanceof Error ? (error.stack ?? error.message) : String(error);
	}
	if (performance.now() - startedMs < SLOW_MS) return undefined;
	// A machine with other work may have paused us: only what is slow again is slow.
	const againMs = performance.now();
	target.run(octets);
	const tookMs = performance.now() - againMs;
	return tookMs < SLOW_MS ? undefined : `took ${Math.round(tookMs)} ms`;
}
