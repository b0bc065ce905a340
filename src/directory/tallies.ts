/** Totals that the database keeps (migration 0009): reading one costs the same with ten rows and with a million. */
import { sql } from "kysely";
import { type Db, prepared, type Tx } from "../store/index.ts";

/** `live` numbers are active or parked. */
export type TallyKind = "accounts" | "subscribers" | "live" | "cancelled";

export interface TallyScope {
	readonly distributorId: string;
	/** Undefined: all of the operator. Accounts themselves are counted for operators only. */
	readonly accountId: string | undefined;
}

const sum = sql<number>`coalesce(sum(amount), 0)::int`.as("total");

const ofAccount = prepared((db, given: { readonly accountId: string; readonly kinds: readonly TallyKind[] }) =>
	db
		.selectFrom("tallies")
		.select(sum)
		.where("accountId", "=", given.accountId)
		.where("kind", "=", sql<string>`any(${given.kinds}::text[])`),
);

const ofDistributor = prepared((db, given: { readonly distributorId: string; readonly kinds: readonly TallyKind[] }) =>
	db
		.selectFrom("tallies")
		.select(sum)
		.where("accountId", "is", null)
		.where("distributorId", "=", given.distributorId)
		.where("kind", "=", sql<string>`any(${given.kinds}::text[])`),
);

export async function totalOf(db: Db | Tx, { distributorId, accountId }: TallyScope, ...kinds: TallyKind[]) {
	const row =
		accountId === undefined
			? await ofDistributor.first(db, { distributorId, kinds })
			: await ofAccount.first(db, { accountId, kinds });
	return row!.total;
}
