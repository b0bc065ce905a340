/** Numbers whose phones are to be told, as rows: fulfils what `lamps/` needs of a database, by the database's clock. */
import { sql } from "kysely";
import type { LampNewsRows } from "../lamps/index.ts";
import type { Db } from "../store/index.ts";

export function createLampNewsRows(db: Db): LampNewsRows {
	return {
		telling: async (told) => {
			if (told) await sql`insert into lamp_telling (told) values (true) on conflict do nothing`.execute(db);
			else {
				await sql`delete from lamp_telling`.execute(db);
				await sql`delete from lamp_news`.execute(db);
			}
		},
		claim: async (limit, leaseSeconds) => {
			const { rows } = await sql<{ phoneNumber: string; seq: string; attempts: number }>`
				with due as (
					select phone_number from lamp_news
					where next_on <= now() and (claimed_until is null or claimed_until < now())
					order by next_on limit ${limit} for update skip locked)
				update lamp_news n set claimed_until = now() + make_interval(secs => ${leaseSeconds})
				from due where n.phone_number = due.phone_number
				returning n.phone_number, n.seq, n.attempts`.execute(db);
			return rows;
		},
		done: async ({ phoneNumber, seq }, againAfterMs) => {
			await sql`
				with told as (delete from lamp_news where phone_number = ${phoneNumber} and seq = ${seq})
				update lamp_news set claimed_until = null, next_on = now() + make_interval(secs => ${againAfterMs / 1000})
				where phone_number = ${phoneNumber} and seq <> ${seq}`.execute(db);
		},
		later: async ({ phoneNumber, seq }, afterMs) => {
			await sql`
				update lamp_news set claimed_until = null,
					attempts = case when seq = ${seq} then attempts + 1 else 0 end,
					next_on = case when seq = ${seq} then now() + make_interval(secs => ${afterMs / 1000}) else now() end
				where phone_number = ${phoneNumber}`.execute(db);
		},
	};
}
