/** Rows of webhooks as they come to be in other ways, with ids of the test's choice. */
import { columnsOf } from "../../src/directory/webhooks/rows.ts";
import { createSealing, newSigningKey } from "../../src/directory/webhooks/sealing.ts";
import type { Db } from "../../src/store/index.ts";

export async function addWebhook(
	db: Db,
	masterKey: Uint8Array,
	webhookId: string,
	accountId: string,
	events: readonly string[] = ["Voicemail_New"],
): Promise<void> {
	const sealing = createSealing(masterKey);
	const webhook = {
		url: "https://example.com/webhooks",
		method: "POST" as const,
		events,
		authentication: { type: "None" as const, username: null, credential: null },
	};
	await db
		.insertInto("webhooks")
		.values({
			id: webhookId,
			accountId,
			...columnsOf(webhookId, webhook, sealing),
			wrappedSecret: sealing.seal(webhookId, "secret", newSigningKey()),
		})
		.execute();
}

/** A fact that the webhook was told without success. */
export async function addDelivery(
	db: Db,
	webhookId: string,
	accountId: string,
	eventId: string,
	phoneNumber = "+11234567890",
): Promise<void> {
	const at = new Date("2026-05-28T17:03:35.120Z");
	await db
		.insertInto("webhookEvents")
		.values({ id: eventId, accountId, event: "Voicemail_New", eventDate: at, data: "{}", phoneNumber })
		.execute();
	const id = `delivery-of-${eventId}`;
	await db
		.insertInto("webhookDeliveries")
		.values({ id, webhookId, eventId, status: "GivenUp", attempts: 1, createdOn: at })
		.execute();
	await db
		.insertInto("webhookAttempts")
		.values({ deliveryId: id, attempt: 1, attemptedOn: at, durationMs: 12, httpStatus: 500, message: "HTTP 500" })
		.execute();
}
