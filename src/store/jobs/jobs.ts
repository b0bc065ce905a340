/** The job queue: pg-boss keeps the jobs, its schema and its housekeeping; fetching and running them is ours. */
import { createHash } from "node:crypto";
import { CompiledQuery, type Kysely, sql } from "kysely";
import type pg from "pg";
import { type ConstructorOptions, PgBoss } from "pg-boss";
import type { Log } from "../../domain/index.ts";
import { STORE_LIMITS } from "../limits.ts";
import type { Database } from "../schema.ts";
import type { EnqueueOptions, JobName, Jobs, JobTry, Tx } from "../types.ts";
import { Dispatcher, type FetchedJob, type Queue } from "./dispatcher.ts";
import { Listener } from "./listener.ts";
import { JOB_POLICIES, type JobPolicy } from "./policies.ts";
import { listJobs, retryJob } from "./views.ts";

export interface OpenJobsOptions {
	readonly db: Kysely<Database>;
	/** For LISTEN: a session of its own. */
	readonly directConfig: () => pg.ClientConfig;
	readonly worker: boolean;
	/** No other process works on this database: what looks like running at the start is left from a crash. */
	readonly soleWorker: boolean;
	readonly log: Log;
}

const SCHEMA = "pgboss";
/** A job of a process that died is given to another after so long without a sign of life. */
const HEARTBEAT_SECONDS = 30;
const HEARTBEAT_EVERY_MS = 10_000;
/** How often pg-boss looks for them. */
const SUPERVISE_SECONDS = 15;
/** Retries fall due without a notice. */
const POLL_MS = 2_000;
/** Finished jobs are of no more use: the message row says what happened. */
const KEEP_COMPLETED_SECONDS = 3_600;
const KEEP_DEAD_SECONDS = 90 * 86_400;
/** Waiting jobs outlive any outage of the workers. */
const KEEP_WAITING_SECONDS = 365 * 86_400;
/** Well within `KEEP_COMPLETED_SECONDS`, after which a dead job would go too. */
const KEEP_DEAD_EVERY_MS = 60_000;

/** @throws Failure `storeUnavailable` on an outage. */
export async function openJobs(options: OpenJobsOptions): Promise<Jobs & AsyncDisposable> {
	const { db, worker, log } = options;
	// Before pg-boss's own housekeeping runs, which would remove a job that died just before the last stop.
	if (worker) await keepDead(db).catch(() => {}); // there is no such table at the very first start
	const boss = new PgBoss({
		...bossOptions(db),
		supervise: worker,
		superviseIntervalSeconds: SUPERVISE_SECONDS,
		monitorIntervalSeconds: SUPERVISE_SECONDS,
		registerInstance: worker,
	});
	boss.on("error", (error) => log.warn({ error: error.message }, "job housekeeping failed"));
	boss.on("warning", (warning) => log.debug({ warning: warning.message }, "job queue warning"));
	await boss.start();
	await declareQueues(boss);
	if (worker && options.soleWorker) await resumeOrphans(db);
	const channel = await channelOf(db);
	return worker ? new WorkingJobs(boss, channel, options) : new EnqueuingJobs(boss, channel, db);
}

function bossOptions(db: Kysely<Database>): ConstructorOptions {
	return {
		db: { executeSql: (text, values) => runScript(db, text, values) },
		schema: SCHEMA,
		schedule: false,
		migrate: true,
		openTelemetry: { enabled: false },
		persistWarnings: false,
		monitorVacuum: false,
	};
}

/** pg-boss reads rows as PostgreSQL names them, so Kysely's plugins stay out of the way. */
async function runSql(db: Kysely<Database>, text: string, values: unknown[] = []): Promise<{ rows: unknown[] }> {
	const result = await db.withoutPlugins().executeQuery(CompiledQuery.raw(text, values));
	return { rows: result.rows };
}

/** pg-boss sends several statements as one text, with their own begin: what fails half-way must not stay open. */
async function runScript(db: Kysely<Database>, text: string, values?: unknown[]): Promise<{ rows: unknown[] }> {
	return db.connection().execute(async (connection) => {
		try {
			return await runSql(connection, text, values);
		} catch (error) {
			if (/\bbegin\b/i.test(text)) await sql`rollback`.execute(connection).catch(() => {});
			throw error;
		}
	});
}

/** The name pg-boss notifies on: part of its protocol between processes, the same expression as in its source. */
async function channelOf(db: Kysely<Database>): Promise<string> {
	const found = await sql<{ channel: string }>`
		select 'pgboss_' || left(encode(sha224(${SCHEMA}::bytea), 'hex'), 24) as channel`.execute(db);
	return found.rows[0]!.channel;
}

async function declareQueues(boss: PgBoss): Promise<void> {
	const known = new Map((await boss.getQueues()).map((queue) => [queue.name, queue]));
	for (const [name, policy] of Object.entries(JOB_POLICIES)) {
		const wanted = queueOptions(policy);
		const found = known.get(name);
		if (found === undefined) await boss.createQueue(name, wanted);
		else if (Object.entries(wanted).some(([key, value]) => found[key as keyof typeof wanted] !== value)) {
			await boss.updateQueue(name, wanted);
		}
	}
}

function queueOptions({ perGroup: _, ...policy }: JobPolicy) {
	return {
		...policy,
		retryBackoff: true,
		retentionSeconds: KEEP_WAITING_SECONDS,
		deleteAfterSeconds: KEEP_COMPLETED_SECONDS,
		heartbeatSeconds: HEARTBEAT_SECONDS,
		notify: true,
	};
}

