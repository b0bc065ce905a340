/** Rate limits of several processes on one database, and the limit of single keys. */
import { type Kysely, sql } from "kysely";

/**
 * The buckets are unlogged: they change at every block of requests and hold a minute's worth of memory. After a crash of
 * the database they are empty rows, which means full buckets. An update touches no index, so that it stays in its page.
 */
const TABLES = `
alter table account_keys add column requests_per_minute integer check (requests_per_minute > 0);
create unlogged table rate_buckets (
	bucket text primary key,
	tokens double precision not null,
	granted double precision not null,
	at_ms double precision not null
) with (fillfactor = 50);
`;

export async function up(db: Kysely<unknown>): Promise<void> {
	await sql.raw(TABLES).execute(db);
}
