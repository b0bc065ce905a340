/** Subscribers of an account, and the numbers they have (contract 3.3). */
import { sql } from "kysely";
import { type Clock, Failure, isMailAddress, newId, type Principal } from "../domain/index.ts";
import type { Db, Store, Tx } from "../store/index.ts";
import { accountFor } from "./account-for.ts";
import { audit } from "./audit.ts";
import { isId } from "./ids.ts";
import { checkedName } from "./names.ts";
import { assignNumbers, numbersOfSubscribers, subscriberNotFound } from "./subscriber-numbers.ts";
import { totalOf } from "./tallies.ts";

export const ROLES = ["Subscriber", "Manager", "Account Admin"] as const;
export type Role = (typeof ROLES)[number];

export interface SubscriberView {
	readonly subscriberId: string;
	readonly name: string;
	readonly email: string;
	readonly phoneNumbers: readonly string[];
	readonly role: string;
	readonly accountId: string;
	readonly accountName: string;
}

/**
 * Unknown subscribers and those of accounts that the principal does not see are `notFound`. Passwords are no part of
 * this: nothing of Afterbeep lets a subscriber log in with one, and what is not kept can not be stolen
 * (docs/decisions/0007-subscriber-passwords.md).
 */
export interface Subscribers {
	/**
	 * @param tx of an answer to be kept, else one of its own.
	 * @throws Failure `badInput`: `Email already exists`, `Phone number does not belong to account`,
	 *   `Phone number already in use`, `Invalid AccountId`.
	 */
	create(
		who: Principal,
		request: {
			readonly accountId: string | undefined;
			readonly name: string;
			readonly email: string;
			readonly role: Role;
			readonly phoneNumbers: readonly string[];
		},
		tx?: Tx,
	): Promise<SubscriberView>;
	get(who: Principal, subscriberId: string): Promise<SubscriberView>;
	/** Changes only what is sent; PhoneNumbers replace the whole list. */
	update(
		who: Principal,
		subscriberId: string,
		fields: {
			readonly name?: string | undefined;
			readonly role?: Role | undefined;
			readonly phoneNumbers?: readonly string[] | undefined;
		},
	): Promise<SubscriberView>;
	/** To another account of the same operator, with numbers, mailboxes and messages. */
	transfer(who: Principal, subscriberId: string, from: string, to: string): Promise<SubscriberView>;
	/** Oldest first. */
	list(
		who: Principal,
		page: { readonly offset: number; readonly limit: number; readonly accountId?: string | undefined },
	): Promise<{ readonly total: number; readonly subscribers: readonly SubscriberView[] }>;
}

export interface SubscribersNeeds {
	readonly store: Store;
	readonly clock: Clock;
	/** What else hangs on a number goes with it: the mailbox room's part of a transfer. */
	moveMailboxes(tx: Tx, phoneNumbers: readonly string[], accountId: string): Promise<void>;
}

export function createSubscribers(needs: SubscribersNeeds): Subscribers {
	const { store, clock } = needs;
	const inTransaction = <T>(tx: Tx | undefined, work: (tx: Tx) => Promise<T>) =>
		tx === undefined ? store.transaction(work) : work(tx);

	return {
		create: async (who, request, given) => {
			const name = checkedName("Name", request.name);
			const email = request.email.trim();
			if (!isMailAddress(email)) {
				throw new Failure("badInput", "Email is not an e-mail address", "Send one address, such as john@example.com.");
			}
			return inTransaction(given, async (tx) => {
				const accountId = await accountFor(tx, who, request.accountId);
				if (accountId === undefined) {
					throw new Failure(
						"badInput",
						"AccountId is required, since you have several accounts",
						"Send the AccountId.",
					);
				}
				const now = clock.now();
				const subscriberId = newId("subscriber");
				const made = await tx
					.insertInto("subscribers")
					.values({ id: subscriberId, accountId, name, email, role: request.role, createdOn: now, updatedOn: now })
					.onConflict((conflict) => conflict.doNothing())
					.returning("id")
					.executeTakeFirst();
				if (!made) {
					throw new Failure("badInput", "Email already exists", "Send an address that no other subscriber has.");
				}
				await assignNumbers(tx, { subscriberId, accountId }, request.phoneNumbers);
				await audit(tx, {
					who,
					at: now,
					accountId,
					thing: subscriberId,
					operation: who.operation ?? "createSubscriber",
					after: { Name: name, Email: email, Role: request.role, PhoneNumbers: request.phoneNumbers },
				});
				return read(tx, subscriberId);
			});
		},

		get: async (who, subscriberId) => read(store.db, (await ownSubscriber(store.db, who, subscriberId)).id),

		update: async (who, subscriberId, fields) => {
			const name = fields.name === undefined ? undefined : checkedName("Name", fields.name);
			return store.transaction(async (tx) => {
				const found = await ownSubscriber(tx, who, subscriberId, { lock: true });
				const before = await read(tx, found.id);
				const now = clock.now();
				await tx
					.updateTable("subscribers")
					.set({ name: name ?? before.name, role: fields.role ?? before.role, updatedOn: now })
					.where("id", "=", found.id)
					.execute();
				if (fields.phoneNumbers !== undefined) {
					await assignNumbers(tx, { subscriberId: found.id, accountId: found.accountId }, fields.phoneNumbers);
				}
				const after = await read(tx, found.id);
				await audit(tx, {
					who,
					at: now,
					accountId: found.accountId,
					thing: found.id,
					operation: who.operation ?? "updateSubscriber",
					before: audited(before),
					after: audited(after),
				});
				return after;
			});
		},

		transfer: (who, subscriberId, from, to) =>
			store.transaction((tx) => transfer(tx, needs, who, subscriberId, from, to)),

		list: async (who, page) => {
			const accountId = page.accountId ?? who.accountId;
			const [total, rows] = await Promise.all([
				totalOf(store.db, { distributorId: who.distributorId, accountId }, "subscribers"),
				scoped(store.db, who)
					.$if(accountId !== undefined, (query) => query.where("subscribers.accountId", "=", accountId!))
					.select(VIEW_COLUMNS)
					.orderBy("subscribers.createdOn")
					.orderBy("subscribers.id")
					.offset(page.offset)
					.limit(page.limit)
					.execute(),
			]);
			return { total, subscribers: await viewsOf(store.db, rows) };
		},
	};
}

