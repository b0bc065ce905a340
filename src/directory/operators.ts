/** Operators: the first one, and the accounts they have. */
import { randomUUID } from "node:crypto";
import { sql } from "kysely";
import { type Clock, Failure, newId, newRandomId } from "../domain/index.ts";
import type { Store, Tx } from "../store/index.ts";
import { accountFor } from "./account-for.ts";
import { createAccountSecrets } from "./account-secret.ts";
import { isId } from "./ids.ts";
import { DIRECTORY_LIMITS } from "./limits.ts";
import type { FirstOperator, Operators } from "./types.ts";

export function createOperators(needs: {
	readonly store: Store;
	readonly masterKey: Uint8Array;
	readonly clock: Clock;
}): Operators {
	const { store, clock } = needs;
	const secrets = createAccountSecrets(needs.masterKey);

	async function makeFirst(tx: Tx, first: FirstOperator): Promise<void> {
		const createdOn = clock.now();
		const { distributorId, accountId, accountKey } = first;
		await tx.insertInto("distributors").values({ id: distributorId, name: "First operator", createdOn }).execute();
		await tx.insertInto("accounts").values({ id: accountId, distributorId, name: "Default", createdOn }).execute();
		await tx
			.insertInto("accountKeys")
			.values({
				accountKey,
				distributorId,
				accountId: null,
				name: "First key",
				secretHash: Buffer.from(secrets.hash(first.accountSecret)),
				createdOn,
			})
			.execute();
		const examples = Array.from({ length: DIRECTORY_LIMITS.exampleNumbers }, (_, i) => ({
			number: `+${DIRECTORY_LIMITS.exampleNumberFirst + i}`,
			id: randomUUID(),
			distributorId,
			status: "Pool",
			areaCode: "123",
			example: true,
			createdOn,
		}));
		await tx.insertInto("numbers").values(examples).execute();
	}

	return {
		bootstrap: async (given) => {
			checkGiven(given);
			return store.transaction(async (tx) => {
				// Nodes that start together on a new database: one makes the operator, the others find it.
				await sql`select pg_advisory_xact_lock(hashtext('afterbeep.bootstrap'))`.execute(tx);
				if (await tx.selectFrom("distributors").select("id").limit(1).executeTakeFirst()) return undefined;
				const accountKey = given.accountKey ?? newRandomId("distributor");
				const first: FirstOperator = {
					distributorId: accountKey,
					accountId: newId("account"),
					accountKey,
					accountSecret: given.accountSecret ?? secrets.make(),
				};
				await makeFirst(tx, first);
				return first;
			});
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
