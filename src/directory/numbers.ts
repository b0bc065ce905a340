/** Numbers of an operator: given out, looked up, imported. */
import { type Clock, Failure, isE164, type Principal } from "../domain/index.ts";
import type { Store } from "../store/index.ts";
import { audit } from "./audit.ts";
import { availability, inventory } from "./availability.ts";
import { runDue } from "./due.ts";
import { isId } from "./ids.ts";
import { importNumbers } from "./import-order.ts";
import { importPool } from "./import-pool.ts";
import { DIRECTORY_LIMITS } from "./limits.ts";
import { iccidText, NUMBER_COLUMNS, viewOf } from "./number-row.ts";
import { readOrder } from "./orders.ts";
import { numberNotFound } from "./owned-number.ts";
import { provision } from "./provision.ts";
import { reactivate } from "./reactivate.ts";
import { changeStatus } from "./status-change.ts";
import type { FindRoutes, NumberHooks, Numbers, NumberView } from "./types.ts";
import { updateNumber } from "./update-number.ts";

export interface NumbersNeeds {
	readonly store: Store;
	readonly clock: Clock;
	readonly findRoutes: FindRoutes;
	/** Of the mailboxes: without them a number's next owner would hear its last one's messages. */
	readonly hooks: NumberHooks;
}

export function createNumbers(needs: NumbersNeeds): Numbers {
	const { store, clock, findRoutes } = needs;
	const { db, jobs } = store;
	const announcing = { ...needs, jobs };

	async function get(
		who: Principal,
		query: { readonly number?: string | undefined; readonly iccid?: string | undefined },
	): Promise<NumberView> {
		const iccid = iccidText(query.iccid);
		if (query.number === undefined && iccid === null) {
			throw new Failure("badInput", "Neither Number nor ICCID was sent", "Send at least one of them.");
		}
		if (query.number !== undefined && !isE164(query.number)) {
			throw new Failure(
				"badInput",
				"Number is not an E.164 number",
				"Send it with + and country code, digits only; in a query string + is written %2B.",
			);
		}
		// An ICCID that can be nobody's (such as one with a NUL character) never reaches the database.
		if (iccid !== null && !isId(iccid)) throw numberNotFound();
		const row = await db
			.selectFrom("numbers")
			.select(NUMBER_COLUMNS)
			.where("distributorId", "=", who.distributorId)
			.where("status", "!=", "Pool")
			.$if(query.number !== undefined, (q) => q.where("number", "=", query.number!))
			.$if(iccid !== null, (q) => q.where("iccid", "=", iccid))
			.$if(who.accountId !== undefined, (q) => q.where("accountId", "=", who.accountId!))
			// A SIM that changed its number has two rows: the newest one counts.
			.orderBy("provisionedOn", (order) => order.desc().nullsLast())
			.limit(1)
			.executeTakeFirst();
		if (!row) throw numberNotFound();
		return viewOf(row);
	}

	return {
		provision: (who, request, tx) => {
			const transaction: Store["transaction"] = (work) => (tx === undefined ? store.transaction(work) : work(tx));
			return provision({ db: tx ?? db, clock, jobs, findRoutes, transaction }, who, request);
		},
		get,
		availability: (who, query) => availability(db, who, query),
		inventory: (who, query) => inventory(db, who, query),
		update: (who, number, change) => store.transaction((tx) => updateNumber(tx, announcing, who, number, change)),
		changeStatus: (who, request) => store.transaction((tx) => changeStatus(tx, announcing, who, request)),
		reactivate: (who, number, accountId) =>
			store.transaction((tx) => reactivate(tx, announcing, who, number, accountId)),
		order: (who, orderId) => readOrder(db, who, orderId),
		importNumbers: (who, numbers, provision) =>
			store.transaction((tx) => importNumbers(tx, announcing, who, numbers, provision)),
		runDue: () => runDue(announcing),
		ownerOf: (number) => ownerOf(db, number),
		importPool: async (distributorId, numbers, who = { accountKey: "job" }) => {
			const { imported, skipped } = await store.transaction(async (tx) => {
				const done = await importPool(tx, distributorId, numbers);
				const at = clock.now();
				const after = { Imported: done.imported, Skipped: done.skipped.length };
				const operation = who.operation ?? "importPool";
				if (done.imported > 0) {
					await audit(tx, { who: { ...who, distributorId }, at, accountId: null, operation, after });
				}
				return done;
			});
			return { imported, skipped };
		},
		list: async (filter) => {
			const rows = await db
				.selectFrom("numbers")
				.select(NUMBER_COLUMNS)
				.$if(filter.status !== undefined, (q) => q.where("status", "=", filter.status!))
				.orderBy("number")
				.limit(Math.min(filter.limit, DIRECTORY_LIMITS.listMax))
				.execute();
			return rows.map(viewOf);
		},
	};
}

/** Rights of the whole account: the command line is the operator's own hand. */
async function ownerOf(db: Store["db"], number: string): Promise<Principal> {
	const row = await db
		.selectFrom("numbers")
		.select(["distributorId", "accountId"])
		.where("number", "=", number)
		.where("status", "!=", "Pool")
		.executeTakeFirst();
	if (!row) throw numberNotFound();
	const { distributorId, accountId } = row;
	return { accountKey: "cli", distributorId, accountId: accountId ?? undefined, rights: [] };
}
