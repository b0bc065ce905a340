/** The tables of webhooks as Kysely types; see `schema.ts`. */
import type { ColumnType, Generated } from "kysely";

type Timestamp = ColumnType<Date, Date | string, Date | string>;
type TimestampDefault = ColumnType<Date, Date | string | undefined, Date | string>;
type NullableTimestamp = ColumnType<Date | null, Date | string | null | undefined, Date | string | null>;

export interface WebhookTable {
	/** `WID-...` */
	id: string;
	accountId: string;
	url: string;
	/** `POST`, `PUT`. */
	method: string;
	/** `None`, `Basic`, `Token` or `Bearer`; the last two are the same, kept as given. */
	authenticationType: string;
	authenticationUsername: string | null;
	/** Password or token, wrapped under a key derived from the master key. */
	wrappedCredential: Uint8Array | null;
	/** Canonical names, in the order given. */
	events: string[];
	active: Generated<boolean>;
	/** Signing key, wrapped likewise. */
	wrappedSecret: Uint8Array;
	/** The one before the last rotation, good for signatures until then. */
	wrappedPreviousSecret: Uint8Array | null;
	previousSecretUntil: NullableTimestamp;
	createdOn: TimestampDefault;
	updatedOn: TimestampDefault;
}

export interface WebhookEventTable {
	/** `EVID-...` */
	id: string;
	accountId: string;
	event: string;
	eventDate: Timestamp;
	phoneNumber: string | null;
	subscriberId: string | null;
	data: ColumnType<unknown, string, string>;
	counts: ColumnType<unknown, string | null, string | null>;
}

export interface WebhookDeliveryTable {
	id: string;
	webhookId: string;
	eventId: string;
	/** `Pending`, `Delivered`, `GivenUp`. */
	status: string;
	/** Raised by each replay: jobs of earlier rounds have nothing left to do. */
	round: Generated<number>;
	/** In a row, in this round. */
	failures: Generated<number>;
	/** In all rounds. */
	attempts: Generated<number>;
	nextAttemptOn: NullableTimestamp;
	createdOn: Timestamp;
}

export interface WebhookAttemptTable {
	deliveryId: string;
	attempt: number;
	attemptedOn: Timestamp;
	durationMs: number;
	/** Null where there was no answer. */
	httpStatus: number | null;
	message: string;
}

export interface WebhookTables {
	webhooks: WebhookTable;
	webhookEvents: WebhookEventTable;
	webhookDeliveries: WebhookDeliveryTable;
	webhookAttempts: WebhookAttemptTable;
}
