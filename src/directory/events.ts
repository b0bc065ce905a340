/**
 * Facts for webhooks, written down in the transaction that makes them true. Accounts without webhooks pay one indexed
 * query.
 */
import { sql } from "kysely";
import { type Clock, type EventName, newId, subscriptionsTo } from "../domain/index.ts";
import { type Jobs, prepared, type Tx } from "../store/index.ts";
import { DIRECTORY_LIMITS } from "./limits.ts";

export interface EventSource {
	readonly accountId: string;
	/** E.164; null for what is of no single number. */
	readonly phoneNumber: string | null;
	/** Of the fact. */
	readonly at: Date;
	/** Where they were read already in this transaction. */
	readonly subscriptions?: ReadonlySet<string> | undefined;
}

/** A fact without secrets, PIN, transcript or audio link, its members in the API's names. */
export interface EventFact {
	readonly event: EventName;
	readonly data: Readonly<Record<string, unknown>>;
}

/** A mailbox after the fact. */
export interface EventCounts {
	readonly NewMessages: number;
	readonly HeardMessages: number;
	readonly SavedMessages: number;
}

/**
 * Tells the account's webhooks, if and only if the transaction commits.
 *
 * @param facts called only where the account has an active webhook; counts are zero without a number.
 */
export async function emit(
	tx: Tx,
	jobs: Pick<Jobs, "enqueue">,
	source: EventSource,
	facts: (counts: EventCounts) => readonly EventFact[] | Promise<readonly EventFact[]>,
): Promise<void> {
	const subscriptions = source.subscriptions ?? (await subscriptionsOfAccount(tx, source.accountId));
	if (subscriptions.size === 0) return;
	const counts = await countsOf(tx, source.phoneNumber);
	const wanted = (await facts(counts)).filter(({ event }) =>
		subscriptionsTo(event).some((name) => subscriptions.has(name)),
	);
	if (wanted.length === 0) return;
	const subscriberId = await subscriberOf(tx, source.phoneNumber);
	for (const { event, data } of wanted) {
		const eventId = newId("event");
		await tx
			.insertInto("webhookEvents")
			.values({
				id: eventId,
				accountId: source.accountId,
				event,
				eventDate: source.at,
				phoneNumber: source.phoneNumber,
				subscriberId,
				data: JSON.stringify(data),
				counts: event.startsWith("Voicemail_") ? JSON.stringify(counts) : null,
			})
			.execute();
		await jobs.enqueue(tx, "event.stored", { eventId }, { key: eventId });
	}
}

/** What facts need of the platform. */
export interface Announcing {
	readonly clock: Clock;
	readonly jobs: Pick<Jobs, "enqueue">;
}

/** `Order_Update`: an order that was placed, done, given up. An account hears of its own numbers only. */
export async function emitOrder(tx: Tx, { clock, jobs }: Announcing, orderId: string): Promise<void> {
	const order = await tx
		.selectFrom("orders")
		.select(["accountId", "orderType", "orderStatus", "orderDate", "statusMessage", "numbers"])
		.where("id", "=", orderId)
		.executeTakeFirstOrThrow();
	const { orderType, orderStatus, orderDate, statusMessage } = order;
	const numbersOf =
		order.accountId === null ? await numbersByAccount(tx, order.numbers) : new Map([[order.accountId, order.numbers]]);
	for (const [accountId, numbers] of numbersOf) {
		const phoneNumber = numbers.length === 1 ? numbers[0]! : null;
		await emit(tx, jobs, { accountId, phoneNumber, at: clock.now() }, () => [
			{
				event: "Order_Update",
				data: {
					OrderId: orderId,
					OrderType: orderType,
					OrderStatus: orderStatus,
					OrderDate: orderDate.toISOString(),
					StatusMessage: statusMessage,
					PhoneNumbers: numbers.slice(0, DIRECTORY_LIMITS.eventNumbersMax),
				},
			},
		]);
	}
}

async function numbersByAccount(tx: Tx, numbers: readonly string[]): Promise<ReadonlyMap<string, string[]>> {
	const found = new Map<string, string[]>();
	const rows = await tx
		.selectFrom("numbers")
		.select(["number", "accountId"])
		.where("number", "=", sql<string>`any(${numbers}::text[])`)
		.where("accountId", "is not", null)
		.orderBy("number")
		.execute();
	for (const { number, accountId } of rows) {
		const owned = found.get(accountId!);
		if (owned === undefined) found.set(accountId!, [number]);
		else owned.push(number);
	}
	return found;
}

/** Really erases what is kept of a number's facts, for the end of its life with a subscriber. */
export async function eraseEvents(tx: Tx, phoneNumber: string): Promise<void> {
	await tx.deleteFrom("webhookEvents").where("phoneNumber", "=", phoneNumber).execute();
}

/** Erases what every webhook was told already, where a number's messages are erased: nothing of it is needed any more. */
export async function eraseToldEvents(tx: Tx, phoneNumber: string): Promise<void> {
	const deliveries = (pending: boolean) => sql<boolean>`exists (
		select from webhook_deliveries as delivery
		where delivery.event_id = webhook_events.id and (not ${pending} or delivery.status = 'Pending')
	)`;
	await tx
		.deleteFrom("webhookEvents")
		.where("phoneNumber", "=", phoneNumber)
		.where(deliveries(false))
		.where((eb) => eb.not(deliveries(true)))
		.execute();
}

const eventsOfAccount = prepared((db, given: { readonly accountId: string }) =>
	db.selectFrom("webhooks").select("events").where("accountId", "=", given.accountId).where("active", "=", true),
);

const eventsOfNumber = prepared((db, given: { readonly phoneNumber: string }) =>
	db
		.selectFrom("webhooks")
		.innerJoin("numbers", "numbers.accountId", "webhooks.accountId")
		.select("webhooks.events")
		.where("numbers.number", "=", given.phoneNumber)
		.where("webhooks.active", "=", true),
);

/** What the webhooks of an account subscribe to: for who has many facts of it to tell. */
export async function subscriptionsOfAccount(tx: Tx, accountId: string): Promise<ReadonlySet<string>> {
	return new Set((await eventsOfAccount.run(tx, { accountId })).flatMap((row) => row.events));
}

/** What the webhooks of a number's account subscribe to: for who reads it together with something else. */
export async function subscriptionsOfNumber(tx: Tx, phoneNumber: string): Promise<ReadonlySet<string>> {
	return new Set((await eventsOfNumber.run(tx, { phoneNumber })).flatMap((row) => row.events));
}

/** Messages not deleted, by status. A number's messages all belong to its present mailbox. */
async function countsOf(tx: Tx, phoneNumber: string | null): Promise<EventCounts> {
	if (phoneNumber === null) return { NewMessages: 0, HeardMessages: 0, SavedMessages: 0 };
	const of = (status: string) => sql<number>`(count(*) filter (where status = ${status}))::int`;
	const row = await tx
		.selectFrom("messages")
		.select([of("New").as("new"), of("Heard").as("heard"), of("Saved").as("saved")])
		.where("phoneNumber", "=", phoneNumber)
		.where("deletedOn", "is", null)
		.executeTakeFirstOrThrow();
	return { NewMessages: row.new, HeardMessages: row.heard, SavedMessages: row.saved };
}

async function subscriberOf(tx: Tx, phoneNumber: string | null): Promise<string | null> {
	if (phoneNumber === null) return null;
	const row = await tx
		.selectFrom("numbers")
		.select("assignedSubscriberId")
		.where("number", "=", phoneNumber)
		.executeTakeFirst();
	return row?.assignedSubscriberId ?? null;
}
