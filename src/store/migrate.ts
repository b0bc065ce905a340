/** Brings the tables to the newest migration. Safe when several processes start at once: Kysely locks in the database. */
import type { Kysely } from "kysely";
import { Migrator } from "kysely/migration";
import { Failure, type Log } from "../domain/index.ts";
import { MIGRATIONS } from "./migrations/index.ts";

/**
 * @param db a session of its own, not through a transaction pooler.
 * @returns the names of the migrations that were applied now.
 * @throws Failure `configInvalid` where the database was made by a newer Afterbeep, `storeUnavailable` on an outage.
 */
export async function migrate(db: Kysely<unknown>, log: Log): Promise<readonly string[]> {
	const migrator = new Migrator({ db, provider: { getMigrations: async () => ({ ...MIGRATIONS }) } });
	const { error, results } = await migrator.migrateToLatest();
	const applied = (results ?? []).filter((result) => result.status === "Success").map((r) => r.migrationName);
	if (error === undefined) {
		if (applied.length > 0) log.info({ migrations: applied }, "database migrated");
		return applied;
	}
	if (error instanceof Error && /corrupted migrations/.test(error.message)) {
		throw new Failure(
			"configInvalid",
			`The database was made by another version of Afterbeep: ${error.message}`,
			"Start the version that was used last, or a newer one.",
			{ cause: error },
		);
	}
	throw error;
}
