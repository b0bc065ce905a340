/** The peers file of this machine: read whole, or refused whole. */
import { Failure, type PeerPolicy } from "../../domain/index.ts";
import { DEFAULT_REALM, readPeers } from "./read.ts";
import type { PeerList } from "./types.ts";

/**
 * @param file undefined: there is none, and only `AFTERBEEP_SIP_PEERS` tells who may call.
 * @param policy what holds where the file says nothing else.
 * @param readFile text of a file, undefined when there is none.
 * @throws Failure `configInvalid` with a line for each problem: `FILE, line N: reason`.
 */
export function loadPeers(
	file: string | undefined,
	policy: PeerPolicy,
	readFile: (path: string) => string | undefined,
): PeerList {
	if (file === undefined) {
		const limits = { callsMax: undefined, callsPerSecondMax: undefined };
		return { realm: DEFAULT_REALM, peers: [], others: { policy, limits } };
	}
	const text = readFile(file);
	if (text === undefined) {
		const mend = "AFTERBEEP_PEERS names a file with policies; addresses alone go to AFTERBEEP_SIP_PEERS.";
		throw new Failure("configInvalid", `The peers file ${file} does not exist`, mend);
	}
	const reading = readPeers(text, policy);
	if (reading.ok) return reading.list;
	const lines = reading.problems.map(({ line, why }) => `  - ${file}, line ${line}: ${why}`);
	const mend = "Mend the lines above; `afterbeep peers check` tries the file, docs/peers.md has all keys.";
	throw new Failure("configInvalid", `The peers file is refused:\n${lines.join("\n")}`, mend);
}
