/** Credentials and signing keys at rest, under a key derived from the master key. */
import { randomBytes } from "node:crypto";
import { Failure } from "../../domain/index.ts";
import { DIRECTORY_LIMITS } from "../limits.ts";
import { deriveKey } from "../master-key.ts";
import { unwrapKey, wrapKey } from "../wrapped-key.ts";

export type SealedPart = "credential" | "secret";

export interface Sealing {
	seal(webhookId: string, part: SealedPart, octets: Uint8Array): Uint8Array;
	/** @throws Failure `configInvalid` where the master key is not the one of this database. */
	open(webhookId: string, part: SealedPart, sealed: Uint8Array): Uint8Array;
}

export function createSealing(masterKey: Uint8Array): Sealing {
	const wrapping = deriveKey(masterKey, "webhook-secret-wrapping");
	return {
		seal: (webhookId, part, octets) => Buffer.from(wrapKey(wrapping, octets, `${webhookId} ${part}`)),
		open: (webhookId, part, sealed) => {
			const octets = unwrapKey(wrapping, sealed, `${webhookId} ${part}`);
			if (octets !== undefined) return octets;
			throw new Failure(
				"configInvalid",
				"The master key does not open this database's webhook secrets",
				"Put the master key file of this database back, or set AFTERBEEP_MASTER_KEY to it.",
			);
		},
	};
}

export function newSigningKey(): Uint8Array {
	return new Uint8Array(randomBytes(DIRECTORY_LIMITS.webhookSecretBytes));
}

/** The form of the Standard Webhooks scheme. */
export function secretText(key: Uint8Array): string {
	return `whsec_${Buffer.from(key).toString("base64")}`;
}
