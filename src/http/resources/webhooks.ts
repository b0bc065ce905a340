import { z } from "zod";
import { DIRECTORY_LIMITS, type WebhookFields, type WebhookView } from "../../directory/index.ts";
import { SUBSCRIBABLE_EVENTS } from "../../domain/index.ts";
import { optionalId, requiredId } from "../conventions/fields.ts";
import { type Operation, operation } from "../conventions/operation.ts";
import { blankIsAbsent } from "../conventions/reading.ts";
import type { HttpDeps } from "../deps.ts";
import { deliveryOperations } from "./webhook-deliveries.ts";
import { signingOperations } from "./webhook-signing.ts";

const WEBHOOK_ID = "WID-0d2f8c1e-5b7a-4f63-9c10-6f2f1f0f4a11";
const ACCOUNT_ID = "AID-ab12345-2725-45a1-bd5e-526ed19799xx";
const URL_EXAMPLE = "https://example.com/webhooks";

const webhookId = requiredId("The webhook; `WHID-` instead of `WID-` is taken too.", WEBHOOK_ID);
const accountId = optionalId("Account of the webhook. May be left out where the key has one account.", ACCOUNT_ID);

function text(charsMax: number, description: string, example: string) {
	return z
		.string()
		.max(charsMax, `must be at most ${charsMax} characters`)
		.meta({ description, examples: [example] })
		.register(blankIsAbsent, { blank: "absent" })
		.optional();
}

function choice<const T extends readonly [string, ...string[]]>(options: T, description: string) {
	return z.enum(options).meta({ description }).register(blankIsAbsent, { blank: "absent" }).optional();
}

const { webhookUrlCharsMax, webhookTextCharsMax, webhookEventsCharsMax } = DIRECTORY_LIMITS;

const Fields = z.object({
	AccountId: accountId,
	WebhookUrl: text(
		webhookUrlCharsMax,
		"Where events are sent: an HTTPS URL of the internet. Needed to create.",
		URL_EXAMPLE,
	),
	Method: choice(["POST", "PUT"], "Of the requests; `POST` when absent."),
	DataFormat: choice(["json", "xml"], "Of the bodies: `json`, also when absent; `xml` is refused."),
	AuthenticationType: choice(
		["None", "Basic", "Token", "Bearer"],
		"What the requests carry besides their signature: `None`, also when absent; `Basic` with user name and password; `Token`, or `Bearer` which is the same, with a token.",
	),
	AuthenticationUsername: text(webhookTextCharsMax, "With `Basic`.", "afterbeep"),
	AuthenticationPassword: text(webhookTextCharsMax, "With `Basic`. Never shown again.", "correct horse battery"),
	AuthenticationToken: text(webhookTextCharsMax, "With `Token` or `Bearer`. Never shown again.", "s3cr3t-t0k3n"),
	SubscribedEvents: text(
		webhookEventsCharsMax,
		`Comma list of event names. Needed to create. Known are: ${SUBSCRIBABLE_EVENTS.map((name) => `\`${name}\``).join(", ")}; the last stands for all that begin so. Sent are \`Order_Update\` and those of voicemail.`,
		"Order_Update,Voicemail_*",
	),
});
const UpdateFields = Fields.extend({ WebhookId: webhookId });
const Query = z.object({ WebhookId: webhookId, AccountId: accountId });

const Webhook = z.object({
	AccountId: z.string(),
	WebhookUrl: z.string(),
	Method: z.enum(["POST", "PUT"]),
	DataFormat: z.literal("json"),
	AuthenticationType: z.enum(["None", "Basic", "Token", "Bearer"]),
	AuthenticationUsername: z.string().nullable(),
	AuthenticationPassword: z.null(),
	AuthenticationToken: z.null(),
	SubscribedEvents: z.string(),
	WebhookId: z.string(),
	Active: z.boolean(),
});

function fieldsOf(input: z.output<typeof Fields>): WebhookFields {
	return {
		url: input.WebhookUrl,
		method: input.Method,
		dataFormat: input.DataFormat,
		authenticationType: input.AuthenticationType,
		username: input.AuthenticationUsername,
		password: input.AuthenticationPassword,
		token: input.AuthenticationToken,
		events: input.SubscribedEvents,
	};
}

function webhookResult(webhook: WebhookView): z.input<typeof Webhook> {
	return {
		AccountId: webhook.accountId,
		WebhookUrl: webhook.url,
		Method: webhook.method,
		DataFormat: "json",
		AuthenticationType: webhook.authenticationType,
		AuthenticationUsername: webhook.username,
		AuthenticationPassword: null,
		AuthenticationToken: null,
		SubscribedEvents: webhook.events.join(","),
		WebhookId: webhook.webhookId,
		Active: webhook.active,
	};
}

