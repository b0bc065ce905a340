/** What a receiver is sent (contract 6.7). Pure. */
import type { CheckedWebhook } from "./fields.ts";
import type { OutgoingRequest } from "./types.ts";

export interface EnvelopeEvent {
	readonly id: string;
	readonly event: string;
	readonly eventDate: Date;
	readonly accountId: string;
	readonly phoneNumber: string | null;
	readonly subscriberId: string | null;
	readonly data: unknown;
	readonly counts: unknown;
}

/** The same text for the same event and webhook, whenever it is made: what is signed is what was signed before. */
export function envelope(webhookId: string, event: EnvelopeEvent): string {
	return JSON.stringify({
		EventId: event.id,
		Event: event.event,
		EventDate: event.eventDate.toISOString(),
		WebhookId: webhookId,
		AccountId: event.accountId,
		PhoneNumber: event.phoneNumber,
		SubscriberId: event.subscriberId,
		Data: event.data,
		Counts: event.counts,
	});
}

export function outgoing(
	webhookId: string,
	webhook: CheckedWebhook,
	secrets: readonly Uint8Array[],
	event: EnvelopeEvent,
): OutgoingRequest {
	return {
		url: webhook.url,
		method: webhook.method,
		authorization: authorizationOf(webhook.authentication),
		secrets,
		eventId: event.id,
		body: envelope(webhookId, event),
	};
}

/** RFC 7617 §2, in UTF-8 (§2.1); RFC 6750 §2.1. */
function authorizationOf({ type, username, credential }: CheckedWebhook["authentication"]): string | undefined {
	if (type === "None") return undefined;
	if (type === "Basic") return `Basic ${Buffer.from(`${username}:${credential}`, "utf8").toString("base64")}`;
	return `Bearer ${credential}`;
}