async function resumeOrphans(db: Kysely<Database>): Promise<void> {
	await sql`update pgboss.job set state = 'retry', start_after = now() where state = 'active'`.execute(db);
}

async function keepDead(db: Kysely<Database>): Promise<void> {
	await sql`update pgboss.job set deletion_seconds = ${KEEP_DEAD_SECONDS}
		where state = 'failed' and deletion_seconds < ${KEEP_DEAD_SECONDS}`.execute(db);
}

class EnqueuingJobs implements Jobs, AsyncDisposable {
	protected readonly boss: PgBoss;
	protected readonly channel: string;
	protected readonly db: Kysely<Database>;

	constructor(boss: PgBoss, channel: string, db: Kysely<Database>) {
		this.boss = boss;
		this.channel = channel;
		this.db = db;
	}

	async enqueue<N extends JobName>(tx: Tx, name: N, data: object, { key, group }: EnqueueOptions = {}): Promise<void> {
		const size = Buffer.byteLength(JSON.stringify(data));
		if (size > STORE_LIMITS.jobDataBytesMax) throw new RangeError(`job ${name} with ${size} bytes of data`);
		await this.boss.send(name, data, {
			...(key === undefined ? {} : { id: jobIdOf(name, key) }),
			...(group === undefined ? {} : { group: { id: group } }),
			db: { executeSql: (text, values) => runSql(tx, text, values) },
		});
	}

	async work(name: JobName, _concurrency: number, _handler: unknown): Promise<void> {
		throw new Error(`this store was opened without worker: true, so nobody here can work on ${name}`);
	}

	list(filter?: Parameters<Jobs["list"]>[0]) {
		return listJobs(this.db, filter);
	}

	retry(jobId: string) {
		return retryJob(this.db, jobId, this.channel);
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await this.boss.stop({ graceful: false, close: false });
	}
}

class WorkingJobs extends EnqueuingJobs {
	readonly #log: Log;
	readonly #dispatchers = new Map<string, Dispatcher>();
	readonly #listener: Listener;
	readonly #keeping: NodeJS.Timeout;
	#listening: Promise<void> | undefined;

	constructor(boss: PgBoss, channel: string, options: OpenJobsOptions) {
		super(boss, channel, options.db);
		this.#log = options.log;
		this.#listener = new Listener({
			config: options.directConfig,
			channel,
			onNotice: (name) => {
				if (name === undefined) for (const dispatcher of this.#dispatchers.values()) dispatcher.wake();
				else this.#dispatchers.get(name)?.wake();
			},
			log: options.log,
		});
		this.#keeping = setInterval(() => keepDead(options.db).catch(() => {}), KEEP_DEAD_EVERY_MS);
		this.#keeping.unref();
	}

	override async work(name: JobName, concurrency: number, handler: unknown): Promise<void> {
		if (this.#dispatchers.has(name)) throw new Error(`${name} has a handler already`);
		this.#listening ??= this.#listener.connect();
		await this.#listening;
		const dispatcher = new Dispatcher({
			name,
			concurrency,
			queue: this.#queueOf(name),
			handler: handler as (data: unknown, jobTry: JobTry) => Promise<void>,
			grouped: JOB_POLICIES[name].perGroup !== undefined,
			pollMs: POLL_MS,
			heartbeatMs: HEARTBEAT_EVERY_MS,
			log: this.#log,
		});
		this.#dispatchers.set(name, dispatcher);
		dispatcher.wake();
	}

	#queueOf(name: JobName): Queue {
		const { perGroup } = JOB_POLICIES[name];
		const grouping = perGroup === undefined ? {} : { groupConcurrency: perGroup };
		return {
			fetch: (batchSize) => this.boss.fetch<object>(name, { batchSize, includeMetadata: true, ...grouping }),
			complete: async (jobs) => {
				await this.boss.complete(name, jobs.map(attemptOf));
			},
			touch: async (jobs) => {
				await this.boss.touch(name, jobs.map(attemptOf));
			},
			fail: async (job, { message, dead, retryAfterMs }) => {
				// Out of tries is what dead means to pg-boss; a wait that grows would not be the one named.
				if (dead || retryAfterMs !== undefined) {
					const wait = retryAfterMs === undefined ? null : Math.ceil(retryAfterMs / 1000);
					await sql`update pgboss.job set
							retry_limit = case when ${dead} then retry_count else retry_limit end,
							retry_delay = coalesce(${wait}::int, retry_delay),
							retry_backoff = retry_backoff and ${wait}::int is null
						where name = ${name} and id = ${job.id}::uuid and state = 'active' and retry_count = ${job.retryCount}`.execute(
						this.db,
					);
				}
				await this.boss.fail(name, attemptOf(job), { message });
			},
		};
	}

	override async [Symbol.asyncDispose](): Promise<void> {
		clearInterval(this.#keeping);
		await this.#listener[Symbol.asyncDispose]();
		await Promise.all([...this.#dispatchers.values()].map((one) => one.stop(STORE_LIMITS.jobStopMs)));
		await keepDead(this.db).catch(() => {});
		await super[Symbol.asyncDispose]();
	}
}

/** The same for the same name and key: a UUID of version 8 (RFC 9562 §5.8) made of their hash. */
function jobIdOf(name: string, key: string): string {
	const bytes = createHash("sha256").update(`${name}\n${key}`).digest().subarray(0, 16);
	bytes[6] = (bytes[6]! & 0x0f) | 0x80;
	bytes[8] = (bytes[8]! & 0x3f) | 0x80;
	const hex = bytes.toString("hex");
	return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

function attemptOf(job: FetchedJob): { id: string; retryCount: number } {
	return { id: job.id, retryCount: job.retryCount };
}