const EXAMPLE_RESULT: z.input<typeof Webhook> = {
	AccountId: ACCOUNT_ID,
	WebhookUrl: URL_EXAMPLE,
	Method: "POST",
	DataFormat: "json",
	AuthenticationType: "Basic",
	AuthenticationUsername: "afterbeep",
	AuthenticationPassword: null,
	AuthenticationToken: null,
	SubscribedEvents: "Order_Update,Voicemail_*",
	WebhookId: WEBHOOK_ID,
	Active: true,
};
const ONE = { WebhookId: WEBHOOK_ID };

/** The operations of the contract (3.1). */
export function webhookOperations(deps: HttpDeps): readonly Operation[] {
	const { webhooks } = deps;
	return [
		operation({
			id: "createWebhook",
			method: "POST",
			path: "/v1.0/webhook/create",
			tag: "Webhooks",
			summary: "Create a webhook",
			description:
				"Has events of an account sent to a URL, each as one signed JSON request. Not sent to private, loopback or link-local addresses, redirects are not followed; a receiver that answers other than 2xx within 10 seconds is tried again for about two days, and one that answers 410 is turned off. Passwords and tokens are never shown again.\n\nNext: `POST /v1.0/webhook/secret` for the key that the signatures are made with.",
			request: Fields,
			response: Webhook,
			example: {
				request: {
					AccountId: ACCOUNT_ID,
					WebhookUrl: URL_EXAMPLE,
					Method: "POST",
					DataFormat: "json",
					AuthenticationType: "Basic",
					AuthenticationUsername: "afterbeep",
					AuthenticationPassword: "correct horse battery",
					SubscribedEvents: "Order_Update, Voicemail_*",
				},
				response: EXAMPLE_RESULT,
			},
			async handle(input, who) {
				return webhookResult(await webhooks.create(who, input.AccountId, fieldsOf(input)));
			},
		}),
		operation({
			id: "updateWebhook",
			method: "POST",
			path: "/v1.0/webhook/update",
			tag: "Webhooks",
			summary: "Change a webhook",
			description:
				"Changes the fields that are sent and no others. Any update turns a webhook on again that was turned off by a 410.",
			request: UpdateFields,
			response: Webhook,
			example: {
				request: { ...ONE, Method: "POST", SubscribedEvents: "Order_Update,Voicemail_*" },
				response: EXAMPLE_RESULT,
			},
			async handle(input, who) {
				return webhookResult(await webhooks.update(who, input.WebhookId, input.AccountId, fieldsOf(input)));
			},
		}),
		operation({
			id: "getWebhook",
			method: "GET",
			path: "/v1.0/webhook",
			tag: "Webhooks",
			summary: "Read a webhook",
			description: "One webhook of yours. Passwords and tokens are null, whether there are any or not.",
			request: Query,
			response: Webhook,
			example: { request: ONE, response: EXAMPLE_RESULT },
			async handle(input, who) {
				return webhookResult(await webhooks.get(who, input.WebhookId, input.AccountId));
			},
		}),
		operation({
			id: "listAccountWebhooks",
			method: "GET",
			path: "/v1.0/account/webhooks",
			tag: "Webhooks",
			summary: "List an account's webhooks",
			description:
				"All webhooks of an account, oldest first, as a bare array. Without AccountId those of all accounts that the key has.",
			request: z.object({ AccountId: accountId }),
			response: z.array(Webhook),
			example: { request: { AccountId: ACCOUNT_ID }, response: [EXAMPLE_RESULT] },
			async handle(input, who) {
				return (await webhooks.list(who, input.AccountId)).map(webhookResult);
			},
		}),
		...signingOperations(deps),
		...deliveryOperations(deps),
		operation({
			id: "deleteWebhook",
			method: "POST",
			path: "/v1.0/webhook/delete",
			tag: "Webhooks",
			summary: "Delete a webhook",
			description: "Nothing is sent to it any more; its deliveries, also those still to come, are deleted with it.",
			request: Query,
			response: z.object({ WebhookId: z.string(), WebhookStatus: z.literal("Deleted") }),
			example: { request: ONE, response: { WebhookId: WEBHOOK_ID, WebhookStatus: "Deleted" } },
			async handle(input, who) {
				const id = await webhooks.remove(who, input.WebhookId, input.AccountId);
				return { WebhookId: id, WebhookStatus: "Deleted" as const };
			},
		}),
	];
}
