/** Secrets of account keys: 256 random bits, kept only as an HMAC (docs/decisions/0001-account-secret-hash.md). */
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { DIRECTORY_LIMITS } from "./limits.ts";
import { deriveKey } from "./master-key.ts";

export interface AccountSecrets {
	/** 43 characters, base64url. */
	make(): string;
	/** HMAC-SHA-256 under a key derived from the master key: what the database holds. */
	hash(secret: string): Uint8Array;
	/** @param expected undefined for an unknown key: compared all the same, so that the time tells nothing. */
	matches(secret: string, expected: Uint8Array | undefined): boolean;
}

export function createAccountSecrets(masterKey: Uint8Array): AccountSecrets {
	const key = deriveKey(masterKey, "account-secret");
	const hash = (secret: string) => new Uint8Array(createHmac("sha256", key).update(secret, "utf8").digest());
	const ofNobody = randomBytes(DIRECTORY_LIMITS.keyBytes);
	return {
		make: () => randomBytes(DIRECTORY_LIMITS.accountSecretBytes).toString("base64url"),
		hash,
		matches: (secret, expected) => timingSafeEqual(hash(secret), expected ?? ofNobody) && expected !== undefined,
	};
}
