/** The job handlers of webhooks. */
import { isSuccess, type SendWebhook, type WebhookOutbox } from "../../directory/index.ts";
import { type Clock, Failure, type Log } from "../../domain/index.ts";
import type { JobData, Store } from "../../store/index.ts";
import { PermanentFailure } from "../failures.ts";
import { NOTIFY_LIMITS } from "../limits.ts";
import { retryAfterMs } from "./schedule.ts";

export interface WebhookNotifierOptions {
	readonly outbox: WebhookOutbox;
	readonly jobs: Pick<Store["jobs"], "work">;
	readonly send: SendWebhook;
	readonly clock: Clock;
	readonly log: Log;
}

export interface WebhookNotifier {
	/**
	 * `webhook.deliver`: one try. Safe to run twice: a receiver knows repetitions by their EventId.
	 *
	 * @throws Failure `webhookNotTaken` with the wait before the next try, or permanent after the last.
	 */
	deliver(data: JobData["webhook.deliver"]): Promise<void>;
	/** Takes `event.stored` and `webhook.deliver` from the queue from now on. */
	work(): Promise<void>;
}

/** Tried again after the contract's wait, not the queue's. */
class NotTakenYet extends Failure {
	readonly retryAfterMs: number;
	constructor(message: string, retryMs: number) {
		super("webhookNotTaken", message, MEND);
		this.retryAfterMs = retryMs;
	}
}

const MEND = "See GET /v1.0/webhook/deliveries; once the receiver is mended, send the event again.";

export function createWebhookNotifier(options: WebhookNotifierOptions): WebhookNotifier {
	const { outbox, jobs, send, clock, log } = options;

	async function deliver({ deliveryId, round }: JobData["webhook.deliver"]): Promise<void> {
		const due = await outbox.due(deliveryId, round);
		if (due === undefined) return;
		const { webhookId, event, request } = due;
		const attemptedOn = clock.now();
		const outcome = await send(request);
		const about = { webhookId, eventId: request.eventId, event, httpStatus: outcome.httpStatus };
		if (isSuccess(outcome)) {
			await outbox.record(deliveryId, round, outcome, attemptedOn, undefined);
			log.debug(about, "webhook delivered");
			return;
		}
		if (outcome.httpStatus === 410) {
			await outbox.deactivate(webhookId, { accountKey: "job", operation: "receiverGone" });
			await outbox.record(deliveryId, round, outcome, attemptedOn, undefined);
			log.warn(about, "the receiver answered 410: the webhook is off now");
			return;
		}
		const waitMs = retryAfterMs(due.failures + 1, Math.random());
		const next = waitMs === undefined ? undefined : new Date(clock.now().getTime() + waitMs);
		await outbox.record(deliveryId, round, outcome, attemptedOn, next);
		const message = `Webhook ${webhookId} did not take ${request.eventId}: ${outcome.message}`;
		throw waitMs === undefined
			? new PermanentFailure("webhookNotTaken", message, MEND)
			: new NotTakenYet(message, waitMs);
	}

	return {
		deliver,
		work: async () => {
			await jobs.work("event.stored", NOTIFY_LIMITS.fanOutConcurrency, ({ eventId }) => outbox.fanOut(eventId));
			await jobs.work("webhook.deliver", NOTIFY_LIMITS.webhookConcurrency, deliver);
		},
	};
}
