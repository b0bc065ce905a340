/** Call filters of subscribers (contract 3.7): one for each subscriber and number. */
import { sql } from "kysely";
import { Failure, newId, type Principal } from "../domain/index.ts";
import type { Db, Tx } from "../store/index.ts";
import { ROUTING_LIMITS } from "./limits.ts";
import { assertOwnNumber } from "./own-number.ts";
import { accountsOf, notFound, withoutUndefined } from "./shelf.ts";
import { type OwnedSubscriber, ownedSubscriber } from "./subscribers.ts";
import type { CallFilters, Document, KeptFilter, NumberList, RoutingNeeds } from "./types.ts";

const NOT_THE_ACCOUNTS = "Phone is no number of the subscriber's account";

export function createCallFilters(needs: RoutingNeeds): CallFilters {
	const { store, clock, directory } = needs;

	/** A change of one filter, held, checked, written down. */
	const changeHeld = (who: Principal, id: string, next: (before: KeptFilter, tx: Tx) => Promise<Document>) =>
		store.transaction(async (tx) => {
			const before = await hold(tx, who, id);
			const document = await next(before, tx);
			assertShort(document);
			const at = clock.now();
			const phone = document.Phone as string;
			if (phone !== before.phone) {
				await assertOwnNumber(tx, before.accountId, phone, NOT_THE_ACCOUNTS);
				await assertFirst(tx, before.subscriberId, phone);
			}
			await tx
				.updateTable("callFilters")
				.set({ document: JSON.stringify(document), phone, updatedOn: at })
				.where("id", "=", before.id)
				.execute();
			const { accountId } = before;
			const entry = { who, at, accountId, number: phone, thing: before.id };
			await directory.audit(tx, { ...entry, before: before.document, after: document });
			return { ...before, phone, document };
		});

	const changeNumbers = (
		who: Principal,
		subscriberId: string,
		id: string,
		list: NumberList,
		next: (numbers: readonly string[]) => readonly string[],
	) =>
		changeHeld(who, id, async ({ document, ...filter }, tx) => {
			await assertOf(tx, who, subscriberId, filter.subscriberId);
			return { ...document, [list]: next((document[list] ?? []) as string[]) };
		});

	return {
		add: (who, subscriberId, accountId, sent) =>
			store.transaction(async (tx) => {
				const subscriber = await ownedSubscriber(tx, who, subscriberId);
				await assertAccount(needs, who, accountId, subscriber);
				const phone = sent.Phone as string;
				await assertOwnNumber(tx, subscriber.accountId, phone, NOT_THE_ACCOUNTS);
				const id = newId("callFilter");
				const document = withoutUndefined({ ...sent, SubscriberId: subscriber.subscriberId });
				assertShort(document);
				const at = clock.now();
				await assertFirst(tx, subscriber.subscriberId, phone);
				const made = { id, subscriberId: subscriber.subscriberId, phone };
				await tx
					.insertInto("callFilters")
					.values({ ...made, document: JSON.stringify(document), createdOn: at, updatedOn: at })
					.execute();
				const entry = { who, at, accountId: subscriber.accountId, number: phone, thing: id };
				await directory.audit(tx, { ...entry, after: document });
				return { ...made, accountId: subscriber.accountId, document };
			}),

		change: (who, id, sent) =>
			changeHeld(who, id, async (before, tx) => {
				const { SubscriberId, ...rest } = sent;
				if (typeof SubscriberId === "string") await assertOf(tx, who, SubscriberId, before.subscriberId);
				return { ...before.document, ...withoutUndefined(rest) };
			}),

		find: async (who, wanted) => {
			const accountId = wanted.accountId && (await directory.accountFor(who, wanted.accountId));
			const rows = await filtersOf(store.db, who)
				.$if(wanted.subscriberId !== undefined, (query) =>
					query.where(sql<string>`lower(call_filters.subscriber_id)`, "=", wanted.subscriberId!.toLowerCase()),
				)
				.$if(wanted.phone !== undefined, (query) => query.where("callFilters.phone", "=", wanted.phone!))
				.$if(accountId !== undefined, (query) => query.where("subscribers.accountId", "=", accountId!))
				.orderBy("callFilters.createdOn")
				.orderBy("callFilters.id")
				.limit(ROUTING_LIMITS.listMax)
				.execute();
			return rows as KeptFilter[];
		},

		remove: (who, id) =>
			store.transaction(async (tx) => {
				const { id: stored, accountId, phone, document } = await hold(tx, who, id);
				const at = clock.now();
				await tx.deleteFrom("callFilters").where("id", "=", stored).execute();
				await directory.audit(tx, { who, at, accountId, number: phone, thing: stored, before: document });
				return { id: stored, at };
			}),

		get: async (who, subscriberId, id) => {
			const row = await filtersOf(store.db, who)
				.where(sql<string>`lower(call_filters.id)`, "=", id.toLowerCase())
				.executeTakeFirst();
			if (row === undefined) throw notFound();
			await assertOf(store.db, who, subscriberId, row.subscriberId);
			return row as KeptFilter;
		},

		addNumbers: (who, subscriberId, id, list, numbers) =>
			changeNumbers(who, subscriberId, id, list, (before) => [...new Set([...before, ...numbers])]),

		removeNumbers: (who, subscriberId, id, list, numbers) =>
			changeNumbers(who, subscriberId, id, list, (before) => before.filter((one) => !numbers.includes(one))),
	};
}

