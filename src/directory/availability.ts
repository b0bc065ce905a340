/** What an operator has: free areas of the pool, and the numbers of its accounts. */
import { sql } from "kysely";
import type { Principal } from "../domain/index.ts";
import type { Db } from "../store/index.ts";
import { accountFor } from "./account-for.ts";
import { DIRECTORY_LIMITS } from "./limits.ts";
import { NUMBER_COLUMNS, viewOf } from "./number-row.ts";
import { HELD_STATUSES, LIVE_STATUSES } from "./owned-number.ts";
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

export async function inventory(db: Db, who: Principal, query: InventoryQuery): Promise<Inventory> {
	const named = await accountFor(db, who, query.accountId);
	const mine =
		named === undefined
			? (await db.selectFrom("accounts").select("id").where("distributorId", "=", who.distributorId).execute()).map(
					(row) => row.id,
				)
			: [named];
	// By account, not by operator: that is what the index has.
	const held = db
		.selectFrom("numbers")
		.where("accountId", "in", mine.length === 0 ? [""] : mine)
		.where("status", "in", STATUSES[query.filter]);
	const [{ total }, rows] = await Promise.all([
		held.select(sql<string>`count(*)`.as("total")).executeTakeFirstOrThrow(),
		held
			.select(NUMBER_COLUMNS)
			.orderBy("number")
			.limit(query.pageSize)
			.offset((query.page - 1) * query.pageSize)
			.execute(),
	]);
	return { accountId: named ?? null, total: Number(total), numbers: rows.map(viewOf) };
}
