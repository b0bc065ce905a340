/**
 * Tokens whose signature was found good: most clients send the same one many times, and checking an HMAC through
 * WebCrypto costs more than all else that is done to admit a request. Only what can not change is kept: the claims.
 * Expiry, signing key, account key and scope are judged at each use. Pure but for its memory.
 */
import type { JWTPayload } from "jose";
import { DIRECTORY_LIMITS } from "./limits.ts";

export interface VerifiedToken {
	readonly claims: JWTPayload;
	readonly kid: string;
}

export interface VerifiedTokens {
	/** Undefined for one never verified or expired by now. */
	find(token: string, now: Date): VerifiedToken | undefined;
	keep(token: string, verified: VerifiedToken): void;
}

export function createVerifiedTokens(): VerifiedTokens {
	/** Insertion order is age: the oldest expires first, since all live equally long. */
	const tokens = new Map<string, VerifiedToken>();
	return {
		find: (token, now) => {
			const known = tokens.get(token);
			if (known === undefined) return undefined;
			// The rule of the verification itself (RFC 7519 §4.1.4): whole seconds, with the tolerance for other nodes' clocks.
			if (known.claims.exp! > Math.floor(now.getTime() / 1000) - DIRECTORY_LIMITS.tokenSkewSeconds) return known;
			tokens.delete(token);
			return undefined;
		},
		keep: (token, verified) => {
			tokens.set(token, verified);
			if (tokens.size > DIRECTORY_LIMITS.verifiedTokensCached) tokens.delete(tokens.keys().next().value!);
		},
	};
}
