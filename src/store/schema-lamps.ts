/** The tables of message waiting as Kysely types. */
import type { ColumnType, Generated } from "kysely";

/** A node that holds subscriptions, until its lease is over. */
export interface LampNodeTable {
	/** New at each start. */
	node: string;
	/** Its SIP addresses: phones know the node by them. */
	address: string;
	leaseUntil: ColumnType<Date, never, never>;
}

/** A phone's subscription: a dialog (RFC 6665), octet strings as text. */
export interface LampSubscriptionTable {
	id: string;
	node: string;
	mailboxId: string;
	/** Of the mailbox when the phone subscribed. */
	phoneNumber: string;
	/** URI for Message-Account. */
	account: string;
	/** `id` of Event, "" for none. */
	eventId: string;
	callId: string;
	localTag: string;
	remoteTag: string;
	localParty: string;
	remoteParty: string;
	routeSet: string[];
	remoteTarget: string;
	/** Of the last NOTIFY. */
	localCseq: Generated<string>;
	/** Of the last SUBSCRIBE. */
	remoteCseq: ColumnType<string, number, number>;
	pathTransport: string;
	pathAddress: string;
	pathPort: number;
	expiresOn: ColumnType<Date, never, never>;
	/** `lamp_version` of the mailbox that the phone acknowledged. */
	toldVersion: string | null;
	createdOn: ColumnType<Date, never, never>;
}

export interface LampTables {
	lampNodes: LampNodeTable;
	lampSubscriptions: LampSubscriptionTable;
}
