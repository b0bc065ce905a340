/** The tables of SIP phones as Kysely types. */
import type { ColumnType } from "kysely";

export interface PhoneTable {
	/** Lower case, unique on the platform. */
	username: string;
	/** The number that it rings for and calls from. */
	phoneNumber: string;
	/** Whatever tells it from the number's other phones; "" for none. */
	name: ColumnType<string, string | undefined, string>;
	/** The hashes hold for this realm alone. */
	realm: string;
	/** HA1 for MD5 (16 octets) and for SHA-256 (32), wrapped: who has them can register as the phone. */
	wrappedHa1: Uint8Array;
	createdOn: ColumnType<Date, Date | undefined, never>;
	rotatedOn: ColumnType<Date | null, Date | undefined, Date>;
}

export interface PhoneTables {
	phones: PhoneTable;
}
