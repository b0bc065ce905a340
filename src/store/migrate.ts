/** Brings the tables to the newest migration. Safe when several processes start at once: Kysely locks in the database. */
import { type Kysely, sql } from "kysely";
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
	if (error instanceof Error && /corrupted migrations/.test(error.message)) throw madeByAnother(error.message, error);
	throw error;
}

/**
 * For who only looks: a command of a newer Afterbeep must not change the tables under a platform that runs.
 *
 * @throws Failure `configInvalid` where the tables are not those of this version.
 */
export async function checkMigrated(db: Kysely<unknown>): Promise<void> {
	const migrator = new Migrator({ db, provider: { getMigrations: async () => ({ ...MIGRATIONS }) } });
	const pending = (await migrator.getMigrations()).filter((migration) => migration.executedAt === undefined);
	if (pending.length > 0) {
		throw new Failure(
			"configInvalid",
			`The database is of an older version of Afterbeep: it lacks ${pending.map(({ name }) => name).join(", ")}.`,
			"Start this version of the platform, which brings it up to date, or use the command of the version that runs.",
		);
	}
	const { rows } = await sql<{ name: string }>`select name from kysely_migration`.execute(db);
	const unknown = rows.filter(({ name }) => !(name in MIGRATIONS)).map(({ name }) => name);
	if (unknown.length > 0) throw madeByAnother(`it has ${unknown.join(", ")}.`);
}

function madeByAnother(how: string, cause?: Error): Failure {
	return new Failure(
		"configInvalid",
		`The database was made by another version of Afterbeep: ${how}`,
		"Start the version that was used last, or a newer one.",
		{ cause },
	);
}
