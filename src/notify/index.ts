export { createEmailNotifier, type EmailNotifier, type EmailNotifierOptions } from "./email-notifier.ts";
export { PermanentFailure } from "./failures.ts";
export { NOTIFY_LIMITS } from "./limits.ts";
export { type OutboxOptions, openOutbox } from "./open-outbox.ts";
export type { Mail, Outbox } from "./types.ts";
export { createWebhookSender, type WebhookSender, type WebhookSenderOptions } from "./webhooks/send.ts";
export {
	createWebhookNotifier,
	type WebhookNotifier,
	type WebhookNotifierOptions,
} from "./webhooks/webhook-notifier.ts";