/** A filter belongs to the account in which its subscriber is now: a transfer takes it along. */
function filtersOf(db: Db | Tx, who: Principal) {
	return db
		.selectFrom("callFilters")
		.innerJoin("subscribers", "subscribers.id", "callFilters.subscriberId")
		.select([
			"callFilters.id",
			"callFilters.subscriberId",
			"callFilters.phone",
			"callFilters.document",
			"subscribers.accountId",
		])
		.where("subscribers.accountId", "in", accountsOf(db, who));
}

async function hold(tx: Tx, who: Principal, id: string): Promise<KeptFilter> {
	const row = await filtersOf(tx, who)
		.where(sql<string>`lower(call_filters.id)`, "=", id.toLowerCase())
		.forUpdate("callFilters")
		.executeTakeFirst();
	if (row === undefined) throw notFound();
	return row as KeptFilter;
}

/** The subscriber that a request names beside the filter must be the filter's. */
async function assertOf(db: Db | Tx, who: Principal, named: string, subscriberId: string): Promise<void> {
	const subscriber = await ownedSubscriber(db, who, named);
	if (subscriber.subscriberId !== subscriberId) throw notFound();
}

async function assertAccount(
	{ directory }: RoutingNeeds,
	who: Principal,
	named: string | undefined,
	subscriber: OwnedSubscriber,
): Promise<void> {
	if (named === undefined) return;
	if ((await directory.accountFor(who, named)) !== subscriber.accountId) throw notFound();
}

/** The subscriber's row, held, is where two of them made at once meet. */
async function assertFirst(tx: Tx, subscriberId: string, phone: string): Promise<void> {
	await tx.selectFrom("subscribers").select("id").where("id", "=", subscriberId).forNoKeyUpdate().execute();
	const row = await tx
		.selectFrom("callFilters")
		.select("id")
		.where("subscriberId", "=", subscriberId)
		.where("phone", "=", phone)
		.executeTakeFirst();
	if (row === undefined) return;
	const message = `Duplicate filter found for the same subscriber and phone number: ${row.id}`;
	throw new Failure("badInput", message, "Change that one with POST /v1.0/subscribers/call-filter/update.");
}

function assertShort(document: Document): void {
	for (const list of ["AllowedNumbers", "BlockedNumbers"] as const) {
		const { length } = (document[list] ?? []) as string[];
		if (length > ROUTING_LIMITS.filterNumbersMax) {
			const message = `${list} would hold more than ${ROUTING_LIMITS.filterNumbersMax} numbers`;
			throw new Failure("badInput", message, "Remove some first.");
		}
	}
}

/** A subscriber whose number changes keeps what was laid down for it. */
export async function moveNumber(tx: Tx, from: string, to: string): Promise<void> {
	const set = (member: string) => sql<string>`jsonb_set(document, ${`{${member}}`}::text[], to_jsonb(${to}::text))`;
	await tx
		.updateTable("callFilters")
		.set({ phone: to, document: set("Phone") })
		.where("phone", "=", from)
		.execute();
	await tx
		.updateTable("workgroups")
		.set({ document: set("TelegentPhone") })
		.where("telegentPhone", "=", from)
		.execute();
}

/** What was laid down for a number goes with it: its next owner starts without. */
export async function forgetNumber(tx: Tx, phoneNumber: string): Promise<void> {
	await tx.deleteFrom("callFilters").where("phone", "=", phoneNumber).execute();
	await tx
		.updateTable("workgroups")
		.set({ document: sql`document - 'TelegentPhone'` })
		.where("telegentPhone", "=", phoneNumber)
		.execute();
}
