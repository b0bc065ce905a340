/** Mailboxes, webhooks and their worker on a real database and queue; each tenant is an account of its own. */
import { randomBytes } from "node:crypto";
import {
	createNumbers,
	createOperators,
	createWebhookOutbox,
	createWebhooks,
	type WebhookFields,
} from "../../../src/directory/index.ts";
import { newId, type Principal } from "../../../src/domain/index.ts";
import { createMailboxes } from "../../../src/mailbox/index.ts";
import { createWebhookNotifier, createWebhookSender } from "../../../src/notify/index.ts";
import { namedRoutes } from "../../../src/routing/index.ts";
import { anyNumber, movableClock } from "../../directory/support.ts";
import { recordingLog, someAudio } from "../../mailbox/support.ts";
import { openTestStore } from "../../support/store.ts";

const TIMEOUT_MS = 1_000;

export async function openWebhookPlatform() {
	const opened = await openTestStore({ worker: true });
	const { store } = opened;
	const masterKey = new Uint8Array(randomBytes(32));
	const clock = movableClock();
	const log = recordingLog();
	const first = (await createOperators({ store, masterKey, clock }).bootstrap({}))!;
	const policy = { privateTargets: true, plainHttp: true };
	const sender = createWebhookSender({ policy, clock, userAgent: "Afterbeep/test", timeoutMs: TIMEOUT_MS });
	const webhooks = createWebhooks({ store, masterKey, clock, policy, send: sender.send });
	const outbox = createWebhookOutbox({ store, masterKey, clock });
	const notifier = createWebhookNotifier({ outbox, jobs: store.jobs, send: sender.send, clock, log });
	await notifier.work();
	const mailboxes = createMailboxes({
		store,
		masterKey,
		clock,
		log,
		defaults: { timeZone: "UTC", language: "en" },
		pinHashesAtOnce: 1,
	});
	const numbers = createNumbers({ store, clock, findRoutes: namedRoutes, hooks: mailboxes.numberHooks });

	async function tenant(name: string) {
		const { distributorId, accountKey } = first;
		const accountId = `AID-${name}`;
		await store.db.insertInto("accounts").values({ id: accountId, distributorId, name }).execute();
		const who: Principal = { accountKey, distributorId, accountId, rights: [] };
		const phoneNumber = (await numbers.provision(who, anyNumber)).number.number;
		await mailboxes.activate(who, phoneNumber, undefined, {});
		const mailboxIdOf = async () => (await mailboxes.find([phoneNumber]))[0]!.mailbox!.mailboxId;
		return {
			who,
			accountId,
			phoneNumber,
			mailboxIdOf,
			webhook: (url: string, fields: WebhookFields = {}) =>
				webhooks.create(who, undefined, { url, events: "Voicemail_*", ...fields }),
			leaveMessage: async (): Promise<string> => {
				const messageId = newId("message");
				await mailboxes.deposit({
					facts: {
						messageId,
						mailboxId: await mailboxIdOf(),
						phoneNumber,
						from: "+18015551234",
						fromName: "Jane Roe",
						receivedOn: clock.now().toISOString(),
						redirectReason: "NoAnswer",
						mailboxSource: "Diversion",
						minMessageMs: 1000,
						callId: newId("call"),
						filtered: false,
						attestation: null,
					},
					audio: someAudio(2_340),
					durationMs: 2_340,
					speechMs: 2_000,
				});
				return messageId;
			},
			deliveries: async (webhookId: string) => (await webhooks.deliveries(who, webhookId, 1)).deliveries,
		};
	}

	/** The job of a delivery that waits or is dead. */
	async function jobOf(state: "retry" | "dead", webhookId: string) {
		for (;;) {
			const deliveries = await store.db
				.selectFrom("webhookDeliveries")
				.select("id")
				.where("webhookId", "=", webhookId)
				.execute();
			const jobs = await store.jobs.list({ state, name: "webhook.deliver", limit: 1_000 });
			const found = jobs.find(({ Data }) =>
				deliveries.some(({ id }) => (Data as { deliveryId: string }).deliveryId === id),
			);
			if (found) return found;
			await new Promise((resolve) => setTimeout(resolve, 10));
		}
	}

	return {
		store,
		masterKey,
		clock,
		log,
		webhooks,
		outbox,
		mailboxes,
		numbers,
		tenant,
		jobOf,
		/** As if its time had come. */
		runNow: async (state: "retry" | "dead", webhookId: string) => {
			await store.jobs.retry((await jobOf(state, webhookId)).JobId);
		},
		async [Symbol.asyncDispose]() {
			await opened[Symbol.asyncDispose]();
			await sender[Symbol.asyncDispose]();
		},
	};
}
