/** `afterbeep webhooks`: list, deliveries, replay, test. */
import type { DeliveryView, WebhookView } from "../../directory/index.ts";
import { cliActor } from "../acting.ts";
import { type Command, UsageError } from "../command.ts";
import { limitOption } from "../input.ts";
import { listing } from "../terminal.ts";
import { withPlatform } from "../with-platform.ts";

export const webhooksList: Command = {
	name: "webhooks list",
	summary: "List webhooks: where events are sent",
	options: {
		account: { value: "ACCOUNTID", meaning: "only those of this account" },
		limit: { value: "N", meaning: "at most so many (100)" },
	},
	examples: ["afterbeep webhooks list", "afterbeep webhooks list --json"],
	async run(invocation) {
		const limit = limitOption(invocation, 100);
		const accountId = invocation.value("account");
		return withPlatform(invocation, async ({ webhooks }) => {
			const views = (await webhooks.list("all", accountId, limit)).map(webhookView);
			const { terminal } = invocation;
			if (invocation.json) terminal.json(views);
			else if (views.length === 0) terminal.remark("No webhooks.");
			else {
				const titles = ["WebhookId", "AccountId", "WebhookUrl", "SubscribedEvents", "Active"] as const;
				const rows = views.map((view) => titles.map((title) => String(view[title])));
				for (const line of listing(terminal, titles, rows)) terminal.line(line);
			}
			return 0;
		});
	},
};

export const webhooksDeliveries: Command = {
	name: "webhooks deliveries",
	summary: "Show what became of the events of a webhook, newest first",
	positionals: [{ name: "WEBHOOKID", required: true }],
	options: { page: { value: "N", meaning: "page of 100 deliveries (1)" } },
	examples: ["afterbeep webhooks deliveries WID-0190...", "afterbeep webhooks deliveries WID-0190... --json"],
	async run(invocation) {
		const page = pageOption(invocation.value("page"));
		return withPlatform(invocation, async ({ webhooks }) => {
			const found = await webhooks.deliveries("all", invocation.positionals[0]!, page);
			const views = found.deliveries.map(deliveryView);
			const { terminal } = invocation;
			if (invocation.json) terminal.json(views);
			else if (views.length === 0) terminal.remark("No deliveries.");
			else {
				const rows = views.map((view) => [
					view.EventId,
					view.Event,
					view.EventDate,
					view.Status,
					String(view.Attempts.length),
					view.Attempts.at(-1)?.Message ?? null,
					view.NextAttemptOn,
				]);
				const titles = ["EventId", "Event", "EventDate", "Status", "Attempts", "LastAttempt", "NextAttemptOn"];
				for (const line of listing(terminal, titles, rows)) terminal.line(line);
				if (views.some((view) => view.Status === "GivenUp")) {
					terminal.remark(`Send one again: afterbeep webhooks replay ${found.webhookId} EVENTID`);
				}
			}
			return 0;
		});
	},
};

export const webhooksReplay: Command = {
	name: "webhooks replay",
	summary: "Send an event to a webhook again",
	positionals: [
		{ name: "WEBHOOKID", required: true },
		{ name: "EVENTID", required: true },
	],
	details: "The worker of the running platform sends it, or the next one that is started.",
	examples: ["afterbeep webhooks replay WID-0190... EVID-0190..."],
	async run(invocation) {
		const [webhookId, eventId] = invocation.positionals as readonly [string, string];
		return withPlatform(invocation, async ({ webhooks }) => {
			const replayed = await webhooks.replay("all", webhookId, eventId, cliActor("webhooks replay"));
			const { terminal } = invocation;
			const view = { WebhookId: replayed.webhookId, EventId: replayed.eventId, Successful: true };
			if (invocation.json) terminal.json(view);
			else terminal.line(`${replayed.eventId} is sent to ${replayed.webhookId} again.`);
			return 0;
		});
	},
};

export const webhooksTest: Command = {
	name: "webhooks test",
	summary: "Send a test event to a webhook now, and show the answer",
	positionals: [{ name: "WEBHOOKID", required: true }],
	details: "Exit code 1 where the receiver does not answer 2xx within 10 seconds.",
	examples: ["afterbeep webhooks test WID-0190..."],
	async run(invocation) {
		return withPlatform(invocation, async ({ webhooks }) => {
			const { isSuccess } = await import("../../directory/index.ts");
			const outcome = await webhooks.test("all", invocation.positionals[0]!);
			const successful = isSuccess(outcome);
			const { terminal } = invocation;
			const { webhookId, httpStatus, message } = outcome;
			if (invocation.json) {
				terminal.json({ WebhookId: webhookId, Successful: successful, HttpStatus: httpStatus, Message: message });
			} else terminal.line(`${webhookId}: ${message}`);
			return successful ? 0 : 1;
		});
	},
};

function pageOption(text: string | undefined): number {
	if (text === undefined) return 1;
	if (!/^[1-9]\d{0,5}$/.test(text)) throw new UsageError(`--page is "${text}", not a whole number from 1.`);
	return Number(text);
}

function webhookView(webhook: WebhookView) {
	return {
		WebhookId: webhook.webhookId,
		AccountId: webhook.accountId,
		WebhookUrl: webhook.url,
		Method: webhook.method,
		AuthenticationType: webhook.authenticationType,
		SubscribedEvents: webhook.events.join(","),
		Active: webhook.active,
	};
}

function deliveryView(delivery: DeliveryView) {
	return {
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
	};
}
