import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { silentLog } from "../../src/domain/index.ts";
import { openStore, type Store, type StoreOptions, startEmbeddedPostgres } from "../../src/store/index.ts";
import { openTestDatabase, openTestStore, type TestStore } from "../support/store.ts";

const distributor = (id: string) => ({ id, name: `Operator ${id}` });

describe("a store", () => {
	let opened: TestStore;
	let store: Store;
	beforeAll(async () => {
		opened = await openTestStore();
		store = opened.store;
	});
	afterAll(() => opened[Symbol.asyncDispose]());

	test("opened again over the same database finds nothing to migrate and all its rows", async () => {
		await store.db.insertInto("distributors").values(distributor("DID-again")).execute();
		await using again = await openStore(opened.options);
		const found = await again.db.selectFrom("distributors").selectAll().where("id", "=", "DID-again").execute();
		expect(found).toMatchObject([{ id: "DID-again", name: "Operator DID-again", createdOn: expect.any(Date) }]);
	});

	test("a transaction that throws leaves nothing, and the error comes through as it was", async () => {
		const error = new Error("changed my mind");
		const undone = store.transaction(async (tx) => {
			await tx.insertInto("distributors").values(distributor("DID-undone")).execute();
			throw error;
		});
		await expect(undone).rejects.toBe(error);
		expect(await store.db.selectFrom("distributors").where("id", "=", "DID-undone").selectAll().execute()).toEqual([]);
	});

	test("a statement that is wrong is an error, not an outage", async () => {
		await store.db.insertInto("distributors").values(distributor("DID-twice")).execute();
		const twice = store.transaction((tx) => tx.insertInto("distributors").values(distributor("DID-twice")).execute());
		await expect(twice).rejects.toMatchObject({ code: "23505" });
	});

	test("column names are camel-cased, what is inside of jsonb is not, bigint stays exact, bytea is bytes", async () => {
		const trace = { snake_case: { inner_key: [1, { deep_key: true }] }, camelCase: null };
		const call = { id: "CALL-1", sipCallId: "x", startedOn: new Date(), kind: "deposit", status: 200, why: "test" };
		await store.db
			.insertInto("calls")
			.values({ ...call, trace: JSON.stringify(trace) })
			.execute();
		const row = await store.db.selectFrom("calls").selectAll().executeTakeFirstOrThrow();
		expect(row).toMatchObject({ sipCallId: "x", startedOn: call.startedOn });
		expect(row.trace).toEqual(trace);
		const big = sql<{
			veryBig: string;
			someBytes: Uint8Array;
		}>`select 9007199254740993 as very_big, '\\x0001ff'::bytea as some_bytes`;
		const { veryBig, someBytes } = (await big.execute(store.db)).rows[0]!;
		expect(veryBig).toBe("9007199254740993");
		expect([...someBytes]).toEqual([0, 1, 255]);
	});

	test("several statements in one text give the rows of all", async () => {
		const result = await sql.raw("begin; select 1 as one; select 2 as one; commit").execute(store.db);
		expect(result.rows).toEqual([{ one: 1 }, { one: 2 }]);
	});

	test("a statement that is kept prepared outlives a change of its table, at the price of one failure", async () => {
		await using one = await openStore({ ...opened.options, connectionsMax: 1 });
		await sql`create table changing (id integer)`.execute(store.db);
		const read = () => sql`select * from changing where id = ${1}`.execute(one.db);
		expect((await read()).rows).toEqual([]);
		const prepared = await sql`select name from pg_prepared_statements where statement like ${"%changing where%"}`;
		expect((await prepared.execute(one.db)).rows).toHaveLength(1);
		await sql`alter table changing add column more text`.execute(store.db);
		await expect(read()).rejects.toMatchObject({ code: "0A000" });
		expect((await read()).rows).toEqual([]);
		await sql`drop table changing`.execute(store.db);
	});

	test("the death of an idle connection is survived", async () => {
		await Promise.all([1, 2, 3].map(() => sql`select pg_sleep(0.02)`.execute(store.db)));
		await killOthers(store);
		await Promise.all([1, 2, 3, 4].map(() => sql`select pg_sleep(0.02)`.execute(store.db)));
	});

	test("a connection that dies within a transaction fails that one as an outage, and the next one works", async () => {
		const cut = store.transaction(async (tx) => {
			await tx.insertInto("distributors").values(distributor("DID-cut")).execute();
			const { pid } = (await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(tx)).rows[0]!;
			await sql`select pg_terminate_backend(${pid})`.execute(store.db);
			await sql`select 1`.execute(tx);
		});
		await expect(cut).rejects.toMatchObject({ name: "Failure", code: "storeUnavailable" });
		await store.transaction((tx) => tx.insertInto("distributors").values(distributor("DID-next")).execute());
		const ids = (await store.db.selectFrom("distributors").select("id").execute()).map((row) => row.id);
		expect(ids).toContain("DID-next");
		expect(ids).not.toContain("DID-cut");
	});

	test("more transactions than connections wait their turn", async () => {
		const many = Array.from({ length: 40 }, (_, i) =>
			store.transaction(async (tx) => {
				await sql`select pg_sleep(0.005)`.execute(tx);
				await tx
					.insertInto("distributors")
					.values(distributor(`DID-many-${i}`))
					.execute();
			}),
		);
		await Promise.all(many);
		const found = await store.db.selectFrom("distributors").where("id", "like", "DID-many-%").select("id").execute();
		expect(found).toHaveLength(40);
		const used = sql<{
			count: string;
		}>`select count(*) as count from pg_stat_activity where datname = current_database()`;
		expect(Number((await used.execute(store.db)).rows[0]!.count)).toBeLessThanOrEqual(opened.options.connectionsMax!);
	});

	test("the server ends what takes too long, except behind a pooler that knows no sessions", async () => {
		const settings = sql<{ statementTimeout: string; lockTimeout: string }>`select
			current_setting('statement_timeout') as statement_timeout, current_setting('lock_timeout') as lock_timeout`;
		expect((await settings.execute(store.db)).rows).toEqual([{ statementTimeout: "30s", lockTimeout: "10s" }]);
		await using pooled = await openStore({ ...opened.options, databaseDirectUrl: opened.databaseUrl });
		expect((await settings.execute(pooled.db)).rows).toEqual([{ statementTimeout: "0", lockTimeout: "0" }]);
	});

	test("its check passes", async () => {
		await store.check();
	});
});

