/** What the caller's network attests of a message's caller. */
import { type Kysely, sql } from "kysely";

/** Without a default: nothing is rewritten, however many messages there are. */
export async function up(db: Kysely<unknown>): Promise<void> {
	await sql`alter table messages add column attestation text check (attestation in ('A', 'B', 'C'))`.execute(db);
}
