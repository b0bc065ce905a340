/** The worker's side: which deliveries an event makes, what is due, how it went. */
import { type Actor, type Clock, type EventName, subscriptionsTo, uuidv7 } from "../../domain/index.ts";
import type { Store } from "../../store/index.ts";
import { audit } from "../audit.ts";
import { DIRECTORY_LIMITS } from "../limits.ts";
import { outgoing } from "./envelope.ts";
import { openedOf, type WebhookRow } from "./rows.ts";
import { createSealing, type Sealing } from "./sealing.ts";
import { type DueDelivery, isSuccess, type SendOutcome, type WebhookOutbox } from "./types.ts";

export interface WebhookOutboxNeeds {
	readonly store: Pick<Store, "db" | "transaction" | "jobs">;
	readonly masterKey: Uint8Array;
	readonly clock: Clock;
}

export function createWebhookOutbox({ store, masterKey, clock }: WebhookOutboxNeeds): WebhookOutbox {
	const sealing = createSealing(masterKey);

	async function fanOut(eventId: string): Promise<void> {
		await store.transaction(async (tx) => {
			const event = await tx
				.selectFrom("webhookEvents")
				.select(["event", "accountId"])
				.where("id", "=", eventId)
				.executeTakeFirst();
			if (!event) return;
			const webhooks = await tx
				.selectFrom("webhooks")
				.select(["id", "events"])
				.where("accountId", "=", event.accountId)
				.where("active", "=", true)
				// A webhook that is being deleted would take the new delivery's footing away.
				.forKeyShare()
				.execute();
			const names = subscriptionsTo(event.event as EventName);
			for (const { id: webhookId } of webhooks.filter(({ events }) => names.some((name) => events.includes(name)))) {
				const made = await tx
					.insertInto("webhookDeliveries")
					.values({
						id: uuidv7(),
						webhookId,
						eventId,
						status: "Pending",
						nextAttemptOn: clock.now(),
						createdOn: clock.now(),
					})
					.onConflict((conflict) => conflict.columns(["eventId", "webhookId"]).doNothing())
					.returning("id")
					.executeTakeFirst();
				if (!made) continue;
				const options = { key: `${made.id} 0`, group: webhookId };
				await store.jobs.enqueue(tx, "webhook.deliver", { deliveryId: made.id, round: 0 }, options);
			}
		});
	}

	async function due(deliveryId: string, round: number): Promise<DueDelivery | undefined> {
		const delivery = await store.db
			.selectFrom("webhookDeliveries")
			.select(["webhookId", "eventId", "round", "status", "failures"])
			.where("id", "=", deliveryId)
			.executeTakeFirst();
		if (!delivery || delivery.round !== round || delivery.status === "Delivered") return undefined;
		const webhook = await store.db
			.selectFrom("webhooks")
			.selectAll()
			.where("id", "=", delivery.webhookId)
			.executeTakeFirst();
		const event = await store.db
			.selectFrom("webhookEvents")
			.selectAll()
			.where("id", "=", delivery.eventId)
			.executeTakeFirst();
		if (!webhook || !event) return undefined;
		if (!webhook.active) {
			await giveUp(deliveryId, round);
			return undefined;
		}
		const secrets = secretsOf(webhook, sealing, clock.now());
		return {
			webhookId: webhook.id,
			accountId: webhook.accountId,
			event: event.event,
			// Given up, and yet here: an operator runs the dead job again, which begins the waits anew.
			failures: delivery.status === "GivenUp" ? 0 : delivery.failures,
			request: outgoing(webhook.id, openedOf(webhook, sealing), secrets, event),
		};
	}

	async function giveUp(deliveryId: string, round: number): Promise<void> {
		await store.db
			.updateTable("webhookDeliveries")
			.set({ status: "GivenUp", nextAttemptOn: null })
			.where("id", "=", deliveryId)
			.where("round", "=", round)
			.execute();
	}

	async function record(
		deliveryId: string,
		round: number,
		outcome: SendOutcome,
		attemptedOn: Date,
		nextAttemptOn: Date | undefined,
	): Promise<void> {
		await store.transaction(async (tx) => {
			const delivery = await tx
				.selectFrom("webhookDeliveries")
				.select(["round", "attempts", "failures", "status"])
				.where("id", "=", deliveryId)
				.forUpdate()
				.executeTakeFirst();
			if (!delivery) return;
			const attempt = delivery.attempts + 1;
			const { durationMs, httpStatus, message } = outcome;
			await tx
				.insertInto("webhookAttempts")
				.values({ deliveryId, attempt, attemptedOn, durationMs: Math.round(durationMs), httpStatus, message })
				.execute();
			const failuresBefore = delivery.status === "GivenUp" ? 0 : delivery.failures;
			const outcomeColumns = {
				status: isSuccess(outcome) ? "Delivered" : nextAttemptOn === undefined ? "GivenUp" : "Pending",
				failures: isSuccess(outcome) ? 0 : failuresBefore + 1,
				nextAttemptOn: nextAttemptOn ?? null,
			};
			await tx
				.updateTable("webhookDeliveries")
				.set({ attempts: attempt, ...(delivery.round === round ? outcomeColumns : {}) })
				.where("id", "=", deliveryId)
				.execute();
		});
	}

	async function deactivate(webhookId: string, by: Actor): Promise<void> {
		await store.transaction(async (tx) => {
			const row = await tx
				.updateTable("webhooks")
				.set({ active: false, updatedOn: clock.now() })
				.where("id", "=", webhookId)
				.where("active", "=", true)
				.returning("accountId")
				.executeTakeFirst();
			if (!row) return;
			const change = { before: { Active: true }, after: { Active: false } };
			await audit(tx, { who: by, at: clock.now(), accountId: row.accountId, thing: webhookId, ...change });
		});
	}

	async function purge(): Promise<number> {
		const before = new Date(clock.now().getTime() - DIRECTORY_LIMITS.webhookEventDays * 86_400_000);
		for (let erased = 0; ; ) {
			const { numDeletedRows } = await store.db
				.deleteFrom("webhookEvents")
				.where("id", "in", (eb) =>
					eb
						.selectFrom("webhookEvents")
						.select("id")
						.where("eventDate", "<", before)
						.limit(DIRECTORY_LIMITS.purgeBatch),
				)
				.executeTakeFirst();
			erased += Number(numDeletedRows);
			if (Number(numDeletedRows) < DIRECTORY_LIMITS.purgeBatch) return erased;
		}
	}

	return { fanOut, due, record, deactivate, purge };
}

/** Signing keys in force, the newest first. */
export function secretsOf(row: WebhookRow, sealing: Sealing, now: Date): readonly Uint8Array[] {
	const newest = sealing.open(row.id, "secret", row.wrappedSecret);
	if (row.wrappedPreviousSecret === null || row.previousSecretUntil === null || row.previousSecretUntil <= now) {
		return [newest];
	}
	return [newest, sealing.open(row.id, "secret", row.wrappedPreviousSecret)];
}
