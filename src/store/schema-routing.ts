/** The tables of what decides about calls. */
import type { ColumnType } from "kysely";

type TimestampDefault = ColumnType<Date, Date | string | undefined, Date | string>;

/** Something that a client stored: one document under the names of the contract. */
export interface KeptTable {
	id: string;
	accountId: string;
	document: ColumnType<unknown, string, string>;
	createdOn: TimestampDefault;
	updatedOn: TimestampDefault;
}

/** `WID-...` */
export interface WorkgroupTable extends KeptTable {
	/** Both from the document. */
	telegentPhone: ColumnType<string | null, never, never>;
	scheduleId: ColumnType<string | null, never, never>;
}

export interface WorkgroupActivityTable {
	/** `WAID-...` */
	id: string;
	workgroupId: string;
	document: ColumnType<unknown, string, string>;
	createdOn: TimestampDefault;
	updatedOn: TimestampDefault;
}

/** Of the account in which its subscriber is now. */
export interface CallFilterTable {
	/** `CFID-...` */
	id: string;
	subscriberId: string;
	/** E.164. */
	phone: string;
	document: ColumnType<unknown, string, string>;
	createdOn: TimestampDefault;
	updatedOn: TimestampDefault;
}

export interface GuardianFeatureTable {
	subscriberId: string;
	calls: boolean;
	messages: boolean;
	updatedOn: TimestampDefault;
}

export interface RoutingTables {
	voiceRoutes: KeptTable;
	messageRoutes: KeptTable;
	schedules: KeptTable;
	workgroups: WorkgroupTable;
	workgroupActivities: WorkgroupActivityTable;
	callFilters: CallFilterTable;
	guardianFeatures: GuardianFeatureTable;
}
