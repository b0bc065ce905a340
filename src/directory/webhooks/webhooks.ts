/** Webhooks of an account, as the API has them. Another account's answers exactly like one that does not exist. */

import { type Clock, Failure, newId, newRandomId, type Principal } from "../../domain/index.ts";
import type { Store, Tx } from "../../store/index.ts";
import { accountFor } from "../account-for.ts";
import { audit } from "../audit.ts";
import { DIRECTORY_LIMITS } from "../limits.ts";
import { listDeliveries, replay } from "./deliveries.ts";
import { outgoing } from "./envelope.ts";
import { checkedChange, checkedNew } from "./fields.ts";
import { secretsOf } from "./outbox.ts";
import { columnsOf, openedOf, ownedWebhook, viewOf, type WebhookRow, webhooksOf } from "./rows.ts";
import { createSealing, newSigningKey, secretText } from "./sealing.ts";
import type { SendWebhook, TargetPolicy, WebhookFields, Webhooks, WebhookView } from "./types.ts";

export interface WebhooksNeeds {
	readonly store: Pick<Store, "db" | "transaction" | "jobs">;
	readonly masterKey: Uint8Array;
	readonly clock: Clock;
	readonly policy: TargetPolicy;
	/** For `test`. */
	readonly send: SendWebhook;
}

export function createWebhooks(needs: WebhooksNeeds): Webhooks {
	const { store, clock, policy } = needs;
	const sealing = createSealing(needs.masterKey);

	async function create(who: Principal, accountId: string | undefined, fields: WebhookFields): Promise<WebhookView> {
		const webhook = checkedNew(fields, policy);
		return store.transaction(async (tx) => {
			const owner = await accountFor(tx, who, accountId);
			if (owner === undefined) {
				throw new Failure("badInput", "AccountId is required, since you have several accounts", "Send the AccountId.");
			}
			await assertRoom(tx, owner);
			const id = newRandomId("webhook");
			const now = clock.now();
			const row = await tx
				.insertInto("webhooks")
				.values({
					id,
					accountId: owner,
					...columnsOf(id, webhook, sealing),
					wrappedSecret: sealing.seal(id, "secret", newSigningKey()),
					createdOn: now,
					updatedOn: now,
				})
				.returningAll()
				.executeTakeFirstOrThrow();
			await note(tx, who, "createWebhook", row, undefined, audited(row, fields));
			return viewOf(row);
		});
	}

	async function update(who: Principal, id: string, accountId: string | undefined, fields: WebhookFields) {
		return store.transaction(async (tx) => {
			const before = await ownedWebhook(tx, who, id, accountId, { lock: true });
			const webhook = checkedChange(fields, openedOf(before, sealing), policy);
			const after = await tx
				.updateTable("webhooks")
				.set({ ...columnsOf(before.id, webhook, sealing), active: true, updatedOn: clock.now() })
				.where("id", "=", before.id)
				.returningAll()
				.executeTakeFirstOrThrow();
			await note(tx, who, "updateWebhook", after, audited(before, undefined), audited(after, fields));
			return viewOf(after);
		});
	}

	async function remove(who: Principal, id: string, accountId: string | undefined): Promise<string> {
		return store.transaction(async (tx) => {
			const row = await ownedWebhook(tx, who, id, accountId, { lock: true });
			await tx.deleteFrom("webhooks").where("id", "=", row.id).execute();
			await note(tx, who, "deleteWebhook", row, audited(row, undefined), undefined);
			return row.id;
		});
	}

	async function rotateSecret(who: Principal, id: string) {
		return store.transaction(async (tx) => {
			const row = await ownedWebhook(tx, who, id, undefined, { lock: true });
			const key = newSigningKey();
			const now = clock.now();
			await tx
				.updateTable("webhooks")
				.set({
					wrappedSecret: sealing.seal(row.id, "secret", key),
					wrappedPreviousSecret: row.wrappedSecret,
					previousSecretUntil: new Date(now.getTime() + DIRECTORY_LIMITS.webhookSecretOverlapMs),
					updatedOn: now,
				})
				.where("id", "=", row.id)
				.execute();
			await note(tx, who, "rotateWebhookSecret", row, { SigningSecret: "old" }, { SigningSecret: "new" });
			return { webhookId: row.id, secret: secretText(key) };
		});
	}

	/** The account's row lock puts creations in line, so that many at once do not pass the limit together. */
	async function assertRoom(tx: Tx, accountId: string): Promise<void> {
		await tx.selectFrom("accounts").select("id").where("id", "=", accountId).forNoKeyUpdate().execute();
		const rows = await tx.selectFrom("webhooks").select("id").where("accountId", "=", accountId).execute();
		if (rows.length < DIRECTORY_LIMITS.webhooksPerAccountMax) return;
		throw new Failure(
			"badInput",
			`the account has ${rows.length} webhooks, which is the limit`,
			"Delete one that is not needed, or update it.",
		);
	}

	async function note(
		tx: Tx,
		who: Principal,
		operation: string,
		row: WebhookRow,
		before: Record<string, unknown> | undefined,
		after: Record<string, unknown> | undefined,
	): Promise<void> {
		const { accountId, id: thing } = row;
		await audit(tx, { who, at: clock.now(), accountId, thing, operation: who.operation ?? operation, before, after });
	}

	return {
		create,
		update,
		remove,
		rotateSecret,
		get: async (scope, id, accountId) => viewOf(await ownedWebhook(store.db, scope, id, accountId)),
		list: async (scope, accountId, limit = DIRECTORY_LIMITS.listMax) => {
			const owner = scope === "all" ? accountId : await accountFor(store.db, scope, accountId);
			const rows = await webhooksOf(store.db, scope)
				.$if(owner !== undefined, (query) => query.where("webhooks.accountId", "=", owner!))
				.orderBy("webhooks.createdOn")
				.orderBy("webhooks.id")
				.limit(limit)
				.execute();
			return rows.map(viewOf);
		},
		secret: async (who, id) => {
			const row = await ownedWebhook(store.db, who, id, undefined);
			return { webhookId: row.id, secret: secretText(sealing.open(row.id, "secret", row.wrappedSecret)) };
		},
		test: async (scope, id) => {
			const row = await ownedWebhook(store.db, scope, id, undefined);
			const event = {
				id: newId("event"),
				event: "Webhook_Test",
				eventDate: clock.now(),
				accountId: row.accountId,
				phoneNumber: null,
				subscriberId: null,
				data: {},
				counts: null,
			};
			const secrets = secretsOf(row, sealing, clock.now());
			return { webhookId: row.id, ...(await needs.send(outgoing(row.id, openedOf(row, sealing), secrets, event))) };
		},
		deliveries: (scope, id, pageNumber) => listDeliveries(store.db, scope, id, pageNumber),
		replay: (scope, id, eventId, by) => replay(store, clock, scope, id, eventId, by),
	};
}

/** @param sent says of the credentials, which no row shows, that they were given. */
function audited(row: WebhookRow, sent: WebhookFields | undefined): Record<string, unknown> {
	return {
		WebhookUrl: row.url,
		Method: row.method,
		AuthenticationType: row.authenticationType,
		AuthenticationUsername: row.authenticationUsername,
		...(sent?.password !== undefined && { AuthenticationPassword: "set" }),
		...(sent?.token !== undefined && { AuthenticationToken: "set" }),
		SubscribedEvents: row.events.join(","),
		Active: row.active,
	};
}
