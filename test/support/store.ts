/**
 * A store on a real PostgreSQL for tests. One server serves all test files that run now, on a folder of its own under
 * the temp folder: whoever comes first starts it, whoever leaves last stops it. Each call gets a fresh database, copied
 * from a template that is migrated once.
 */
import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { type Log, silentLog } from "../../src/domain/index.ts";
import {
	type EmbeddedPostgres,
	openStore,
	type ServerAddress,
	type Store,
	type StoreOptions,
	startEmbeddedPostgres,
} from "../../src/store/index.ts";

export interface TestStore extends AsyncDisposable {
	readonly store: Store;
	/** What the store was opened with; open a second one over the same database with it. */
	readonly options: StoreOptions;
	readonly databaseUrl: string;
	/** Empty but for `blobs/`; removed at the end. */
	readonly dataFolder: string;
}

/**
 * @param options `worker: true` runs jobs. Dispose it at the end (`await using`, or in `afterAll`).
 */
export async function openTestStore(options: { worker?: boolean; log?: Log } = {}): Promise<TestStore> {
	await using opened = new AsyncDisposableStack();
	const database = opened.use(await openTestDatabase());
	const dataFolder = mkdtempSync(join(tmpdir(), "afterbeep-data-"));
	opened.defer(() => rmSync(dataFolder, { recursive: true, force: true }));
	const storeOptions: StoreOptions = {
		databaseUrl: database.url,
		databaseDirectUrl: undefined,
		dataFolder,
		blobs: `file:${join(dataFolder, "blobs")}`,
		worker: options.worker ?? false,
		connectionsMax: 6,
		log: options.log ?? silentLog,
	};
	const store = opened.use(await openStore(storeOptions));
	const running = opened.move();
	return {
		store,
		options: storeOptions,
		databaseUrl: database.url,
		dataFolder,
		[Symbol.asyncDispose]: () => running.disposeAsync(),
	};
}

export interface TestDatabase extends AsyncDisposable {
	readonly url: string;
}

/** A fresh database on the shared server, migrated unless it is to be empty; dropped at the end. */
export async function openTestDatabase(options: { empty?: boolean } = {}): Promise<TestDatabase> {
	await using opened = new AsyncDisposableStack();
	const server = opened.use(await sharedServer());
	const template = `template_${fingerprint()}`;
	const name = `test_${process.pid}_${Date.now().toString(36)}_${serial++}`;
	await asAdmin(server.address, async (admin) => {
		await admin.query("select pg_advisory_lock(1)");
		await prepareTemplate(admin, server.address, template);
		const from = options.empty === true ? "template1" : template;
		await admin.query(`create database ${name} template ${from} strategy file_copy`);
	});
	opened.defer(() => asAdmin(server.address, (admin) => admin.query(`drop database if exists ${name} with (force)`)));
	const running = opened.move();
	return { url: urlOf(server.address, name), [Symbol.asyncDispose]: () => running.disposeAsync() };
}

let serial = 0;

async function sharedServer(): Promise<EmbeddedPostgres> {
	const user = process.getuid?.() ?? 0;
	const dataFolder = join(tmpdir(), `afterbeep-test-postgres-${user}`);
	mkdirSync(dataFolder, { recursive: true });
	chmodSync(dataFolder, user === 0 ? 0o711 : 0o700);
	return startEmbeddedPostgres({ dataFolder, durable: false, log: silentLog });
}

/** Changes with the tables, so that a template of yesterday is not used today. */
function fingerprint(): string {
	const hash = createHash("sha256");
	const source = new URL("../../src/store/", import.meta.url);
	for (const folder of ["migrations/", "jobs/"]) {
		for (const file of readdirSync(new URL(folder, source)).sort()) {
			hash.update(readFileSync(new URL(folder + file, source)));
		}
	}
	hash.update(readFileSync(new URL("../../package-lock.json", import.meta.url)));
	return hash.digest("hex").slice(0, 12);
}

async function prepareTemplate(admin: pg.Client, address: ServerAddress, template: string): Promise<void> {
	const found = await admin.query("select datname from pg_database where datname like 'te%'");
	const names = found.rows.map((row) => row.datname as string).filter((name) => /^(test|template)_/.test(name));
	if (names.includes(template)) return;
	const draft = `draft_${template}`;
	await admin.query(`drop database if exists ${draft} with (force)`);
	await admin.query(`create database ${draft}`);
	const dataFolder = mkdtempSync(join(tmpdir(), "afterbeep-template-"));
	try {
		const store = await openStore({
			databaseUrl: urlOf(address, draft),
			databaseDirectUrl: undefined,
			dataFolder,
			blobs: `file:${join(dataFolder, "blobs")}`,
			worker: false,
			log: silentLog,
		});
		await store[Symbol.asyncDispose]();
	} finally {
		rmSync(dataFolder, { recursive: true, force: true });
	}
	await admin.query(`alter database ${draft} rename to ${template}`);
	// What earlier versions and killed runs left behind; live ones of other test files are recognised by their process.
	for (const name of names) {
		const pid = Number(/^test_(\d+)_/.exec(name)?.[1] ?? 0);
		if (pid === 0 || !isRunning(pid)) await admin.query(`drop database if exists ${name} with (force)`);
	}
}

function isRunning(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return true;
	} catch {
		return false;
	}
}

async function asAdmin(address: ServerAddress, work: (admin: pg.Client) => Promise<unknown>): Promise<void> {
	const admin = new pg.Client(address);
	await admin.connect();
	try {
		await work(admin);
	} finally {
		await admin.end();
	}
}

function urlOf(address: ServerAddress, database: string): string {
	const host = encodeURIComponent(address.host);
	return `postgres://${address.user}:${address.password}@/${database}?host=${host}&port=${address.port}`;
}