async function transfer(
	tx: Tx,
	needs: SubscribersNeeds,
	who: Principal,
	subscriberId: string,
	fromAccountId: string,
	toAccountId: string,
): Promise<SubscriberView> {
	const from = await accountFor(tx, who, fromAccountId);
	const to = await accountFor(tx, who, toAccountId);
	if (from === undefined || to === undefined) {
		throw new Failure("badInput", "FromAccountId and ToAccountId are required", "Send both accounts.");
	}
	const found = await ownSubscriber(tx, who, subscriberId, { lock: true });
	if (found.accountId !== from) throw subscriberNotFound();
	const before = await read(tx, found.id);
	if (from !== to) {
		const { phoneNumbers } = before;
		const now = needs.clock.now();
		await tx.updateTable("subscribers").set({ accountId: to, updatedOn: now }).where("id", "=", found.id).execute();
		const moved = await moveNumbers(tx, phoneNumbers, to);
		if (phoneNumbers.length > 0) {
			await needs.moveMailboxes(tx, phoneNumbers, to);
		}
		const entry = { who, at: now, thing: found.id, operation: who.operation ?? "transferSubscriber" };
		const change = { before: { AccountId: from }, after: { AccountId: to } };
		await audit(
			tx,
			// Both sides find it in their log.
			{ ...entry, accountId: from, ...change },
			{ ...entry, accountId: to, ...change },
			...moved.map(({ number, before, after }) => ({
				...{ ...entry, accountId: to, number },
				...{ before: { ...change.before, ...before }, after: { ...change.after, ...after } },
			})),
		);
	}
	return read(tx, found.id);
}

const ROUTELESS = { messageRouteId: null, voiceRouteId: null, messageEnabled: false } as const;

/**
 * Routes belong to the account that is left: a number must not lead there any more, nor keep them from being deleted.
 * Messages need a route, so they are off until the new account gives one.
 */
async function moveNumbers(tx: Tx, phoneNumbers: readonly string[], accountId: string) {
	if (phoneNumbers.length === 0) return [];
	const rows = await tx
		.selectFrom("numbers")
		.select(["number", "messageRouteId", "voiceRouteId", "messageEnabled"])
		.where("number", "in", phoneNumbers)
		// The order in which every change of several numbers locks them.
		.orderBy("number")
		.forNoKeyUpdate()
		.execute();
	await tx
		.updateTable("numbers")
		.set({ accountId, ...ROUTELESS })
		.where("number", "in", phoneNumbers)
		.execute();
	const audited = (row: { [Name in keyof typeof ROUTELESS]: string | boolean | null }) => ({
		...{ MessageRouteId: row.messageRouteId, VoiceRouteId: row.voiceRouteId, MessageEnabled: row.messageEnabled },
	});
	return rows.map((row) => ({ number: row.number, before: audited(row), after: audited(ROUTELESS) }));
}

const VIEW_COLUMNS = [
	"subscribers.id",
	"subscribers.accountId",
	"subscribers.name",
	"subscribers.email",
	"subscribers.role",
	"accounts.name as accountName",
] as const;

function scoped(db: Db | Tx, who: Principal) {
	return db
		.selectFrom("subscribers")
		.innerJoin("accounts", "accounts.id", "subscribers.accountId")
		.where("subscribers.distributorId", "=", who.distributorId)
		.$if(who.accountId !== undefined, (query) => query.where("subscribers.accountId", "=", who.accountId!));
}

interface ViewRow {
	readonly id: string;
	readonly accountId: string;
	readonly name: string;
	readonly email: string;
	readonly role: string;
	readonly accountName: string;
}

async function viewsOf(db: Db | Tx, rows: readonly ViewRow[]): Promise<readonly SubscriberView[]> {
	const numbers = await numbersOfSubscribers(
		db,
		rows.map((row) => row.id),
	);
	return rows.map(({ id: subscriberId, ...row }) => ({
		subscriberId,
		...row,
		phoneNumbers: numbers.get(subscriberId.toLowerCase()) ?? [],
	}));
}

async function read(db: Db | Tx, subscriberId: string): Promise<SubscriberView> {
	const row = await db
		.selectFrom("subscribers")
		.innerJoin("accounts", "accounts.id", "subscribers.accountId")
		.select(VIEW_COLUMNS)
		.where("subscribers.id", "=", subscriberId)
		.executeTakeFirstOrThrow();
	return (await viewsOf(db, [row]))[0]!;
}

async function ownSubscriber(
	db: Db | Tx,
	who: Principal,
	subscriberId: string,
	options: { readonly lock: boolean } = { lock: false },
) {
	const found = isId(subscriberId)
		? await scoped(db, who)
				.select(["subscribers.id", "subscribers.accountId"])
				.where(sql`lower(subscribers.id)`, "=", subscriberId.toLowerCase())
				.$if(options.lock, (query) => query.forNoKeyUpdate("subscribers"))
				.executeTakeFirst()
		: undefined;
	if (found) return found;
	throw subscriberNotFound();
}

function audited(view: SubscriberView) {
	return { Name: view.name, Role: view.role, PhoneNumbers: view.phoneNumbers };
}
