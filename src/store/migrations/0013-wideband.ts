/** Recordings of wideband calls: a third encoding beside the two laws of G.711. */
import { type Kysely, sql } from "kysely";

/** Not validated: every row that the narrower check let in passes the wider one, and reading them all would take long. */
const CHECKS = `
alter table messages drop constraint messages_encoding_check;
alter table messages add constraint messages_encoding_check check (encoding in ('PCMU', 'PCMA', 'L16')) not valid;
alter table greetings drop constraint greetings_encoding_check;
alter table greetings add constraint greetings_encoding_check check (encoding in ('PCMU', 'PCMA', 'L16')) not valid;
`;

export async function up(db: Kysely<unknown>): Promise<void> {
	await sql.raw(CHECKS).execute(db);
}
