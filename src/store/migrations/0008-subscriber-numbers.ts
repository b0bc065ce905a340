/** The numbers of a subscriber, found at once also in an account of many. */
import { type Kysely, sql } from "kysely";

/**
 * Both conditions in one index: with the account in an index of its own, PostgreSQL read all numbers of the account
 * beside the few of the subscriber (bench api --big).
 */
const INDEXES = `
drop index numbers_subscriber;
create index numbers_subscriber on numbers (lower(assigned_subscriber_id), account_id)
	where assigned_subscriber_id is not null;
`;

export async function up(db: Kysely<unknown>): Promise<void> {
	await sql.raw(INDEXES).execute(db);
}
