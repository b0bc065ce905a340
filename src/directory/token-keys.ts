/** The HS256 keys that sign bearer tokens: rows that all nodes share, wrapped under the master key. */
import { randomBytes, webcrypto } from "node:crypto";
import { sql } from "kysely";
import { type Clock, Failure, uuidv7 } from "../domain/index.ts";
import type { Db, Tx } from "../store/index.ts";
import { DIRECTORY_LIMITS } from "./limits.ts";
import { deriveKey } from "./master-key.ts";
import { unwrapKey, wrapKey } from "./wrapped-key.ts";

export interface TokenKey {
	readonly kid: string;
	readonly key: webcrypto.CryptoKey;
	readonly retiredOn: Date | null;
}

export interface TokenKeys {
	/** The newest key not retired; the very first is made here. */
	signing(): Promise<TokenKey>;
	/** A retired key still checks the tokens that it signed while it was in use; undefined for an unknown one. */
	checking(kid: string): Promise<TokenKey | undefined>;
}

/** A retired key is of use until the last token is void that a node signed which had not yet heard of its retirement. */
export const TOKEN_KEY_REST_MS =
	(DIRECTORY_LIMITS.tokenMinutesMax * 60 + DIRECTORY_LIMITS.tokenSkewSeconds) * 1000 + DIRECTORY_LIMITS.tokenKeyCacheMs;

/** @throws Failure `configInvalid` from each call when the master key is not the one of this database. */
export function createTokenKeys(needs: {
	readonly db: Db;
	readonly masterKey: Uint8Array;
	readonly clock: Clock;
}): TokenKeys {
	const wrapping = deriveKey(needs.masterKey, "token-key-wrapping");
	let loaded: { readonly atMs: number; readonly keys: Promise<readonly TokenKey[]> } | undefined;

	async function read(): Promise<readonly TokenKey[]> {
		const stillOfUse = new Date(needs.clock.now().getTime() - TOKEN_KEY_REST_MS);
		const rows = await needs.db
			.selectFrom("tokenKeys")
			.select(["kid", "wrappedKey", "retiredOn"])
			.where((eb) => eb.or([eb("retiredOn", "is", null), eb("retiredOn", ">", stillOfUse)]))
			.orderBy("createdOn", "desc")
			.orderBy("kid", "desc")
			.execute();
		return Promise.all(
			rows.map(async (row) => ({
				kid: row.kid,
				retiredOn: row.retiredOn,
				key: await importKey(unwrapKey(wrapping, row.wrappedKey, row.kid)),
			})),
		);
	}

	/** @param maxAgeMs read again when the last reading is older. */
	function keys(maxAgeMs: number): Promise<readonly TokenKey[]> {
		const nowMs = needs.clock.now().getTime();
		if (loaded && Math.abs(nowMs - loaded.atMs) < maxAgeMs) return loaded.keys;
		const reading = { atMs: nowMs, keys: read() };
		loaded = reading;
		reading.keys.catch(() => {
			if (loaded === reading) loaded = undefined;
		});
		return reading.keys;
	}

	/** Under a lock: nodes that start together on a new database make one key, not one each. */
	async function makeFirst(): Promise<void> {
		await needs.db.transaction().execute(async (tx) => {
			await lockTokenKeys(tx);
			const existing = await tx.selectFrom("tokenKeys").select("kid").where("retiredOn", "is", null).executeTakeFirst();
			if (existing) return;
			await insertTokenKey(tx, wrapping, needs.clock.now());
		});
	}

	const inUse = (found: readonly TokenKey[]) => found.find((key) => key.retiredOn === null);
	return {
		signing: async () => {
			const known = inUse(await keys(DIRECTORY_LIMITS.tokenKeyCacheMs));
			if (known) return known;
			await makeFirst();
			return inUse(await keys(0))!;
		},
		checking: async (kid) => {
			const named = (found: readonly TokenKey[]) => found.find((key) => key.kid === kid);
			return (
				named(await keys(DIRECTORY_LIMITS.tokenKeyCacheMs)) ?? named(await keys(DIRECTORY_LIMITS.tokenKeyReloadMs))
			);
		},
	};
}

/** Makers and rotators of signing keys follow each other. */
export async function lockTokenKeys(tx: Tx): Promise<void> {
	await sql`select pg_advisory_xact_lock(hashtext('afterbeep.token_keys'))`.execute(tx);
}

/** @returns the new key's `kid`. */
export async function insertTokenKey(tx: Tx, wrapping: Uint8Array, now: Date): Promise<string> {
	const kid = uuidv7(now.getTime());
	const wrappedKey = wrapKey(wrapping, randomBytes(DIRECTORY_LIMITS.keyBytes), kid);
	await tx
		.insertInto("tokenKeys")
		.values({ kid, wrappedKey: Buffer.from(wrappedKey), createdOn: now })
		.execute();
	return kid;
}

function importKey(key: Uint8Array | undefined): Promise<webcrypto.CryptoKey> {
	if (key === undefined) {
		throw new Failure(
			"configInvalid",
			"The master key does not open this database's token keys",
			"Put the master key file of this database back, or set AFTERBEEP_MASTER_KEY to it.",
		);
	}
	return webcrypto.subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["sign", "verify"]);
}
