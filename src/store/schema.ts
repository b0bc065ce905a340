/** The tables as Kysely types. Migrations are the truth; this mirrors the newest one. */
import type { ColumnType, Generated } from "kysely";
import type { LampTables } from "./schema-lamps.ts";
import type { PhoneTables } from "./schema-phones.ts";
import type { RoutingTables } from "./schema-routing.ts";
import type { WebhookTables } from "./schema-webhooks.ts";

type Timestamp = ColumnType<Date, Date | string, Date | string>;
type TimestampDefault = ColumnType<Date, Date | string | undefined, Date | string>;
type NullableTimestamp = ColumnType<Date | null, Date | string | null | undefined, Date | string | null>;

export interface DistributorTable {
	/** `DID-...` */
	id: string;
	name: string;
	createdOn: TimestampDefault;
}

export interface AccountTable {
	/** `AID-...` */
	id: string;
	distributorId: string;
	name: string;
	/** Of its manager; never shown. */
	adminEmail: string | null;
	/** Postal addresses as given: `Street1`, `Street2`, `City`, `State`, `Zip`, `Country`. */
	billingAddress: ColumnType<Record<string, string>, string | undefined, string>;
	mailingAddress: ColumnType<Record<string, string>, string | undefined, string>;
	createdOn: TimestampDefault;
	updatedOn: TimestampDefault;
}

export interface AccountKeyTable {
	/** `DID-...`; the first key is the distributor's own id. */
	accountKey: string;
	distributorId: string;
	/** Null: all accounts of the distributor. */
	accountId: string | null;
	name: string;
	/** HMAC-SHA-256 of the secret under a key derived from the master key. */
	secretHash: Uint8Array;
	rights: ColumnType<string[], string[] | undefined, string[]>;
	/** The secret before the last rotation, good until `previousUntil`. */
	previousSecretHash: Uint8Array | null;
	previousUntil: NullableTimestamp;
	rotatedOn: NullableTimestamp;
	/** Null: as the platform's setting says. */
	requestsPerMinute: number | null;
	createdOn: TimestampDefault;
	revokedOn: NullableTimestamp;
}

export interface TokenKeyTable {
	/** `kid` of the JWT header. */
	kid: string;
	/** HS256 key, wrapped by AES-256-GCM under a key derived from the master key. */
	wrappedKey: Uint8Array;
	createdOn: TimestampDefault;
	retiredOn: NullableTimestamp;
}

export interface NumberTable {
	/** E.164. */
	number: string;
	/** Bare UUID, shown as `NID-...` or `TNID-...`. */
	id: string;
	distributorId: string;
	/** Null while in the pool. */
	accountId: string | null;
	/** `Pool`, `Active`, `Parked`, `Cancelled`. */
	status: string;
	numberType: string | null;
	messageType: string | null;
	messageEnabled: Generated<boolean>;
	voiceEnabled: Generated<boolean>;
	dataEnabled: Generated<boolean>;
	productType: string | null;
	messageRouteId: string | null;
	voiceRouteId: string | null;
	areaCode: string | null;
	zipCode: string | null;
	iccid: string | null;
	assignedSubscriberId: string | null;
	orderId: string | null;
	/** One of the 100 example numbers of a first start; the first import of real ones removes those still in the pool. */
	example: Generated<boolean>;
	/** Order within the pool: the lowest is given out first. */
	poolOrder: Generated<string>;
	createdOn: TimestampDefault;
	provisionedOn: NullableTimestamp;
	cnamFirstName: string | null;
	cnamLastName: string | null;
	/** Set while `Cancelled`: the window of reactivation runs from here. */
	cancelledOn: NullableTimestamp;
	/** The window is over and erasing has begun: no way back. */
	erasingSince: NullableTimestamp;
	/** The account that had it before it came back to the pool. */
	releasedFrom: string | null;
	/** Swaps since the period began, and when the period ends. */
	swapsUsed: Generated<number>;
	swapsResetOn: NullableTimestamp;
}

export interface OrderTable {
	/** `JNUOID-...` */
	id: string;
	distributorId: string;
	/** Null: of several accounts, or of the operator's pool. */
	accountId: string | null;
	/** `provision`, `update`, `status`, `reactivate`, `import`. */
	orderType: string;
	/** `Complete`, `Pending`, `Error`, `Cancelled`. */
	orderStatus: string;
	statusMessage: string | null;
	orderDate: TimestampDefault;
	numbers: string[];
	/** AccountKey that gave the order. */
	placedBy: string | null;
	/** A pending one runs then. */
	effectiveOn: NullableTimestamp;
	completedOn: NullableTimestamp;
	/** What a pending one is to do. */
	details: ColumnType<unknown, string | null | undefined, string | null>;
}

export interface MailboxTable {
	/** `MBID-...`, new at each activation after a delete. */
	id: string;
	/** Unique: a number has at most one mailbox. */
	phoneNumber: string;
	accountId: string;
	firstName: string | null;
	lastName: string | null;
	email: string | null;
	/** argon2id, peppered; null: no retrieval anywhere. */
	pinHash: string | null;
	pinChangeRequired: Generated<boolean>;
	pinChangedOn: NullableTimestamp;
	timeZone: string | null;
	language: string | null;
	maxMessageSeconds: Generated<number>;
	minMessageSeconds: Generated<number>;
	maxMessages: Generated<number>;
	retentionDays: Generated<number>;
	deletedRetentionDays: Generated<number>;
	emailNotification: Generated<boolean>;
	emailAttachAudio: Generated<boolean>;
	/** Names the random PIN in force; null once another was set. */
	pinResetId: string | null;
	/** Raised with every change of the counts, in its transaction. */
	lampVersion: Generated<string>;
	activatedOn: TimestampDefault;
	updatedOn: TimestampDefault;
}

