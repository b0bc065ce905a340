/** Opens the store: finds or starts PostgreSQL, brings its tables up to date, opens blobs and jobs. */
import { CamelCasePlugin, Kysely, PostgresDialect, sql } from "kysely";
import type pg from "pg";
import { Failure } from "../domain/index.ts";
import { openBlobs } from "./blobs.ts";
import { asFailure } from "./connections/outage.ts";
import { openPool, type PoolOptions, timeouts } from "./connections/pool.ts";
import { startEmbeddedPostgres } from "./embedded/index.ts";
import { openJobs } from "./jobs/jobs.ts";
import { STORE_LIMITS } from "./limits.ts";
import { migrate } from "./migrate.ts";
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
	await prepareDatabase(source, options);
	const blobs = await openBlobs(options.blobs, options.createIfMissing ?? true);
	const db = connect<Database>(source, options, options.connectionsMax ?? STORE_LIMITS.connectionsDefault);
	opened.defer(() => db.destroy());
	const jobs = opened.use(
		await openJobs({ db, directConfig: source.directConfig, worker: options.worker, log: options.log }),
	);
	const running = opened.move();
	return {
		db,
		blobs,
		jobs,
		transaction: (work) => inTransaction(db, work),
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

function connect<T>(source: Source, options: StoreOptions, connectionsMax: number): Kysely<T> {
	const { pooled, recover } = source;
	return kyselyOver<T>({ config: source.config(), pooled, recover, connectionsMax, log: options.log });
}

/** Column names are snake_case in SQL and camelCase here; what is inside of jsonb stays as it was written. */
function kyselyOver<T>(options: PoolOptions): Kysely<T> {
	return new Kysely<T>({
		dialect: new PostgresDialect({ pool: openPool(options) }),
		plugins: [new CamelCasePlugin({ maintainNestedObjectKeys: true })],
	});
}

async function prepareDatabase(source: Source, options: StoreOptions): Promise<void> {
	const { recover } = source;
	const config = { ...source.directConfig(), ...timeouts(false), statement_timeout: 0, query_timeout: 0 };
	const db = kyselyOver<unknown>({ config, pooled: true, recover, connectionsMax: 1, log: options.log });
	try {
		await checkVersion(db);
		await migrate(db, options.log);
	} catch (error) {
		throw asFailure(error);
	} finally {
		await db.destroy();
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
		return await db.transaction().execute(work);
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
