/** Signing secrets and tests of webhooks. Ours (contract 6.7): the contract's answers may not grow. */
import { z } from "zod";
import { isSuccess } from "../../directory/index.ts";
import { requiredId } from "../conventions/fields.ts";
import { type Operation, operation } from "../conventions/operation.ts";
import type { HttpDeps } from "../deps.ts";

const WEBHOOK_ID = "WID-0d2f8c1e-5b7a-4f63-9c10-6f2f1f0f4a11";
const ONE = { WebhookId: WEBHOOK_ID };

const OneWebhook = z.object({
	WebhookId: requiredId("The webhook; `WHID-` instead of `WID-` is taken too.", WEBHOOK_ID),
});
const Secret = z.object({ WebhookId: z.string(), SigningSecret: z.string() });

export function signingOperations({ webhooks }: HttpDeps): readonly Operation[] {
	return [
		operation({
			id: "getWebhookSecret",
			method: "POST",
			path: "/v1.0/webhook/secret",
			tag: "Webhooks",
			summary: "Read a webhook's signing secret",
			description:
				"The key of the signatures, as the Standard Webhooks scheme writes it. Each request has `webhook-id` (the EventId), `webhook-timestamp` (Unix seconds) and `webhook-signature`: `v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`, under the octets that stand in base64 after `whsec_`.",
			request: OneWebhook,
			response: Secret,
			example: {
				request: ONE,
				response: { WebhookId: WEBHOOK_ID, SigningSecret: "whsec_bm90IGEgcmVhbCBzZWNyZXQsIGJ1dCAzMiBvY3RldHM=" },
			},
			ours: true,
			async handle(input, who) {
				const { webhookId: id, secret } = await webhooks.secret(who, input.WebhookId);
				return { WebhookId: id, SigningSecret: secret };
			},
		}),
		operation({
			id: "rotateWebhookSecret",
			method: "POST",
			path: "/v1.0/webhook/secret/rotate",
			tag: "Webhooks",
			summary: "Make a new signing secret",
			description:
				"For 24 hours each request is signed under the new secret and under the one before: `webhook-signature` then holds two signatures with a blank between them, and either is enough. A second rotation within that time ends the oldest secret at once.",
			request: OneWebhook,
			response: Secret,
			example: {
				request: ONE,
				response: { WebhookId: WEBHOOK_ID, SigningSecret: "whsec_bm90IGEgcmVhbCBzZWNyZXQgZWl0aGVyLCAzMiBvY3Q=" },
			},
			ours: true,
			async handle(input, who) {
				const { webhookId: id, secret } = await webhooks.rotateSecret(who, input.WebhookId);
				return { WebhookId: id, SigningSecret: secret };
			},
		}),
		operation({
			id: "testWebhook",
			method: "POST",
			path: "/v1.0/webhook/test",
			tag: "Webhooks",
			summary: "Send a test event",
			description:
				"Sends one `Webhook_Test` event now, signed and authenticated as all others, and says how the receiver answered. It is not tried again and stands in no list.",
			request: OneWebhook,
			response: z.object({
				WebhookId: z.string(),
				Successful: z.boolean(),
				HttpStatus: z.int().nullable(),
				Message: z.string(),
			}),
			example: {
				request: ONE,
				response: { WebhookId: WEBHOOK_ID, Successful: true, HttpStatus: 204, Message: "delivered" },
			},
			ours: true,
			async handle(input, who) {
				const outcome = await webhooks.test(who, input.WebhookId);
				return {
					WebhookId: outcome.webhookId,
					Successful: isSuccess(outcome),
					HttpStatus: outcome.httpStatus,
					Message: outcome.message,
				};
			},
		}),
	];
}
