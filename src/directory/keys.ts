/** Account keys: made, rotated with overlap, revoked, listed (contract 6.9). */
import { sql } from "kysely";
import { type Clock, Failure, newRandomId, type Principal, RIGHTS, type Right, rightNamed } from "../domain/index.ts";
import type { Store, Tx } from "../store/index.ts";
import { accountFor } from "./account-for.ts";
import { createAccountSecrets } from "./account-secret.ts";
import { audit } from "./audit.ts";
import { isId } from "./ids.ts";
import { DIRECTORY_LIMITS } from "./limits.ts";
import { checkedName } from "./names.ts";

export interface KeyView {
	readonly accountKey: string;
	/** Null: all accounts of the operator. */
	readonly accountId: string | null;
	readonly name: string;
	readonly rights: readonly string[];
	readonly createdOn: Date;
	readonly rotatedOn: Date | null;
	/** Until when the secret before the last rotation is good too; null when it is not. */
	readonly previousUntil: Date | null;
	/** Null: as the platform's setting says. */
	readonly requestsPerMinute: number | null;
}

/** The secret is shown this once and can not be read again. */
export interface NewSecret extends KeyView {
	readonly accountSecret: string;
}

/**
 * All but `list` want the right `KeyAdmin`, which the operator's first key always has: else Failure `forbidden`. A key
 * of one account sees and makes only keys of this account. An unknown, revoked or foreign key is `notFound`.
 */
export interface Keys {
	/** A key can give only the rights that it has itself; the first key can give all. */
	create(
		who: Principal,
		request: {
			readonly accountId?: string | undefined;
			readonly name: string;
			readonly rights: readonly string[];
		},
	): Promise<NewSecret>;
	/** A new secret; the old one stays good for `overlapMinutes`, so that clients can be changed one after the other. */
	rotate(who: Principal, accountKey: string, overlapMinutes: number | undefined): Promise<NewSecret>;
	/** Tokens of the key are void within seconds. A key can not revoke itself: nobody is locked out by a slip. */
	revoke(who: Principal, accountKey: string): Promise<void>;
	/**
	 * Gives a key a rate limit of its own; undefined: the platform's again. No operation of the API leads here: a limit is
	 * set by whoever runs the platform, not by those whom it holds. In force within seconds.
	 */
	limit(who: Principal, accountKey: string, requestsPerMinute: number | undefined): Promise<KeyView>;
	/** Live ones, oldest first. */
	list(who: Principal): Promise<readonly KeyView[]>;
}

const COLUMNS = [
	"accountKey",
	"accountId",
	"name",
	"rights",
	"createdOn",
	"rotatedOn",
	"previousUntil",
	"requestsPerMinute",
] as const;