/** One failure history per mailbox and channel (`own`, `foreign`); `foreign` is shared by calls of strangers, web and API. */
export interface PinAttemptTable {
	mailboxId: string;
	channel: string;
	failedAttempts: number;
	lockedUntil: NullableTimestamp;
	lastFailedOn: NullableTimestamp;
}

export interface MessageTable {
	/** `VMID-...` */
	id: string;
	/** Hash partition key. */
	phoneNumber: string;
	mailboxId: string;
	fromNumber: string | null;
	fromName: string | null;
	receivedOn: Timestamp;
	durationMs: number;
	sizeBytes: number;
	/** `PCMU` or `PCMA`. */
	encoding: string;
	blobKey: string;
	/** `New`, `Heard`, `Saved`; a deleted message keeps it for undelete. */
	status: string;
	redirectReason: string;
	mailboxSource: string;
	silent: boolean;
	/** A rule of the subscriber kept the caller from ringing through: stored, but no alert is sent. */
	filtered: Generated<boolean>;
	/** `A`, `B`, `C` of the caller's PASSporT, not verified; null where there was none. */
	attestation: string | null;
	callId: string;
	heardOn: NullableTimestamp;
	deletedOn: NullableTimestamp;
	storedOn: TimestampDefault;
}

export interface GreetingTable {
	mailboxId: string;
	/** `Unavailable`, `Name`; later `Busy`, `Temporary`. */
	greetingType: string;
	blobKey: string;
	durationMs: number;
	encoding: string;
	updatedOn: TimestampDefault;
}

export interface CallTable {
	/** `CALL-...` */
	id: string;
	sipCallId: string;
	startedOn: Timestamp;
	endedOn: NullableTimestamp;
	kind: string;
	phoneNumber: string | null;
	fromNumber: string | null;
	status: number;
	why: string;
	messageId: string | null;
	/** The rest of the `CallTrace`. */
	trace: ColumnType<unknown, string, string>;
}

/** Only grows; see `directory`'s `audit`. */
export interface AuditEntryTable {
	id: Generated<string>;
	at: TimestampDefault;
	distributorId: string | null;
	accountId: string | null;
	/** Who: an AccountKey, or `cli:user`, `phone`, `job`. */
	accountKey: string;
	operation: string;
	number: string | null;
	/** Id of what was changed where that is no number. */
	thing: string | null;
	/** Source address of the request. */
	address: string | null;
	before: ColumnType<unknown, string | null | undefined, never>;
	after: ColumnType<unknown, string | null | undefined, never>;
}

export interface SubscriberTable {
	/** `TSUID-...` */
	id: string;
	accountId: string;
	/** The account's, set by a trigger. */
	distributorId: Generated<string>;
	name: string;
	/** Unique on the platform, without regard to case. */
	email: string;
	/** `Subscriber`, `Manager`, `Account Admin`. */
	role: string;
	createdOn: TimestampDefault;
	updatedOn: TimestampDefault;
}

/** Lines of totals; see `directory`'s `totalOf`. Written by triggers alone. */
export interface TallyTable {
	distributorId: string;
	/** Null: the operator's own total. */
	accountId: string | null;
	/** `accounts`, `subscribers`, `live`, `cancelled`. */
	kind: string;
	amount: string;
}

/** Answers given under an `Idempotency-Key`. */
export interface KeptAnswerTable {
	accountKey: string;
	idempotencyKey: string;
	operation: string;
	requestHash: Uint8Array;
	answer: ColumnType<Record<string, unknown>, string, string>;
	createdOn: TimestampDefault;
}

/** How far a bulk import of mailboxes has come: it goes on there. */
export interface MailboxImportTable {
	/** Hash of what is imported, and for whom. */
	id: string;
	linesDone: Generated<number>;
	linesTotal: number;
	startedOn: Timestamp;
	updatedOn: Timestamp;
}

/** Unlogged; a bucket without a row is full. */
export interface RateBucketTable {
	bucket: string;
	tokens: number;
	/** By the last lease. */
	granted: number;
	/** Unix milliseconds. */
	atMs: number;
}

/** Table names and columns are snake_case in SQL, camelCase here (CamelCasePlugin). */
export interface Database extends LampTables, PhoneTables, RoutingTables, WebhookTables {
	distributors: DistributorTable;
	accounts: AccountTable;
	accountKeys: AccountKeyTable;
	tokenKeys: TokenKeyTable;
	numbers: NumberTable;
	orders: OrderTable;
	mailboxes: MailboxTable;
	pinAttempts: PinAttemptTable;
	messages: MessageTable;
	greetings: GreetingTable;
	calls: CallTable;
	auditEntries: AuditEntryTable;
	subscribers: SubscriberTable;
	tallies: TallyTable;
	keptAnswers: KeptAnswerTable;
	mailboxImports: MailboxImportTable;
	rateBuckets: RateBucketTable;
}
