import { sql } from "kysely";
import type { Principal } from "../domain/index.ts";
import type { Db, Tx } from "../store/index.ts";
import { accountsOf, notFound } from "./shelf.ts";

export interface OwnedSubscriber {
	readonly subscriberId: string;
	readonly accountId: string;
}

/** @throws Failure `notFound` for unknown and foreign ones alike. */
export async function ownedSubscriber(db: Db | Tx, who: Principal, subscriberId: string): Promise<OwnedSubscriber> {
	const row = await db
		.selectFrom("subscribers")
		.select(["id as subscriberId", "accountId"])
		.where(sql<string>`lower(id)`, "=", subscriberId.toLowerCase())
		.where("accountId", "in", accountsOf(db, who))
		.executeTakeFirst();
	if (row === undefined) throw notFound();
	return row;
}
