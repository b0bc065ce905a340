/** Operators (distributors): the first one, and further ones beside it. */
import { randomUUID } from "node:crypto";
import { sql } from "kysely";
import { type Actor, type Clock, Failure, newId, newRandomId } from "../domain/index.ts";
import type { Store, Tx } from "../store/index.ts";
import { accountFor } from "./account-for.ts";
import { createAccountSecrets } from "./account-secret.ts";
import { audit } from "./audit.ts";
import { isId } from "./ids.ts";
import { DIRECTORY_LIMITS } from "./limits.ts";
import { checkedName } from "./names.ts";
import type { FirstOperator, Operators } from "./types.ts";

/**
 * The first account's id is that of the contract's examples, as the first number of its pool is theirs: so each documented
 * body works on a new platform as it stands. Ids are opaque (contract 1.7).
 */
const EXAMPLE_ACCOUNT_ID = "AID-ab12345-2725-45a1-bd5e-526ed19799xx";

/** False for a database that no first start has filled yet: nothing in it hangs on a master key. */
export async function hasOperator({ db }: Pick<Store, "db">): Promise<boolean> {
	return (await db.selectFrom("distributors").select("id").limit(1).executeTakeFirst()) !== undefined;
}

export function createOperators(needs: {
	readonly store: Store;
	readonly masterKey: Uint8Array;
	readonly clock: Clock;
}): Operators {
	const { store, clock } = needs;
	const secrets = createAccountSecrets(needs.masterKey);

	/** An operator with an account of its own and a key for all its accounts. */
	async function make(tx: Tx, who: Actor, name: string, made: FirstOperator): Promise<void> {
		const createdOn = clock.now();
		const { distributorId, accountId, accountKey } = made;
		await tx.insertInto("distributors").values({ id: distributorId, name, createdOn }).execute();
		await tx
			.insertInto("accounts")
			.values({ id: accountId, distributorId, name: "Default", createdOn, updatedOn: createdOn })
			.execute();
		await tx
			.insertInto("accountKeys")
			.values({
				accountKey,
				distributorId,
				accountId: null,
				name: "First key",
				secretHash: Buffer.from(secrets.hash(made.accountSecret)),
				createdOn,
			})
			.execute();
		await audit(tx, {
			who: { ...who, distributorId },
			at: createdOn,
			accountId,
			thing: distributorId,
			operation: who.operation ?? "createDistributor",
			after: { Name: name, AccountKey: accountKey, AccountSecret: made.accountSecret },
		});
	}

	async function fillWithExamples(tx: Tx, distributorId: string): Promise<void> {
		const examples = Array.from({ length: DIRECTORY_LIMITS.exampleNumbers }, (_, i) => ({
			number: `+${DIRECTORY_LIMITS.exampleNumberFirst + i}`,
			id: randomUUID(),
			distributorId,
			status: "Pool",
			areaCode: "123",
			example: true,
			createdOn: clock.now(),
		}));
		await tx.insertInto("numbers").values(examples).execute();
	}

	/** The first key of an operator is the operator's own id (contract 1.6). */
	function credentials(given: {
		readonly accountKey?: string | undefined;
		readonly accountSecret?: string | undefined;
	}) {
		const accountKey = given.accountKey ?? newRandomId("distributor");
		return {
			distributorId: accountKey,
			accountId: newId("account"),
			accountKey,
			accountSecret: given.accountSecret ?? secrets.make(),
		};
	}

	return {
		bootstrap: async (given) => {
			checkGiven(given);
			return store.transaction(async (tx) => {
				// Nodes that start together on a new database: one makes the operator, the others find it.
				await sql`select pg_advisory_xact_lock(hashtext('afterbeep.bootstrap'))`.execute(tx);
				if (await tx.selectFrom("distributors").select("id").limit(1).executeTakeFirst()) return undefined;
				const first = { ...credentials(given), accountId: EXAMPLE_ACCOUNT_ID };
				await make(tx, { accountKey: "first start" }, "First operator", first);
				await fillWithExamples(tx, first.distributorId);
				return first;
			});
		},

		create: async (who, name) => {
			const checked = checkedName("Name", name);
			return store.transaction(async (tx) => {
				const made = credentials({});
				await make(tx, who, checked, made);
				return made;
			});
		},

		list: async () =>
			store.db
				.selectFrom("distributors")
				.select((eb) => [
					"distributors.id as distributorId",
					"distributors.name",
					"distributors.createdOn",
					eb
						.selectFrom("accounts")
						.whereRef("accounts.distributorId", "=", "distributors.id")
						.select(sql<number>`count(*)::int`.as("count"))
						.$asScalar()
						.as("accounts"),
					eb
						.selectFrom("accountKeys")
						.whereRef("accountKeys.distributorId", "=", "distributors.id")
						.where("accountKeys.revokedOn", "is", null)
						.select(sql<number>`count(*)::int`.as("count"))
						.$asScalar()
						.as("keys"),
				])
				.orderBy("distributors.createdOn")
				.orderBy("distributors.id")
				.limit(DIRECTORY_LIMITS.listMax)
				.execute()
				.then((rows) => rows.map((row) => ({ ...row, accounts: row.accounts ?? 0, keys: row.keys ?? 0 }))),

		find: async (distributorId) => {
			if (!isId(distributorId)) return undefined;
			const row = await store.db
				.selectFrom("distributors")
				.select(["id", "name"])
				.where((eb) => eb(eb.fn("lower", ["id"]), "=", distributorId.toLowerCase()))
				.executeTakeFirst();
			return row && { distributorId: row.id, name: row.name };
		},

		defaultDistributorId: async () => {
			const row = await store.db
				.selectFrom("distributors")
				.select("id")
				.orderBy("createdOn")
				.orderBy("id")
				.limit(1)
				.executeTakeFirst();
			if (row) return row.id;
			throw new Failure(
				"notFound",
				"No operator exists in this database",
				"Run `afterbeep start` once: its first start makes one.",
			);
		},

		accountFor: (who, accountId) => accountFor(store.db, who, accountId),
	};
}

function checkGiven(given: { readonly accountKey?: string | undefined; readonly accountSecret?: string | undefined }) {
	if (given.accountKey !== undefined && !isId(given.accountKey)) {
		throw new Failure(
			"configInvalid",
			"AFTERBEEP_ACCOUNT_KEY is not an id",
			"Give 1 to 100 printable characters, such as DID-0197c1f2-....",
		);
	}
	const { accountSecretCharsMin: min, accountSecretCharsMax: max } = DIRECTORY_LIMITS;
	const { accountSecret } = given;
	if (accountSecret !== undefined && (accountSecret.length < min || accountSecret.length > max)) {
		throw new Failure(
			"configInvalid",
			`AFTERBEEP_ACCOUNT_SECRET must have ${min} to ${max} characters`,
			"Give a long random text, or leave it out: then one is made and shown.",
		);
	}
}
