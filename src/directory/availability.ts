/** What an operator has: free areas of the pool, and the numbers of its accounts. */
import { sql } from "kysely";
import type { Principal } from "../domain/index.ts";
import type { Db } from "../store/index.ts";
import { accountFor } from "./account-for.ts";
import { DIRECTORY_LIMITS } from "./limits.ts";
import { NUMBER_COLUMNS, viewOf } from "./number-row.ts";
import { HELD_STATUSES, LIVE_STATUSES } from "./owned-number.ts";
import { type TallyKind, totalOf } from "./tallies.ts";
import type { Availability, AvailabilityQuery, Inventory, InventoryFilter, InventoryQuery } from "./types.ts";

export async function availability(db: Db, who: Principal, query: AvailabilityQuery): Promise<Availability> {
	const { areaCode, zipCode, page } = query;
	const free = () =>
		db
			.selectFrom("numbers")
			.select(["areaCode", "zipCode", sql<string>`count(*) over ()`.as("total")])
			.where("distributorId", "=", who.distributorId)
			.where("status", "=", "Pool")
			.groupBy(["areaCode", "zipCode"])
			.orderBy("areaCode")
			.orderBy("zipCode")
			.limit(DIRECTORY_LIMITS.areasPerPage)
			.offset((page - 1) * DIRECTORY_LIMITS.areasPerPage);
	const wishes = [
		areaCode === undefined ? undefined : free().where("areaCode", "=", areaCode),
		zipCode === undefined ? undefined : free().where("zipCode", "=", zipCode),
		areaCode === undefined && zipCode === undefined ? free() : undefined,
	];
	for (const wish of wishes) {
		const rows = (await wish?.execute()) ?? [];
		if (rows.length === 0) continue;
		return {
			total: Number(rows[0]!.total),
			areas: rows.map((row) => ({ areaCode: row.areaCode, zipCode: row.zipCode })),
		};
	}
	return { total: 0, areas: [] };
}

const STATUSES: Record<InventoryFilter, readonly string[]> = {
	Active: LIVE_STATUSES,
	Inactive: ["Cancelled"],
	All: HELD_STATUSES,
};

const KINDS: Record<InventoryFilter, readonly TallyKind[]> = {
	Active: ["live"],
	Inactive: ["cancelled"],
	All: ["live", "cancelled"],
};

export async function inventory(db: Db, who: Principal, query: InventoryQuery): Promise<Inventory> {
	const named = await accountFor(db, who, query.accountId);
	const [total, rows] = await Promise.all([
		totalOf(db, { distributorId: who.distributorId, accountId: named }, ...KINDS[query.filter]),
		db
			.selectFrom("numbers")
			.select(NUMBER_COLUMNS)
			.where("distributorId", "=", who.distributorId)
			// In the words of the index over all accounts of an operator.
			.where("accountId", "is not", null)
			.$if(named !== undefined, (numbers) => numbers.where("accountId", "=", named!))
			.where("status", "in", STATUSES[query.filter])
			.orderBy("number")
			.limit(query.pageSize)
			.offset((query.page - 1) * query.pageSize)
			.execute(),
	]);
	return { accountId: named ?? null, total, numbers: rows.map(viewOf) };
}
