/** Deliveries as their owner sees them, and sending one again. */
import { type Actor, type Clock, Failure } from "../../domain/index.ts";
import type { Db, Store } from "../../store/index.ts";
import { audit } from "../audit.ts";
import { DIRECTORY_LIMITS } from "../limits.ts";
import { ownedWebhook } from "./rows.ts";
import type { AttemptView, DeliveryPage, DeliveryStatus, WebhookScope } from "./types.ts";

export async function listDeliveries(
	db: Db,
	scope: WebhookScope,
	webhookId: string,
	pageNumber: number,
): Promise<DeliveryPage> {
	const { deliveriesPerPage } = DIRECTORY_LIMITS;
	const webhook = await ownedWebhook(db, scope, webhookId, undefined);
	const { total } = await db
		.selectFrom("webhookDeliveries")
		.select((eb) => eb.fn.countAll<string>().as("total"))
		.where("webhookId", "=", webhook.id)
		.executeTakeFirstOrThrow();
	const rows = await db
		.selectFrom("webhookDeliveries")
		.innerJoin("webhookEvents", "webhookEvents.id", "webhookDeliveries.eventId")
		.select([
			"webhookDeliveries.id",
			"webhookDeliveries.eventId",
			"webhookDeliveries.status",
			"webhookDeliveries.nextAttemptOn",
			"webhookEvents.event",
			"webhookEvents.eventDate",
			"webhookEvents.phoneNumber",
		])
		.where("webhookDeliveries.webhookId", "=", webhook.id)
		.orderBy("webhookDeliveries.createdOn", "desc")
		.orderBy("webhookDeliveries.eventId", "desc")
		.limit(deliveriesPerPage)
		.offset((pageNumber - 1) * deliveriesPerPage)
		.execute();
	const attempts = await attemptsOf(
		db,
		rows.map((row) => row.id),
	);
	return {
		webhookId: webhook.id,
		pageNumber,
		resultsTotal: Number(total),
		deliveries: rows.map(({ id, status, ...rest }) => ({
			...rest,
			status: status as DeliveryStatus,
			attempts: attempts.get(id) ?? [],
		})),
	};
}

async function attemptsOf(db: Db, deliveryIds: readonly string[]): Promise<ReadonlyMap<string, AttemptView[]>> {
	const found = new Map<string, AttemptView[]>();
	if (deliveryIds.length === 0) return found;
	const rows = await db
		.selectFrom("webhookAttempts")
		.selectAll()
		.where("deliveryId", "in", deliveryIds)
		.orderBy("deliveryId")
		.orderBy("attempt")
		.execute();
	for (const { deliveryId, ...attempt } of rows) {
		found.set(deliveryId, [...(found.get(deliveryId) ?? []), attempt]);
	}
	return found;
}

/** A new round with a job of its own; the job of the round before finds that it was overtaken. */
export async function replay(
	store: Pick<Store, "transaction" | "jobs">,
	clock: Clock,
	scope: WebhookScope,
	webhookId: string,
	eventId: string,
	by: Actor,
): Promise<{ readonly webhookId: string; readonly eventId: string }> {
	return store.transaction(async (tx) => {
		const webhook = await ownedWebhook(tx, scope, webhookId, undefined, { lock: true });
		const delivery = await tx
			.selectFrom("webhookDeliveries")
			.select(["id", "round", "eventId", "status"])
			.where("webhookId", "=", webhook.id)
			.where((eb) => eb(eb.fn("lower", ["eventId"]), "=", eventId.toLowerCase()))
			.forUpdate()
			.executeTakeFirst();
		if (!delivery) {
			throw new Failure(
				"notFound",
				"this webhook was not sent such an event, or it is too long ago",
				"See GET /v1.0/webhook/deliveries for what can be sent again.",
			);
		}
		if (!webhook.active) {
			throw new Failure(
				"badInput",
				"the webhook is off, since its receiver answered 410",
				"Turn it on with POST /v1.0/webhook/update, then send the event again.",
			);
		}
		const round = delivery.round + 1;
		await tx
			.updateTable("webhookDeliveries")
			.set({ status: "Pending", round, failures: 0, nextAttemptOn: clock.now() })
			.where("id", "=", delivery.id)
			.execute();
		await audit(tx, {
			who: by,
			at: clock.now(),
			accountId: webhook.accountId,
			thing: webhook.id,
			before: { EventId: delivery.eventId, Status: delivery.status },
			after: { EventId: delivery.eventId, Status: "Pending" },
		});
		const options = { key: `${delivery.id} ${round}`, group: webhook.id };
		await store.jobs.enqueue(tx, "webhook.deliver", { deliveryId: delivery.id, round }, options);
		return { webhookId: webhook.id, eventId: delivery.eventId };
	});
}
