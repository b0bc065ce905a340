/** Jobs as the operator sees them, and how a dead one is run again. Reads pg-boss's table, whose version is pinned. */
import { sql } from "kysely";
import { STORE_LIMITS } from "../limits.ts";
import type { Db, JobName, JobState, Jobs, JobView } from "../types.ts";
import { JOB_POLICIES } from "./policies.ts";

interface JobRow {
	readonly id: string;
	readonly name: string;
	readonly state: JobState;
	readonly retryCount: number;
	readonly startAfter: Date;
	readonly startedOn: Date | null;
	readonly createdOn: Date;
	readonly output: unknown;
	readonly data: unknown;
}

const NAMES = Object.keys(JOB_POLICIES) as JobName[];

/** Newest first. */
export async function listJobs(db: Db, filter: Parameters<Jobs["list"]>[0] = {}): Promise<readonly JobView[]> {
	const limit = Math.min(Math.max(1, Math.floor(filter.limit ?? STORE_LIMITS.jobListDefault)), STORE_LIMITS.jobListMax);
	const names = filter.name === undefined ? NAMES : NAMES.filter((name) => name === filter.name);
	const state = filter.state === "dead" ? "failed" : filter.state;
	const found = await sql<JobRow>`
		select id, name, state::text as state, retry_count, start_after, started_on, created_on, output, data
		from pgboss.job
		where name = any(${names}) and (${state ?? null}::text is null or state::text = ${state ?? null})
		order by created_on desc, id desc
		limit ${limit}`.execute(db);
	return found.rows.map(viewOf);
}

function viewOf(row: JobRow): JobView {
	const waiting = row.state === "created" || row.state === "retry";
	return {
		JobId: row.id,
		Name: row.name,
		State: row.state,
		Dead: row.state === "failed",
		Attempts: row.startedOn === null ? 0 : row.retryCount + 1,
		CreatedOn: row.createdOn.toISOString(),
		NextAttemptOn: waiting ? row.startAfter.toISOString() : null,
		Error: row.state === "completed" ? null : errorOf(row.output),
		Data: row.data,
	};
}

/** Ours is `{message}`; pg-boss itself writes `{value: {message}}` for a job whose worker was lost. */
function errorOf(output: unknown): string | null {
	if (typeof output !== "object" || output === null) return null;
	const said = output as { message?: unknown; value?: { message?: unknown } };
	const message = said.message ?? said.value?.message;
	return typeof message === "string" ? message : null;
}

/** With as many tries as a new job has: what was mended may still need some patience. */
export async function retryJob(db: Db, jobId: string, channel: string): Promise<boolean> {
	if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(jobId)) return false;
	const limits = JSON.stringify(Object.fromEntries(NAMES.map((name) => [name, JOB_POLICIES[name].retryLimit])));
	const retried = await sql`
		with retried as (
			update pgboss.job
			set state = case when state = 'created' then state else 'retry'::pgboss.job_state end,
				retry_limit = case when state = 'created' then retry_limit
					else retry_count + 1 + (${limits}::jsonb ->> name)::int end,
				start_after = now(),
				keep_until = greatest(keep_until, now() + interval '30 days'),
				completed_on = null
			where id = ${jobId}::uuid and name = any(${NAMES}) and state in ('created', 'retry', 'failed')
			returning name
		)
		select pg_notify(${channel}, name) from retried`.execute(db);
	return retried.rows.length > 0;
}
