/** Deliveries of webhooks, seen and sent again. Ours (contract 6.7). */
import { z } from "zod";
import { DIRECTORY_LIMITS } from "../../directory/index.ts";
import { requiredId } from "../conventions/fields.ts";
import { type Operation, operation } from "../conventions/operation.ts";
import type { HttpDeps } from "../deps.ts";

const WEBHOOK_ID = "WID-0d2f8c1e-5b7a-4f63-9c10-6f2f1f0f4a11";
const EVENT_ID = "EVID-0197c1f2-4f0a-7c31-8d52-2f6a1b9c3d4e";

const webhookId = requiredId("The webhook; `WHID-` instead of `WID-` is taken too.", WEBHOOK_ID);

const Attempt = z.object({
	Attempt: z.int(),
	AttemptedOn: z.string(),
	DurationMs: z.int(),
	HttpStatus: z.int().nullable(),
	Message: z.string(),
});
const Delivery = z.object({
	EventId: z.string(),
	Event: z.string(),
	EventDate: z.string(),
	PhoneNumber: z.string().nullable(),
	Status: z.enum(["Pending", "Delivered", "GivenUp"]),
	NextAttemptOn: z.string().nullable(),
	Attempts: z.array(Attempt),
});
const Deliveries = z.object({
	WebhookId: z.string(),
	PageNumber: z.int(),
	ResultsTotal: z.int(),
	Deliveries: z.array(Delivery),
});

export function deliveryOperations({ webhooks }: HttpDeps): readonly Operation[] {
	return [
		operation({
			id: "listWebhookDeliveries",
			method: "GET",
			path: "/v1.0/webhook/deliveries",
			tag: "Webhooks",
			summary: "List a webhook's deliveries",
			description: `What was sent to a webhook in the last ${DIRECTORY_LIMITS.webhookEventDays} days, newest first, ${DIRECTORY_LIMITS.deliveriesPerPage} on a page, with every attempt but without bodies. \`Pending\` is tried again at NextAttemptOn; \`GivenUp\` is not, unless you replay it.`,
			request: z.object({
				WebhookId: webhookId,
				PageNumber: z
					.int()
					.min(1, "must be 1 or more")
					.max(DIRECTORY_LIMITS.pageNumberMax, `must be at most ${DIRECTORY_LIMITS.pageNumberMax}`)
					.optional()
					.meta({ description: "From 1; 1 when absent.", examples: [1] }),
			}),
			response: Deliveries,
			example: {
				request: { WebhookId: WEBHOOK_ID, PageNumber: 1 },
				response: {
					WebhookId: WEBHOOK_ID,
					PageNumber: 1,
					ResultsTotal: 1,
					Deliveries: [
						{
							EventId: EVENT_ID,
							Event: "Voicemail_New",
							EventDate: "2026-05-28T17:03:35.120Z",
							PhoneNumber: "+11234567890",
							Status: "Delivered",
							NextAttemptOn: null,
							Attempts: [
								{
									Attempt: 1,
									AttemptedOn: "2026-05-28T17:03:35.164Z",
									DurationMs: 82,
									HttpStatus: 204,
									Message: "delivered",
								},
							],
						},
					],
				},
			},
			ours: true,
			async handle(input, who) {
				const page = await webhooks.deliveries(who, input.WebhookId, input.PageNumber ?? 1);
				return {
					WebhookId: page.webhookId,
					PageNumber: page.pageNumber,
					ResultsTotal: page.resultsTotal,
					Deliveries: page.deliveries.map((delivery) => ({
						EventId: delivery.eventId,
						Event: delivery.event,
						EventDate: delivery.eventDate.toISOString(),
						PhoneNumber: delivery.phoneNumber,
						Status: delivery.status,
						NextAttemptOn: delivery.nextAttemptOn?.toISOString() ?? null,
						Attempts: delivery.attempts.map((attempt) => ({
							Attempt: attempt.attempt,
							AttemptedOn: attempt.attemptedOn.toISOString(),
							DurationMs: attempt.durationMs,
							HttpStatus: attempt.httpStatus,
							Message: attempt.message,
						})),
					})),
				};
			},
		}),
		operation({
			id: "replayWebhookDelivery",
			method: "POST",
			path: "/v1.0/webhook/deliveries/replay",
			tag: "Webhooks",
			summary: "Send an event again",
			description:
				"Sends one event of the list of deliveries again now, under its own EventId, whatever became of it before; the waits between failing attempts begin anew.",
			request: z.object({
				WebhookId: webhookId,
				EventId: requiredId("The event, of the list of deliveries.", EVENT_ID),
			}),
			response: z.object({
				WebhookId: z.string(),
				EventId: z.string(),
				Successful: z.boolean(),
				Message: z.string(),
			}),
			example: {
				request: { WebhookId: WEBHOOK_ID, EventId: EVENT_ID },
				response: { WebhookId: WEBHOOK_ID, EventId: EVENT_ID, Successful: true, Message: "The event is sent again" },
			},
			ours: true,
			async handle(input, who) {
				const replayed = await webhooks.replay(who, input.WebhookId, input.EventId, who);
				return {
					WebhookId: replayed.webhookId,
					EventId: replayed.eventId,
					Successful: true,
					Message: "The event is sent again",
				};
			},
		}),
	];
}
