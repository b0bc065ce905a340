/** Webhook rows: whose they are, and what of them is shown. */
import type { Selectable } from "kysely";
import { Failure } from "../../domain/index.ts";
import type { Db, Tx, WebhookTable } from "../../store/index.ts";
import { accountFor } from "../account-for.ts";
import { isId } from "../ids.ts";
import type { CheckedWebhook } from "./fields.ts";
import type { Sealing } from "./sealing.ts";
import type { AuthenticationType, WebhookMethod, WebhookScope, WebhookView } from "./types.ts";

export type WebhookRow = Selectable<WebhookTable>;

export function viewOf(row: WebhookRow): WebhookView {
	return {
		webhookId: row.id,
		accountId: row.accountId,
		url: row.url,
		method: row.method as WebhookMethod,
		authenticationType: row.authenticationType as AuthenticationType,
		username: row.authenticationUsername,
		events: row.events,
		active: row.active,
	};
}

/** With its credential in clear: for a change, or for sending. */
export function openedOf(row: WebhookRow, sealing: Sealing): CheckedWebhook {
	const credential = row.wrappedCredential && sealing.open(row.id, "credential", row.wrappedCredential);
	return {
		url: row.url,
		method: row.method as WebhookMethod,
		events: row.events,
		authentication: {
			type: row.authenticationType as AuthenticationType,
			username: row.authenticationUsername,
			credential: credential && Buffer.from(credential).toString("utf8"),
		},
	};
}

/** Columns of a checked webhook. */
export function columnsOf(webhookId: string, webhook: CheckedWebhook, sealing: Sealing) {
	const { type, username, credential } = webhook.authentication;
	return {
		url: webhook.url,
		method: webhook.method,
		events: [...webhook.events],
		authenticationType: type,
		authenticationUsername: username,
		wrappedCredential:
			credential === null ? null : sealing.seal(webhookId, "credential", Buffer.from(credential, "utf8")),
	};
}

/** Those in scope. */
export function webhooksOf(db: Db | Tx, scope: WebhookScope) {
	return db
		.selectFrom("webhooks")
		.innerJoin("accounts", "accounts.id", "webhooks.accountId")
		.selectAll("webhooks")
		.$if(scope !== "all", (query) => {
			const who = scope as Exclude<WebhookScope, "all">;
			return query
				.where("accounts.distributorId", "=", who.distributorId)
				.$if(who.accountId !== undefined, (own) => own.where("webhooks.accountId", "=", who.accountId!));
		});
}

/**
 * @param accountId as sent: must be the webhook's.
 * @throws Failure `badInput` for an account that is not the principal's; `notFound`: unknown, foreign, or of another
 *   account than the one named.
 */
export async function ownedWebhook(
	db: Db | Tx,
	scope: WebhookScope,
	webhookId: string,
	accountId: string | undefined,
	options: { readonly lock: boolean } = { lock: false },
): Promise<WebhookRow> {
	const named = accountId === undefined || scope === "all" ? accountId : await accountFor(db, scope, accountId);
	// One sample of the contract has WHID- where all else has WID-: the same id.
	const id = webhookId.toLowerCase().replace(/^whid-/, "wid-");
	const row = isId(webhookId)
		? await webhooksOf(db, scope)
				.where((eb) => eb(eb.fn("lower", ["webhooks.id"]), "=", id))
				.$if(named !== undefined, (query) => query.where("webhooks.accountId", "=", named!))
				.$if(options.lock, (query) => query.forUpdate("webhooks"))
				.executeTakeFirst()
		: undefined;
	if (row) return row;
	throw webhookNotFound();
}

export function webhookNotFound(): Failure {
	return new Failure(
		"notFound",
		"the requested resource does not exist or belongs to a different account",
		"Check the WebhookId and whose token you use.",
	);
}
