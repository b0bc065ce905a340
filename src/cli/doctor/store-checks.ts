/** Checks of what keeps messages: database, blobs, jobs. One opening for all. */
import { existsSync } from "node:fs";
import path from "node:path";
import { sql } from "kysely";
import type { Config } from "../../config/index.ts";
import { Failure } from "../../domain/index.ts";
import { type Opened, openPlatform } from "../open-platform.ts";
import { type Finding, fail, ok, reason, warn } from "./finding.ts";

/** Tokens and locks are judged by the node's clock against times of the database. */
const CLOCK_DIFFERENCE_WARN_MS = 5_000;

export async function checkStore(config: Config): Promise<readonly Finding[]> {
	const embedded = config.databaseUrl === undefined;
	if (embedded && !existsSync(path.join(config.dataFolder, "postgres"))) {
		return [
			warn("database", "not made yet", "The first `afterbeep start` makes an embedded PostgreSQL in the data folder."),
		];
	}
	try {
		await using stack = new AsyncDisposableStack();
		const opened = await openPlatform(config, stack);
		return [await checkDatabase(opened, embedded), await checkBlobs(config, opened), ...(await checkJobs(opened))];
	} catch (error) {
		const mend = error instanceof Failure ? error.mend : "See the log of the platform.";
		return [fail("database", reason(error), mend)];
	}
}

async function checkDatabase({ store }: Opened, embedded: boolean): Promise<Finding> {
	const asked = await sql<{ version: string; now: Date; mailboxes: string; messages: string }>`
		select current_setting('server_version') as version, clock_timestamp() as now,
			(select count(*) from mailboxes) as mailboxes,
			(select count(*) from messages where deleted_on is null) as messages`.execute(store.db);
	const row = asked.rows[0]!;
	const difference = Math.abs(row.now.getTime() - Date.now());
	const place = embedded ? "embedded" : "outside";
	const found = `PostgreSQL ${row.version} (${place}), ${row.mailboxes} mailboxes, ${row.messages} messages`;
	if (difference < CLOCK_DIFFERENCE_WARN_MS) return ok("database", found);
	const seconds = Math.round(difference / 1000);
	return warn(
		"database",
		`${found}; its clock differs from this machine's by ${seconds} s`,
		"Keep both clocks by NTP.",
	);
}

async function checkBlobs(config: Config, { store }: Opened): Promise<Finding> {
	try {
		await store.blobs.check();
		return ok("audio store", `${config.blobs} can be written`);
	} catch (error) {
		return fail("audio store", reason(error), "Make AFTERBEEP_BLOBS a folder that this user can write.");
	}
}

async function checkJobs({ store }: Opened): Promise<readonly Finding[]> {
	const dead = await store.jobs.list({ state: "dead", limit: 100 });
	if (dead.length === 0) return [ok("jobs", "no job has failed for good")];
	const count = dead.length === 100 ? "100 or more" : String(dead.length);
	const mend = "afterbeep jobs list --state dead, mend the cause, then afterbeep jobs retry JOBID.";
	return [warn("jobs", `${count} failed for good; the last: ${dead[0]!.Error ?? "no reason kept"}`, mend)];
}
