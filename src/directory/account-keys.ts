/** Account keys from the database, kept for a few seconds: each request of the API asks for one. */
import { sql } from "kysely";
import type { Clock } from "../domain/index.ts";
import type { Db } from "../store/index.ts";
import { isId } from "./ids.ts";
import { DIRECTORY_LIMITS } from "./limits.ts";

export interface KnownAccountKey {
	readonly accountKey: string;
	readonly distributorId: string;
	readonly accountId: string | undefined;
	readonly secretHash: Uint8Array;
	readonly rights: readonly string[];
}

export interface AccountKeys {
	/** Undefined for an unknown or revoked key. Case does not matter (contract 1.7). */
	find(accountKey: string): Promise<KnownAccountKey | undefined>;
}

type Entry = { readonly readAtMs: number; readonly key: Promise<KnownAccountKey | undefined> };

export function createAccountKeys(db: Db, clock: Clock): AccountKeys {
	/** Lower-case key to what was read; insertion order is age. Requests at the same moment share one reading. */
	const entries = new Map<string, Entry>();

	async function read(accountKey: string): Promise<KnownAccountKey | undefined> {
		const row = await db
			.selectFrom("accountKeys")
			.select(["accountKey", "distributorId", "accountId", "secretHash", "rights"])
			.where(sql`lower(account_key)`, "=", accountKey)
			.where("revokedOn", "is", null)
			.executeTakeFirst();
		return row && { ...row, accountId: row.accountId ?? undefined };
	}

	return {
		find: (accountKey) => {
			if (!isId(accountKey)) return Promise.resolve(undefined);
			const name = accountKey.toLowerCase();
			const nowMs = clock.now().getTime();
			const known = entries.get(name);
			if (known && Math.abs(nowMs - known.readAtMs) < DIRECTORY_LIMITS.accountKeyCacheMs) return known.key;
			const entry: Entry = { readAtMs: nowMs, key: read(name) };
			entries.delete(name);
			entries.set(name, entry);
			const forget = () => void (entries.get(name) === entry && entries.delete(name));
			// Unknown keys and failed readings are not kept: a key made just now works at once.
			entry.key.then((key) => key === undefined && forget(), forget);
			if (entries.size > DIRECTORY_LIMITS.accountKeysCached) entries.delete(entries.keys().next().value!);
			return entry.key;
		},
	};
}
