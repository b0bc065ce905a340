/** Webhooks: what the API asks for, and what the worker needs to send. */
import type { Actor, Principal } from "../../domain/index.ts";

export type WebhookMethod = "POST" | "PUT";
/** `Token` and `Bearer` are the same; which was given is told back. */
export type AuthenticationType = "None" | "Basic" | "Token" | "Bearer";

/** Where webhooks may lead to. */
export interface TargetPolicy {
	/** Private, loopback and other addresses that are not of the internet, and `http:` too. */
	readonly privateTargets: boolean;
	readonly plainHttp: boolean;
}

/** As sent; undefined: not sent. Texts still to be judged. */
export interface WebhookFields {
	readonly url?: string | undefined;
	readonly method?: WebhookMethod | undefined;
	readonly dataFormat?: "json" | "xml" | undefined;
	readonly authenticationType?: AuthenticationType | undefined;
	readonly username?: string | undefined;
	readonly password?: string | undefined;
	readonly token?: string | undefined;
	/** Comma list. */
	readonly events?: string | undefined;
}

export interface WebhookView {
	readonly webhookId: string;
	readonly accountId: string;
	readonly url: string;
	readonly method: WebhookMethod;
	readonly authenticationType: AuthenticationType;
	readonly username: string | null;
	readonly events: readonly string[];
	readonly active: boolean;
}

export interface AttemptView {
	readonly attempt: number;
	readonly attemptedOn: Date;
	readonly durationMs: number;
	readonly httpStatus: number | null;
	readonly message: string;
}

export type DeliveryStatus = "Pending" | "Delivered" | "GivenUp";

export interface DeliveryView {
	readonly eventId: string;
	readonly event: string;
	readonly eventDate: Date;
	readonly phoneNumber: string | null;
	readonly status: DeliveryStatus;
	readonly nextAttemptOn: Date | null;
	/** Oldest first. */
	readonly attempts: readonly AttemptView[];
}

export interface DeliveryPage {
	readonly webhookId: string;
	readonly pageNumber: number;
	readonly resultsTotal: number;
	/** Newest first. */
	readonly deliveries: readonly DeliveryView[];
}

/** One request to a receiver. */
export interface OutgoingRequest {
	readonly url: string;
	readonly method: WebhookMethod;
	/** Value of the header; undefined for none. */
	readonly authorization: string | undefined;
	/** Signing keys in force, the newest first. */
	readonly secrets: readonly Uint8Array[];
	readonly eventId: string;
	readonly body: string;
}

/** How one request ended. */
export interface SendOutcome {
	/** Null where no answer came. */
	readonly httpStatus: number | null;
	/** For people; without anything the receiver wrote. */
	readonly message: string;
	readonly durationMs: number;
}

/** Never throws for what a receiver does. */
export type SendWebhook = (request: OutgoingRequest) => Promise<SendOutcome>;

export const isSuccess = ({ httpStatus }: SendOutcome): boolean =>
	httpStatus !== null && httpStatus >= 200 && httpStatus <= 299;

/** Whose webhooks: of a bearer token, or all of them, for the CLI. */
export type WebhookScope = Principal | "all";

/** Failures: `notFound` for unknown and foreign ones alike; `badInput` for fields out of bounds. */
export interface Webhooks {
	create(who: Principal, accountId: string | undefined, fields: WebhookFields): Promise<WebhookView>;
	/** Changes only what is sent, and turns the webhook on again where a 410 has turned it off. */
	update(who: Principal, webhookId: string, accountId: string | undefined, fields: WebhookFields): Promise<WebhookView>;
	/** With all that is kept of its deliveries. */
	remove(who: Principal, webhookId: string, accountId: string | undefined): Promise<string>;
	get(scope: WebhookScope, webhookId: string, accountId: string | undefined): Promise<WebhookView>;
	/** Oldest first. Without an account: of all accounts in scope, `limit` at most. */
	list(scope: WebhookScope, accountId: string | undefined, limit?: number): Promise<readonly WebhookView[]>;
	/** `whsec_...` */
	secret(who: Principal, webhookId: string): Promise<{ readonly webhookId: string; readonly secret: string }>;
	/** The one before still signs for a day. */
	rotateSecret(who: Principal, webhookId: string): Promise<{ readonly webhookId: string; readonly secret: string }>;
	/** Sends a `Webhook_Test` now, also where the webhook is off; kept nowhere. */
	test(scope: WebhookScope, webhookId: string): Promise<SendOutcome & { readonly webhookId: string }>;
	deliveries(scope: WebhookScope, webhookId: string, pageNumber: number): Promise<DeliveryPage>;
	/** Sends one event again now, under its own EventId, whatever became of it. */
	replay(
		scope: WebhookScope,
		webhookId: string,
		eventId: string,
		by: Actor,
	): Promise<{ readonly webhookId: string; readonly eventId: string }>;
}

/** A delivery that is due. */
export interface DueDelivery {
	readonly webhookId: string;
	readonly accountId: string;
	readonly event: string;
	/** Failures in a row before this try. */
	readonly failures: number;
	readonly request: OutgoingRequest;
}

/** What the worker needs. */
export interface WebhookOutbox {
	/** One delivery, with its job, for each active webhook that subscribes to the event. Safe to run twice. */
	fanOut(eventId: string): Promise<void>;
	/** Undefined where nothing is to be sent any more: delivered, replayed meanwhile, or the webhook gone or off. */
	due(deliveryId: string, round: number): Promise<DueDelivery | undefined>;
	/** @param nextAttemptOn of a failure that is tried again; undefined: delivered, or given up. */
	record(
		deliveryId: string,
		round: number,
		outcome: SendOutcome,
		attemptedOn: Date,
		nextAttemptOn: Date | undefined,
	): Promise<void>;
	/** The receiver wants nothing more (410). */
	deactivate(webhookId: string, by: Actor): Promise<void>;
	/** Erases events past their time with their deliveries. @returns how many events. */
	purge(): Promise<number>;
}