async function killOthers(store: Store): Promise<void> {
	await sql`select pg_terminate_backend(pid) from pg_stat_activity
		where datname = current_database() and pid <> pg_backend_pid()`.execute(store.db);
}

describe("settings", () => {
	const options = (changes: Partial<StoreOptions>): StoreOptions => ({
		databaseUrl: undefined,
		databaseDirectUrl: undefined,
		dataFolder: "/nowhere/at/all",
		blobs: "file:/nowhere/at/all/blobs",
		worker: false,
		log: silentLog,
		...changes,
	});

	test.each(["mysql://localhost/x", "localhost:5432", "postgres:x", "postgres://"])(
		"DATABASE_URL %j is refused",
		async (url) => {
			await expect(openStore(options({ databaseUrl: url }))).rejects.toMatchObject({ code: "configInvalid" });
		},
	);

	test("a database that nobody serves is an outage, said without its password", async () => {
		const error = await openStore(options({ databaseUrl: "postgres://me:s3cret@127.0.0.1:1/x" })).catch((e) => e);
		expect(error).toMatchObject({ code: "storeUnavailable" });
		expect(`${error.message} ${error.mend}`).not.toMatch(/s3cret/);
	});

	test("a wrong password is told from an outage", async () => {
		await using database = await openTestDatabase();
		const url = database.url.replace(/:[^:@]+@/, ":wrong@");
		const error = await openStore(options({ databaseUrl: url })).catch((e) => e);
		expect(error).toMatchObject({ code: "configInvalid", message: expect.stringMatching(/password authentication/) });
	});

	test("a reading command makes no data folder", async () => {
		const dataFolder = join(tmpdir(), `afterbeep-not-there-${process.pid}`);
		const opening = openStore(options({ dataFolder, blobs: `file:${dataFolder}/blobs`, createIfMissing: false }));
		await expect(opening).rejects.toMatchObject({ code: "configInvalid" });
		expect(existsSync(dataFolder)).toBe(false);
	});

	test("several processes that meet an empty database at once migrate it once", async () => {
		await using database = await openTestDatabase({ empty: true });
		const dataFolder = mkdtempSync(join(tmpdir(), "afterbeep-data-"));
		const wish = options({ databaseUrl: database.url, dataFolder, blobs: `file:${dataFolder}/blobs`, worker: true });
		const stores = await Promise.all([openStore(wish), openStore(wish), openStore(wish)]);
		for (const store of stores) expect(await store.db.selectFrom("messages").selectAll().execute()).toEqual([]);
		for (const store of stores) await store[Symbol.asyncDispose]();
		rmSync(dataFolder, { recursive: true });
	});

	test("who only looks changes no tables: a database of an older or a newer Afterbeep is told", async () => {
		await using database = await openTestStore();
		const looking = { ...database.options, worker: false, createIfMissing: false };
		await using reader = await openStore(looking);
		await reader.check();
		const { rows } = await sql<{ name: string; timestamp: string }>`
			delete from kysely_migration where name = (select max(name) from kysely_migration) returning name, timestamp`.execute(
			database.store.db,
		);
		const [newest] = rows as [{ name: string; timestamp: string }];
		await expect(openStore(looking)).rejects.toMatchObject({
			code: "configInvalid",
			message: expect.stringContaining(`it lacks ${newest.name}`),
		});
		await sql`insert into kysely_migration values (${newest.name}, ${newest.timestamp})`.execute(database.store.db);
		await sql`insert into kysely_migration values ('9999-future', now()::text)`.execute(database.store.db);
		await expect(openStore(looking)).rejects.toMatchObject({
			code: "configInvalid",
			message: expect.stringContaining("9999-future"),
		});
	});

	test("a database of a newer Afterbeep is left alone", async () => {
		await using database = await openTestStore();
		await sql`insert into kysely_migration values ('9999-future', now()::text)`.execute(database.store.db);
		await expect(openStore(database.options)).rejects.toMatchObject({
			code: "configInvalid",
			mend: expect.stringMatching(/newer/),
		});
	});
});

