/** What becomes of a request from a stranger: RFC 3261 §22.1, RFC 7616 §3.4, RFC 8760. Pure but for the counts it uses up. */
import { octetsToText, textToOctets } from "../message/text.ts";
import type { DigestUsers, SipPeer } from "../types.ts";
import { type Credentials, challenge, parseCredentials } from "./header.ts";
import { makeNonce, readNonce } from "./nonce.ts";
import type { NonceCounts } from "./nonce-counts.ts";
import { isRight } from "./response.ts";

export type Verdict =
	| { readonly result: "peer"; readonly peer: SipPeer }
	/** Ask (again). `wrong`: somebody guessed, with a nonce that was made for this address. */
	| { readonly result: "ask"; readonly stale: boolean; readonly wrong: boolean };

export interface Asked {
	readonly method: string;
	/** Values of Authorization. */
	readonly authorization: readonly string[];
	readonly address: string;
	readonly nowMs: number;
}

export interface DigestMeans {
	readonly users: DigestUsers;
	readonly key: Uint8Array;
	readonly counts: NonceCounts;
}

const ASK: Verdict = { result: "ask", stale: false, wrong: false };

export function verify({ method, authorization, address, nowMs }: Asked, { users, key, counts }: DigestMeans): Verdict {
	const given = authorization.map(parseCredentials).find((one) => one?.realm === textToOctets(users.realm));
	// A nonce of anybody's choice proves nothing, and one made for another address may be a spoofed one's bait.
	const nonce = given && readNonce(key, address, given.nonce);
	if (given === undefined || nonce === undefined || !isWhole(given)) return ASK;
	const user = users.find(octetsToText(given.username));
	const { algorithm } = given;
	if (algorithm === undefined || !isRight(method, given, algorithm, user?.hashes[algorithm]) || user === undefined) {
		return { result: "ask", stale: false, wrong: true };
	}
	const fresh = counts.use(given.nonce, nonce.issuedMs, Number.parseInt(given.nonceCount!, 16), nowMs);
	return fresh ? { result: "peer", peer: user.peer } : { result: "ask", stale: true, wrong: false };
}

/** Without qop there is no count, and what was overheard could be sent again. */
function isWhole({ qop, cnonce, nonceCount }: Credentials): boolean {
	return qop === "auth" && cnonce !== undefined && nonceCount !== undefined && /^[0-9a-f]{8}$/i.test(nonceCount);
}

/** Values of WWW-Authenticate, strongest first: a client takes the first that it knows (RFC 8760 §2.3). */
export function challenges(
	{ users, key }: DigestMeans,
	{ address, nowMs }: Pick<Asked, "address" | "nowMs">,
	serial: number,
	stale: boolean,
): readonly string[] {
	const nonce = makeNonce(key, address, nowMs, serial);
	return users.algorithms.map((algorithm) => challenge(users.realm, nonce, algorithm, stale));
}
