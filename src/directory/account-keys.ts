/** Account keys from the database, kept for a few seconds: each request of the API asks for one. */
import { sql } from "kysely";
import type { Clock } from "../domain/index.ts";
import { type Db, gathered } from "../store/index.ts";
import { isId } from "./ids.ts";
import { DIRECTORY_LIMITS } from "./limits.ts";

export interface KnownAccountKey {
	readonly accountKey: string;
	readonly distributorId: string;
	readonly accountId: string | undefined;
	readonly secretHash: Uint8Array;
	/** The secret before a rotation, while both are good. */
	readonly previousSecretHash: Uint8Array | null;
	readonly previousUntil: Date | null;
	readonly rights: readonly string[];
	/** Undefined: as the platform's setting says. */
	readonly requestsPerMinute: number | undefined;
}

export interface AccountKeys {
	/** Undefined for an unknown or revoked key. Case does not matter (contract 1.7). */
	find(accountKey: string): Promise<KnownAccountKey | undefined>;
	/** From memory alone; undefined where nothing is remembered. */
	remembered(accountKey: string): Promise<KnownAccountKey | undefined> | undefined;
	/** As it stands in the database now. */
	read(accountKey: string): Promise<KnownAccountKey | undefined>;
}

type Entry = { readonly readAtMs: number; readonly key: Promise<KnownAccountKey | undefined> };

export function createAccountKeys(db: Db, clock: Clock): AccountKeys {
	/** Lower-case key to what was read; insertion order is age. Requests at the same moment share one reading. */
	const entries = new Map<string, Entry>();

	/** Many at once are one statement: bad secrets come in floods, each under a name of its own. */
	const select = gathered(async (names: readonly string[]) => {
		const rows = await db
			.selectFrom("accountKeys")
			.select([
				"accountKey",
				"distributorId",
				"accountId",
				"secretHash",
				"previousSecretHash",
				"previousUntil",
				"rights",
				"requestsPerMinute",
			])
			.where(sql<boolean>`lower(account_key) = any(${names}::text[])`)
			.where("revokedOn", "is", null)
			.execute();
		return new Map(rows.map((row) => [row.accountKey.toLowerCase(), knownKey(row)]));
	}, DIRECTORY_LIMITS.accountKeyReadings);

	function remembered(accountKey: string) {
		const known = entries.get(accountKey.toLowerCase());
		const fresh =
			known !== undefined && Math.abs(clock.now().getTime() - known.readAtMs) < DIRECTORY_LIMITS.accountKeyCacheMs;
		return fresh ? known.key : undefined;
	}

	function read(accountKey: string) {
		if (!isId(accountKey)) return Promise.resolve(undefined);
		const name = accountKey.toLowerCase();
		const entry: Entry = { readAtMs: clock.now().getTime(), key: select(name) };
		entries.delete(name);
		entries.set(name, entry);
		const forget = () => void (entries.get(name) === entry && entries.delete(name));
		// Unknown keys and failed readings are not kept: a key made just now works at once.
		entry.key.then((key) => key === undefined && forget(), forget);
		if (entries.size > DIRECTORY_LIMITS.accountKeysCached) entries.delete(entries.keys().next().value!);
		return entry.key;
	}

	return { remembered, read, find: (accountKey) => remembered(accountKey) ?? read(accountKey) };
}

type Row = Omit<KnownAccountKey, "accountId" | "requestsPerMinute"> & {
	readonly accountId: string | null;
	readonly requestsPerMinute: number | null;
};

function knownKey(row: Row): KnownAccountKey {
	return { ...row, accountId: row.accountId ?? undefined, requestsPerMinute: row.requestsPerMinute ?? undefined };
}