export function createKeys(needs: {
	readonly store: Store;
	readonly masterKey: Uint8Array;
	readonly clock: Clock;
}): Keys {
	const { store, clock } = needs;
	const secrets = createAccountSecrets(needs.masterKey);

	return {
		create: async (who, request) => {
			assertKeyAdmin(who);
			return store.transaction(async (tx) => {
				const name = checkedName("Name", request.name);
				const rights = grantable(who, request.rights);
				const accountId = request.accountId ? await accountFor(tx, who, request.accountId) : who.accountId;
				await assertRoom(tx, who.distributorId);
				const accountSecret = secrets.make();
				const createdOn = clock.now();
				const row = await tx
					.insertInto("accountKeys")
					.values({
						accountKey: newRandomId("distributor"),
						distributorId: who.distributorId,
						accountId: accountId ?? null,
						name,
						secretHash: Buffer.from(secrets.hash(accountSecret)),
						rights: [...rights],
						createdOn,
					})
					.returning(COLUMNS)
					.executeTakeFirstOrThrow();
				await audit(tx, {
					who,
					at: createdOn,
					accountId: row.accountId,
					thing: row.accountKey,
					operation: who.operation ?? "createKey",
					after: { Name: name, Rights: rights, AccountSecret: accountSecret },
				});
				return { ...row, accountSecret };
			});
		},

		rotate: async (who, accountKey, overlapMinutes = DIRECTORY_LIMITS.rotationOverlapMinutesDefault) => {
			assertKeyAdmin(who);
			if (!(overlapMinutes >= 0 && overlapMinutes <= DIRECTORY_LIMITS.rotationOverlapMinutesMax)) {
				throw new Failure(
					"badInput",
					`OverlapMinutes must be 0 to ${DIRECTORY_LIMITS.rotationOverlapMinutesMax}`,
					"Send how long the old secret is to stay good, 0 to void it at once.",
				);
			}
			return store.transaction(async (tx) => {
				const key = await ownKey(tx, who, accountKey);
				const accountSecret = secrets.make();
				const now = clock.now();
				const row = await tx
					.updateTable("accountKeys")
					.set({
						previousSecretHash: overlapMinutes === 0 ? null : sql`secret_hash`,
						previousUntil: overlapMinutes === 0 ? null : new Date(now.getTime() + overlapMinutes * 60_000),
						secretHash: Buffer.from(secrets.hash(accountSecret)),
						rotatedOn: now,
					})
					.where("accountKey", "=", key.accountKey)
					.returning(COLUMNS)
					.executeTakeFirstOrThrow();
				await audit(tx, {
					who,
					at: now,
					accountId: row.accountId,
					thing: row.accountKey,
					operation: who.operation ?? "rotateKey",
					before: { AccountSecret: "" },
					after: { AccountSecret: accountSecret, OverlapMinutes: overlapMinutes },
				});
				return { ...row, accountSecret };
			});
		},

		revoke: async (who, accountKey) => {
			assertKeyAdmin(who);
			return store.transaction(async (tx) => {
				const key = await ownKey(tx, who, accountKey);
				if (key.accountKey === who.accountKey) {
					throw new Failure("badInput", "A key can not revoke itself", "Use another key, or `afterbeep keys revoke`.");
				}
				const now = clock.now();
				await tx
					.updateTable("accountKeys")
					.set({ revokedOn: now, previousSecretHash: null, previousUntil: null })
					.where("accountKey", "=", key.accountKey)
					.execute();
				await audit(tx, {
					who,
					at: now,
					accountId: key.accountId,
					thing: key.accountKey,
					operation: who.operation ?? "deleteKey",
					before: { Name: key.name, Rights: key.rights },
				});
			});
		},

		limit: async (who, accountKey, requestsPerMinute) => {
			assertKeyAdmin(who);
			const most = DIRECTORY_LIMITS.requestsPerMinuteMax;
			if (requestsPerMinute !== undefined && !(requestsPerMinute >= 1 && requestsPerMinute <= most)) {
				throw new Failure("badInput", `A key can have 1 to ${most} requests a minute`, "Choose a number between.");
			}
			return store.transaction(async (tx) => {
				const key = await ownKey(tx, who, accountKey);
				const row = await tx
					.updateTable("accountKeys")
					.set({ requestsPerMinute: requestsPerMinute ?? null })
					.where("accountKey", "=", key.accountKey)
					.returning(COLUMNS)
					.executeTakeFirstOrThrow();
				await audit(tx, {
					who,
					at: clock.now(),
					accountId: row.accountId,
					thing: row.accountKey,
					operation: who.operation ?? "limitKey",
					before: { RequestsPerMinute: key.requestsPerMinute },
					after: { RequestsPerMinute: row.requestsPerMinute },
				});
				return row;
			});
		},

		list: async (who) => {
			const rows = await store.db
				.selectFrom("accountKeys")
				.select(COLUMNS)
				.where("distributorId", "=", who.distributorId)
				.where("revokedOn", "is", null)
				.$if(who.accountId !== undefined, (query) => query.where("accountId", "=", who.accountId!))
				.orderBy("createdOn")
				.orderBy("accountKey")
				.execute();
			const now = clock.now();
			return rows.map((row) => ({
				...row,
				previousUntil: row.previousUntil !== null && row.previousUntil > now ? row.previousUntil : null,
			}));
		},
	};
}

/** The first key of an operator is the operator's own id (contract 1.6). */
const isFirstKey = (who: Principal) => who.accountKey === who.distributorId;

function assertKeyAdmin(who: Principal): void {
	if (isFirstKey(who) || who.rights.includes("KeyAdmin" satisfies Right)) return;
	throw new Failure(
		"forbidden",
		"your token does not have permission to manage keys",
		"Use the operator's first key, or one with the right KeyAdmin.",
	);
}

function grantable(who: Principal, names: readonly string[]): readonly Right[] {
	const rights = names.map((name) => {
		const right = rightNamed(name);
		if (right !== undefined) return right;
		throw new Failure("badInput", "Rights holds an unknown right", `Known ones are ${RIGHTS.join(", ")}.`);
	});
	const missing = rights.find((right) => !isFirstKey(who) && !who.rights.includes(right));
	if (missing !== undefined) {
		throw new Failure(
			"forbidden",
			`your token can not give the right ${missing}, which it does not have`,
			"Use the operator's first key.",
		);
	}
	return [...new Set(rights)];
}

/** Locked until the transaction ends. */
async function ownKey(tx: Tx, who: Principal, accountKey: string) {
	const key = isId(accountKey)
		? await tx
				.selectFrom("accountKeys")
				.select(["accountKey", "accountId", "name", "rights", "requestsPerMinute"])
				.where(sql`lower(account_key)`, "=", accountKey.toLowerCase())
				.where("distributorId", "=", who.distributorId)
				.where("revokedOn", "is", null)
				.$if(who.accountId !== undefined, (query) => query.where("accountId", "=", who.accountId!))
				.forUpdate()
				.executeTakeFirst()
		: undefined;
	if (key) return key;
	throw new Failure(
		"notFound",
		"the requested resource does not exist or belongs to a different account",
		"GET /v1.0/keys lists your keys.",
	);
}

async function assertRoom(tx: Tx, distributorId: string): Promise<void> {
	// Makers of keys of one operator follow each other, so that the count is true.
	await tx.selectFrom("distributors").select("id").where("id", "=", distributorId).forUpdate().execute();
	const { live } = await tx
		.selectFrom("accountKeys")
		.select(sql<number>`count(*)::int`.as("live"))
		.where("distributorId", "=", distributorId)
		.where("revokedOn", "is", null)
		.executeTakeFirstOrThrow();
	if (live < DIRECTORY_LIMITS.keysPerDistributorMax) return;
	throw new Failure(
		"badInput",
		`An operator can have ${DIRECTORY_LIMITS.keysPerDistributorMax} keys`,
		"Delete keys that are used no longer.",
	);
}
