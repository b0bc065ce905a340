/** Keeps documents of one kind: scoped by who asks, audited, removed only when nothing points to them any more. */
import { sql } from "kysely";
import { Failure, type IdKind, newId, type Principal } from "../domain/index.ts";
import type { Db, Tx } from "../store/index.ts";
import { ROUTING_LIMITS } from "./limits.ts";
import type { Document, Kept, RoutingNeeds, Shelf } from "./types.ts";

export type ShelfTable = "voiceRoutes" | "messageRoutes" | "schedules" | "workgroups";

export interface ShelfKind {
	readonly table: ShelfTable;
	readonly idKind: IdKind;
	/** Checks a document as it would stand, against what it points to. Throws Failure `badInput`. */
	check?(tx: Tx, accountId: string, document: Document): Promise<void>;
	/** What still points to a row: how many, and what they are. */
	usedBy?(tx: Tx, row: Kept): Promise<{ readonly count: number; readonly what: string }>;
}

export function createShelf(needs: RoutingNeeds, kind: ShelfKind): Shelf {
	const { store, clock, directory } = needs;
	const { db } = store;

	const find = (from: Db | Tx, who: Principal, id: string) =>
		from
			.selectFrom(kind.table)
			.select(["id", "accountId", "document"])
			.where(sql<string>`lower(id)`, "=", id.toLowerCase())
			.where("accountId", "in", accountsOf(from, who));

	/** The row, held until the transaction ends, so that two changes follow each other. */
	async function hold(tx: Tx, who: Principal, id: string): Promise<Kept> {
		const row = await find(tx, who, id).forUpdate().executeTakeFirst();
		if (row === undefined) throw notFound();
		return row as Kept;
	}

	return {
		async add(who, named, document) {
			const accountId = await requiredAccount(needs, who, named);
			const id = newId(kind.idKind);
			const row = { id, accountId, document: withoutUndefined(document) };
			await store.transaction(async (tx) => {
				await kind.check?.(tx, accountId, row.document);
				const at = clock.now();
				await tx
					.insertInto(kind.table)
					.values({ id, accountId, document: JSON.stringify(row.document), createdOn: at, updatedOn: at })
					.execute();
				await directory.audit(tx, { who, at, accountId, thing: id, after: row.document });
			});
			return row;
		},

		change: (who, id, sent) =>
			store.transaction(async (tx) => {
				const before = await hold(tx, who, id);
				const document = { ...before.document, ...withoutUndefined(sent) };
				await kind.check?.(tx, before.accountId, document);
				const at = clock.now();
				await tx
					.updateTable(kind.table)
					.set({ document: JSON.stringify(document), updatedOn: at })
					.where("id", "=", before.id)
					.execute();
				const { accountId } = before;
				await directory.audit(tx, { who, at, accountId, thing: before.id, before: before.document, after: document });
				return { ...before, document };
			}),

		async get(who, id) {
			const row = await find(db, who, id).executeTakeFirst();
			if (row === undefined) throw notFound();
			return row as Kept;
		},

		async list(who, named) {
			const accountId = named === undefined ? undefined : await directory.accountFor(who, named);
			const rows = await db
				.selectFrom(kind.table)
				.select(["id", "accountId", "document"])
				.where("accountId", "in", accountsOf(db, who))
				.$if(accountId !== undefined, (query) => query.where("accountId", "=", accountId!))
				.orderBy("createdOn")
				.orderBy("id")
				.limit(ROUTING_LIMITS.listMax)
				.execute();
			return rows as Kept[];
		},

		accountOf: async (who, named) => (await directory.accountFor(who, named)) ?? null,

		remove: (who, id) =>
			store.transaction(async (tx) => {
				const row = await hold(tx, who, id);
				const used = await kind.usedBy?.(tx, row);
				if (used !== undefined && used.count > 0) {
					throw new Failure(
						"badInput",
						`${row.id} is in use by ${used.count} ${used.what}`,
						"Point them elsewhere first, then delete it.",
					);
				}
				await tx.deleteFrom(kind.table).where("id", "=", row.id).execute();
				const { accountId, document } = row;
				await directory.audit(tx, { who, at: clock.now(), accountId, thing: row.id, before: document });
				return row.id;
			}),
	};
}

/** Accounts that a principal may see. */
export function accountsOf(db: Db | Tx, who: Principal) {
	return db
		.selectFrom("accounts")
		.select("accounts.id")
		.where("accounts.distributorId", "=", who.distributorId)
		.$if(who.accountId !== undefined, (query) => query.where("accounts.id", "=", who.accountId!));
}

async function requiredAccount(needs: RoutingNeeds, who: Principal, named: string | undefined): Promise<string> {
	const accountId = await needs.directory.accountFor(who, named);
	if (accountId !== undefined) return accountId;
	throw new Failure("badInput", "AccountId is required, since you have several accounts", "Send the AccountId.");
}

/** Unknown and foreign alike. */
export function notFound(): Failure {
	return new Failure(
		"notFound",
		"the requested resource does not exist or belongs to a different account",
		"Check the id and whose token you use.",
	);
}

export function withoutUndefined(document: Document): Document {
	return Object.fromEntries(Object.entries(document).filter(([, value]) => value !== undefined));
}
