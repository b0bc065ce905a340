/** Which numbers a subscriber has. The number's row says it, so that a number has one subscriber at most. */
import { sql } from "kysely";
import { Failure, isE164 } from "../domain/index.ts";
import type { Db, Tx } from "../store/index.ts";
import { isId } from "./ids.ts";
import { LIVE_STATUSES } from "./owned-number.ts";

export function subscriberNotFound(): Failure {
	return new Failure(
		"notFound",
		"the requested resource does not exist or belongs to a different account",
		"GET /v1.0/distributor/subscribers lists your subscribers.",
	);
}

/** @returns lower-case SubscriberId to its live numbers, in order. A number of another account than the subscriber's is none of them. */
export async function numbersOfSubscribers(
	db: Db | Tx,
	subscriberIds: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
	const numbers = new Map<string, string[]>();
	if (subscriberIds.length === 0) return numbers;
	const ids = subscriberIds.map((id) => id.toLowerCase());
	const rows = await db
		.selectFrom("numbers")
		.innerJoin("subscribers", (join) =>
			join
				.on(sql`lower(subscribers.id)`, "=", sql`lower(numbers.assigned_subscriber_id)`)
				.onRef("subscribers.accountId", "=", "numbers.accountId"),
		)
		.select(["numbers.number", sql<string>`lower(numbers.assigned_subscriber_id)`.as("subscriberId")])
		.where(sql`lower(numbers.assigned_subscriber_id)`, "in", ids)
		// Said of both sides: PostgreSQL guesses badly how many numbers there are, and would read all subscribers for them.
		.where(sql`lower(subscribers.id)`, "in", ids)
		.where("numbers.status", "in", LIVE_STATUSES)
		.orderBy("numbers.number")
		.execute();
	for (const row of rows) {
		const list = numbers.get(row.subscriberId) ?? [];
		list.push(row.number);
		numbers.set(row.subscriberId, list);
	}
	return numbers;
}

/**
 * Makes `numbers` the subscriber's, and no others.
 *
 * @throws Failure `badInput`: not of this account and live, or another subscriber's.
 */
export async function assignNumbers(
	tx: Tx,
	subscriber: { readonly subscriberId: string; readonly accountId: string },
	numbers: readonly string[],
): Promise<void> {
	const wanted = [...new Set(numbers)];
	const { accountId } = subscriber;
	const id = subscriber.subscriberId.toLowerCase();
	const rows = await tx
		.selectFrom("numbers")
		.select(["number", "assignedSubscriberId"])
		.where("accountId", "=", accountId)
		.where("status", "in", LIVE_STATUSES)
		.where((eb) =>
			eb.or([
				eb("number", "in", wanted.length === 0 ? [""] : wanted.filter(isE164).concat("")),
				eb(sql`lower(assigned_subscriber_id)`, "=", id),
			]),
		)
		// Always in this order, so that two such changes can not wait for each other.
		.orderBy("number")
		.forNoKeyUpdate()
		.execute();
	const held = new Map(rows.map((row) => [row.number, row.assignedSubscriberId?.toLowerCase() ?? null]));
	if (wanted.some((number) => !held.has(number))) {
		throw new Failure(
			"badInput",
			"Phone number does not belong to account",
			"Send live numbers of the subscriber's account in E.164 form.",
		);
	}
	const others = wanted.map((number) => held.get(number)!).filter((holder) => holder !== null && holder !== id);
	if (others.length > 0 && (await areSubscribers(tx, others as string[]))) {
		throw new Failure(
			"badInput",
			"Phone number already in use",
			"Take it from the other subscriber first: POST /v1.0/subscribers/update.",
		);
	}
	const dropped = [...held].filter(([number, holder]) => holder === id && !wanted.includes(number));
	for (const [list, assignedSubscriberId] of [
		[dropped.map(([number]) => number), null],
		[wanted.filter((number) => held.get(number) !== id), subscriber.subscriberId],
	] as const) {
		if (list.length === 0) continue;
		await tx.updateTable("numbers").set({ assignedSubscriberId }).where("number", "in", list).execute();
	}
}

/**
 * The subscriber that a number of the account is to have, as it is stored.
 *
 * @throws Failure `badInput` for one that the account does not have: unknown and foreign ones alike.
 */
export async function subscriberFor(
	tx: Tx,
	accountId: string,
	named: string | null | undefined,
): Promise<string | undefined> {
	if (named === undefined || named === null || named === "") return undefined;
	const row = isId(named)
		? await tx
				.selectFrom("subscribers")
				.select("id")
				.where(sql`lower(id)`, "=", named.toLowerCase())
				.where("accountId", "=", accountId)
				.executeTakeFirst()
		: undefined;
	if (row !== undefined) return row.id;
	throw new Failure(
		"badInput",
		"AssignedSubscriberId is no subscriber of this account",
		"Create it with POST /v1.0/subscribers/create, or name one of GET /v1.0/distributor/subscribers.",
	);
}

/** Numbers of earlier versions may name subscribers that never were: such a number is free. */
async function areSubscribers(tx: Tx, ids: readonly string[]): Promise<boolean> {
	const found = await tx
		.selectFrom("subscribers")
		.select("id")
		.where(sql`lower(id)`, "in", ids)
		.limit(1)
		.executeTakeFirst();
	return found !== undefined;
}

export interface SubscriberOfNumber {
	readonly subscriberId: string;
	readonly name: string;
	readonly email: string;
}

/** Whom the number is assigned to within its own account; undefined where to nobody. */
export async function subscriberOfNumber(db: Db | Tx, phoneNumber: string): Promise<SubscriberOfNumber | undefined> {
	return (await subscribersOfNumbers(db, [phoneNumber])).get(phoneNumber);
}

/** Those of the numbers that are assigned to somebody. */
export async function subscribersOfNumbers(
	db: Db | Tx,
	phoneNumbers: readonly string[],
): Promise<ReadonlyMap<string, SubscriberOfNumber>> {
	const rows = await db
		.selectFrom("numbers")
		.innerJoin("subscribers", (join) =>
			join
				.on(sql`lower(subscribers.id)`, "=", sql`lower(numbers.assigned_subscriber_id)`)
				.onRef("subscribers.accountId", "=", "numbers.accountId"),
		)
		.select(["numbers.number", "subscribers.id as subscriberId", "subscribers.name", "subscribers.email"])
		.where(sql<boolean>`numbers.number = any(${phoneNumbers}::text[])`)
		.execute();
	return new Map(rows.map(({ number, ...subscriber }) => [number, subscriber]));
}
