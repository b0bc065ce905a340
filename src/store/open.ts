/** Opens the store: finds or starts PostgreSQL, brings its tables up to date, opens blobs and jobs. */
import { CamelCasePlugin, Kysely, sql } from "kysely";
import type pg from "pg";
import { Failure } from "../domain/index.ts";
import { openBlobs } from "./blobs.ts";
import { dialectOver } from "./connections/dialect.ts";
import { asFailure, asStartFailure } from "./connections/outage.ts";
import { type PoolOptions, timeouts } from "./connections/pool.ts";
import { startEmbeddedPostgres } from "./embedded/index.ts";
import { openJobs } from "./jobs/jobs.ts";
import { Listener } from "./jobs/listener.ts";
import { STORE_LIMITS } from "./limits.ts";
import { checkMigrated, migrate } from "./migrate.ts";
import { pipeline } from "./prepared.ts";
import type { Database } from "./schema.ts";
import type { Db, Store, StoreOptions, Tx } from "./types.ts";

/** Where the database is, and what can be done when it is not. */
interface Source {
	readonly config: () => pg.ClientConfig;
	/** Never through a transaction pooler. */
	readonly directConfig: () => pg.ClientConfig;
	readonly pooled: boolean;
	readonly recover: PoolOptions["recover"];
}

/**
 * Disposing it waits for running jobs (bounded), closes all connections, and stops the embedded server unless another
 * process still uses it.
 *
 * @throws Failure `storeUnavailable` where the database or the blobs can not be used, `configInvalid` for settings
 * that can not work (an old PostgreSQL, an unknown place for blobs, a data folder that is missing and may not be made).
 */
export async function openStore(options: StoreOptions): Promise<Store> {
	await using opened = new AsyncDisposableStack();
	const source = await findSource(options, opened);
	const blobs = await openBlobs(options.blobs, options.createIfMissing ?? true);
	const { db, jobs } = await alone(source, options, async (direct) => {
		await checkVersion(direct);
		if (options.createIfMissing === false) await checkMigrated(direct);
		else await migrate(direct, options.log);
		const { worker, log, connectionsMax = STORE_LIMITS.connectionsDefault } = options;
		const { pooled, recover, directConfig } = source;
		const db = kyselyOver<Database>({ config: source.config(), pooled, recover, connectionsMax, log });
		opened.defer(() => db.destroy());
		return {
			db,
			jobs: opened.use(
				await openJobs({ db, directConfig, worker, soleWorker: options.databaseUrl === undefined, log }),
			),
		};
	});
	const running = opened.move();
	return {
		db,
		blobs,
		jobs,
		transaction: (work) => inTransaction(db, work),
		listen: async (channel, onNotice) => {
			const listener = new Listener({ config: source.directConfig, channel, onNotice, log: options.log });
			await listener.connect();
			return listener;
		},
		check: async () => {
			await bounded(sql`select 1`.execute(db));
			await blobs.check();
		},
		[Symbol.asyncDispose]: () => running.disposeAsync(),
	};
}

async function findSource(options: StoreOptions, opened: AsyncDisposableStack): Promise<Source> {
	if (options.databaseUrl !== undefined) {
		const url = { connectionString: checkedUrl("DATABASE_URL", options.databaseUrl) };
		const directUrl = options.databaseDirectUrl;
		const direct = directUrl === undefined ? url : { connectionString: checkedUrl("DATABASE_DIRECT_URL", directUrl) };
		return {
			config: () => url,
			directConfig: () => ({ ...direct, connectionTimeoutMillis: STORE_LIMITS.connectTimeoutMs }),
			pooled: directUrl !== undefined,
			recover: undefined,
		};
	}
	const { dataFolder, log, createIfMissing = true } = options;
	const server = opened.use(await startEmbeddedPostgres({ dataFolder, createIfMissing, log }));
	return {
		config: () => server.address,
		directConfig: () => ({ ...server.address, connectionTimeoutMillis: STORE_LIMITS.connectTimeoutMs }),
		pooled: false,
		recover: async () => {
			await server.ensureRunning();
			return server.address;
		},
	};
}

function checkedUrl(name: string, text: string): string {
	if (
		/^postgres(ql)?:\/\//.test(text) &&
		URL.canParse(text.replace(/^postgres(ql)?:/, "http:").replace(/@\//, "@h/"))
	) {
		return text;
	}
	throw new Failure(
		"configInvalid",
		`${name} is not the address of a PostgreSQL database.`,
		`Write ${name} as postgres://user:password@host:5432/database.`,
	);
}

/** Column names are snake_case in SQL and camelCase here; what is inside of jsonb stays as it was written. */
function kyselyOver<T>(options: PoolOptions): Kysely<T> {
	return new Kysely<T>({
		dialect: dialectOver(options),
		plugins: [new CamelCasePlugin({ maintainNestedObjectKeys: true })],
	});
}

/** Any number will do, as long as nobody else's is the same: "aftrbeep" in ASCII. */
const PREPARATION_LOCK = "7018425103929402736";

/** Changes of tables and queues, by one process at a time, over connections that pass by any transaction pooler. */
async function alone<T>(
	source: Source,
	options: StoreOptions,
	work: (direct: Kysely<unknown>) => Promise<T>,
): Promise<T> {
	const { recover } = source;
	// A migration may take its time, and so may the process before us.
	const config = { ...source.directConfig(), ...timeouts(true), query_timeout: 0 };
	const direct = kyselyOver<unknown>({ config, pooled: true, recover, connectionsMax: 2, log: options.log });
	try {
		return await direct.connection().execute(async (session) => {
			await sql`select pg_advisory_lock(${PREPARATION_LOCK}::bigint)`.execute(session);
			return await work(direct);
		});
	} catch (error) {
		throw asStartFailure(error);
	} finally {
		// The lock ends with its session.
		await direct.destroy();
	}
}

async function checkVersion(db: Kysely<unknown>): Promise<void> {
	const asked = sql<{ number: number; name: string }>`
		select current_setting('server_version_num')::int as number, current_setting('server_version') as name`;
	const found = (await asked.execute(db)).rows[0]!;
	if (found.number >= STORE_LIMITS.serverVersionMin) return;
	throw new Failure(
		"configInvalid",
		`DATABASE_URL leads to PostgreSQL ${found.name}; Afterbeep needs 15 or newer.`,
		"Upgrade that server, or leave DATABASE_URL out and use the embedded one.",
	);
}

async function inTransaction<T>(db: Db, work: (tx: Tx) => Promise<T>): Promise<T> {
	try {
		return await db.transaction().execute(async (tx) => {
			await pipeline(tx);
			return work(tx);
		});
	} catch (error) {
		throw asFailure(error);
	}
}

async function bounded<T>(asked: Promise<T>): Promise<T> {
	let timer: NodeJS.Timeout | undefined;
	const late = new Promise<never>((_, reject) => {
		const error = new Error("timeout expired");
		timer = setTimeout(() => reject(error), STORE_LIMITS.checkTimeoutMs);
	});
	try {
		return await Promise.race([asked, late]);
	} catch (error) {
		throw asFailure(error);
	} finally {
		clearTimeout(timer);
	}
}