describe("outages", () => {
	let dataFolder: string;
	beforeEach(() => {
		dataFolder = mkdtempSync(join(tmpdir(), "afterbeep-data-"));
	});
	afterEach(() => rmSync(dataFolder, { recursive: true, force: true }));

	test("while an outside database is away all is an outage; when it is back, queries and jobs go on by themselves", async () => {
		const serverFolder = join(dataFolder, "server");
		const start = () => startEmbeddedPostgres({ dataFolder: serverFolder, durable: false, log: silentLog });
		const first = await start();
		const { user, password, host, port } = first.address;
		await using store = await openStore({
			databaseUrl: `postgres://${user}:${password}@/postgres?host=${encodeURIComponent(host)}&port=${port}`,
			databaseDirectUrl: undefined,
			dataFolder,
			blobs: `file:${dataFolder}/blobs`,
			worker: true,
			log: silentLog,
		});
		const heard = Promise.withResolvers<string>();
		await store.jobs.work("message.stored", 1, async (data) => heard.resolve(data.messageId));
		await first[Symbol.asyncDispose]();
		await expect(store.transaction(async () => {})).rejects.toMatchObject({ code: "storeUnavailable" });
		await expect(store.db.selectFrom("calls").selectAll().execute()).rejects.toMatchObject({
			code: "storeUnavailable",
		});
		await expect(store.check()).rejects.toMatchObject({ code: "storeUnavailable" });
		await using _second = await start();
		await store.check();
		await store.transaction((tx) =>
			store.jobs.enqueue(tx, "message.stored", { messageId: "VMID-1", phoneNumber: "+1" }),
		);
		expect(await heard.promise).toBe("VMID-1");
	});

	test("jobs that ran when the platform was killed run again at its next start", async () => {
		const options: StoreOptions = {
			databaseUrl: undefined,
			databaseDirectUrl: undefined,
			dataFolder,
			blobs: `file:${dataFolder}/blobs`,
			worker: true,
			log: silentLog,
		};
		const before = await openStore(options);
		const job = { messageId: "VMID-1", phoneNumber: "+1" };
		await before.transaction((tx) => before.jobs.enqueue(tx, "message.stored", job));
		await sql`update pgboss.job set state = 'active', started_on = now(), heartbeat_on = now()`.execute(before.db);
		await before[Symbol.asyncDispose]();
		await using after = await openStore(options);
		const heard = Promise.withResolvers<unknown>();
		await after.jobs.work("message.stored", 1, async (data) => heard.resolve(data));
		expect(await heard.promise).toEqual(job);
	});

	test("an embedded server that dies is started again by the first who needs it", async () => {
		const options: StoreOptions = {
			databaseUrl: undefined,
			databaseDirectUrl: undefined,
			dataFolder,
			blobs: `file:${dataFolder}/blobs`,
			worker: true,
			log: silentLog,
		};
		await using store = await openStore(options);
		await store.db.insertInto("distributors").values(distributor("DID-kept")).execute();
		const pidFile = join(dataFolder, "postgres", "data", "postmaster.pid");
		process.kill(Number.parseInt(readFileSync(pidFile, "utf8"), 10), "SIGKILL");
		await expect
			.poll(() => store.transaction((tx) => tx.selectFrom("distributors").select("id").execute()).catch(() => []), {
				timeout: 15_000,
			})
			.toEqual([{ id: "DID-kept" }]);
		await using reader = await openStore({ ...options, worker: false, createIfMissing: false });
		expect(await reader.db.selectFrom("distributors").select("id").execute()).toEqual([{ id: "DID-kept" }]);
	});
});
