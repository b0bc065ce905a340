import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
	chmodSync,
	chownSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { silentLog } from "../../src/domain/index.ts";
import { processIdentity } from "../../src/store/embedded/process-identity.ts";
import { type EmbeddedPostgres, lockDataFolder, startEmbeddedPostgres } from "../../src/store/index.ts";

const isRoot = process.geteuid?.() === 0;
let seed: string;
let folder: string;
let children: ChildProcess[];
beforeAll(async () => {
	seed = mkdtempSync(join(tmpdir(), "afterbeep-seed-"));
	chmodSync(seed, 0o755);
	await (await start(join(seed, "data")))[Symbol.asyncDispose]();
});
afterAll(() => rmSync(seed, { recursive: true, force: true }));
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "afterbeep-embedded-"));
	chmodSync(folder, 0o755);
	children = [];
});
afterEach(async () => {
	for (const child of children) {
		child.kill("SIGKILL");
		if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
	}
	rmSync(folder, { recursive: true, force: true });
});

const start = (dataFolder: string, createIfMissing = true) =>
	startEmbeddedPostgres({ dataFolder, createIfMissing, durable: false, log: silentLog });

/** A data folder whose database was made before: a copy is quicker than making one. */
function usedDataFolder(path = join(folder, "data")): string {
	mkdirSync(dirname(path), { recursive: true });
	execFileSync("cp", ["-a", join(seed, "data"), path]);
	return path;
}

async function query(server: EmbeddedPostgres, text: string, change: pg.ClientConfig = {}) {
	const client = new pg.Client({ ...server.address, ...change });
	await client.connect();
	try {
		return (await client.query(text)).rows;
	} finally {
		await client.end();
	}
}

/** @returns the process and the pid of its server, once it says it is ready. */
async function ownerOn(dataFolder: string): Promise<{ owner: ChildProcess; serverPid: number }> {
	const script = join(import.meta.dirname, "support", "owner.ts");
	const owner = spawn(process.execPath, [script, dataFolder], { stdio: ["ignore", "pipe", "inherit"] });
	children.push(owner);
	const [said] = await once(owner.stdout!, "data");
	return { owner, serverPid: Number(/^ready (\d+)/.exec(String(said))![1]) };
}

async function ended(child: ChildProcess): Promise<void> {
	if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
}

describe("the embedded server", () => {
	test("listens on a private socket alone, wants its password, and keeps what was written", async () => {
		const data = usedDataFolder();
		const first = await start(data);
		await query(first, "create table kept (value text); insert into kept values ('yes')");
		expect(await query(first, "show listen_addresses")).toEqual([{ listen_addresses: "" }]);
		expect(statSync(first.address.host).mode & 0o777).toBe(0o700);
		expect(statSync(join(data, "postgres", "data")).mode & 0o777).toBe(0o700);
		expect(statSync(join(data, "postgres", "access.json")).mode & 0o777).toBe(0o600);
		expect(statSync(join(first.address.host, ".s.PGSQL.5432")).mode & 0o777).toBe(0o700);
		await expect(query(first, "select 1", { password: "wrong" })).rejects.toThrow(/password authentication failed/);
		await first[Symbol.asyncDispose]();
		expect(processIdentity(first.pid)).toBeUndefined();
		expect(readdirSync(join(data, "postgres", "run"))).toEqual([]);
		await using second = await start(data);
		expect(await query(second, "select value from kept")).toEqual([{ value: "yes" }]);
	});

	test("is durable unless a test says otherwise", async () => {
		await using server = await startEmbeddedPostgres({ dataFolder: usedDataFolder(), log: silentLog });
		const settings =
			"select name, setting from pg_settings where name in ('fsync', 'synchronous_commit', 'full_page_writes')";
		for (const row of await query(server, settings)) expect(row.setting).toBe("on");
	});

	test("works under a path that is too long for a socket and has spaces, commas and quotes", async () => {
		const data = usedDataFolder(join(folder, `a "b", c'ä`, "long".repeat(40)));
		const server = await start(data);
		const link = server.address.host;
		expect(Buffer.byteLength(link)).toBeLessThan(60);
		expect(await query(server, "select 1 as one")).toEqual([{ one: 1 }]);
		await server[Symbol.asyncDispose]();
		expect(existsSync(link)).toBe(false);
	});

	test("errors in its log name no value", async () => {
		const data = usedDataFolder();
		await using server = await start(data);
		await query(server, "create table numbers (number text primary key); insert into numbers values ('+15551234567')");
		await expect(query(server, "insert into numbers values ('+15551234567')")).rejects.toThrow(/duplicate key/);
		const log = readFileSync(join(data, "postgres", "server.log"), "utf8");
		expect(log).toMatch(/duplicate key/);
		expect(log).not.toMatch(/5551234567/);
	});

	test("two processes that start on an empty folder at once share one server", async () => {
		const data = join(folder, "data");
		const [a, b] = await Promise.all([start(data), start(data)]);
		expect(a.pid).toBe(b.pid);
		await a[Symbol.asyncDispose]();
		expect(await query(b, "select 1 as one")).toEqual([{ one: 1 }]);
		await b[Symbol.asyncDispose]();
		expect(processIdentity(b.pid)).toBeUndefined();
	});

	test("a command that may not make a data folder makes none", async () => {
		const data = join(folder, "data");
		await expect(start(data, false)).rejects.toMatchObject({
			code: "configInvalid",
			mend: expect.stringMatching(/npm start/),
		});
		expect(existsSync(data)).toBe(false);
		mkdirSync(data);
		await expect(start(data, false)).rejects.toMatchObject({ code: "configInvalid" });
		expect(readdirSync(data)).toEqual([]);
	});

	test("data of another major version is refused, with both named", async () => {
		const data = usedDataFolder();
		const access = join(data, "postgres", "access.json");
		writeFileSync(access, JSON.stringify({ ...JSON.parse(readFileSync(access, "utf8")), major: 17 }));
		await expect(start(data)).rejects.toThrow(/PostgreSQL 17.*brings 18/);
	});
});

describe("after an accident", () => {
	test("a server whose owner was killed is taken over, and stopped by the one that took it", async () => {
		const data = usedDataFolder();
		const { owner, serverPid } = await ownerOn(data);
		owner.kill("SIGKILL");
		await ended(owner);
		expect(processIdentity(serverPid)).toBeDefined();
		const next = await start(data);
		expect(next.pid).toBe(serverPid);
		expect(await query(next, "select 1 as one")).toEqual([{ one: 1 }]);
		await next[Symbol.asyncDispose]();
		expect(processIdentity(serverPid)).toBeUndefined();
	});

	test("a process that ends without closing takes its server along", async () => {
		const data = usedDataFolder();
		const { owner, serverPid } = await ownerOn(data);
		owner.kill("SIGUSR2");
		await ended(owner);
		await expect.poll(() => processIdentity(serverPid), { timeout: 10_000 }).toBeUndefined();
		expect(readdirSync(join(data, "postgres", "users"))).toEqual([]);
	});

	test.each([
		[1, true],
		[100, false],
	])("a server that started %d s after its pid file says is taken over: %s", async (seconds, taken) => {
		const data = usedDataFolder();
		const { owner, serverPid } = await ownerOn(data);
		owner.kill("SIGKILL");
		await ended(owner);
		const pidFile = join(data, "postgres", "data", "postmaster.pid");
		const lines = readFileSync(pidFile, "utf8").split("\n");
		lines[2] = String(Number(lines[2]) - seconds);
		writeFileSync(pidFile, lines.join("\n"));
		await using next = await start(data);
		expect(next.pid === serverPid).toBe(taken);
		expect(await query(next, "select 1 as one")).toEqual([{ one: 1 }]);
	});

	test("after server and owner were killed together the next start recovers", async () => {
		const data = usedDataFolder();
		const { owner, serverPid } = await ownerOn(data);
		process.kill(serverPid, "SIGKILL");
		owner.kill("SIGKILL");
		await ended(owner);
		await using next = await start(data);
		expect(next.pid).not.toBe(serverPid);
		expect(await query(next, "select 1 as one")).toEqual([{ one: 1 }]);
	});

	test("a pid file whose number another program has by now does not stop it from starting", async () => {
		const data = usedDataFolder();
		const pidFile = join(data, "postgres", "data", "postmaster.pid");
		const cluster = join(data, "postgres", "data");
		writeFileSync(pidFile, [process.pid, cluster, "1", "5432", "/nowhere", "", "1 1", "ready   ", ""].join("\n"));
		if (isRoot) chownSync(pidFile, statSync(cluster).uid, statSync(cluster).gid);
		await using server = await start(data);
		expect(await query(server, "select 1 as one")).toEqual([{ one: 1 }]);
	});

	test("a server that dies is started again, once for all who ask", async () => {
		await using server = await start(usedDataFolder());
		const before = server.pid;
		process.kill(before, "SIGKILL");
		while (processIdentity(before) !== undefined) await new Promise((resolve) => setTimeout(resolve, 5));
		await Promise.all([server.ensureRunning(), server.ensureRunning(), server.ensureRunning()]);
		expect(server.pid).not.toBe(before);
		expect(await query(server, "select 1 as one")).toEqual([{ one: 1 }]);
	});

	test("a first start that was cut off leaves nothing that stops the second", async () => {
		const data = join(folder, "data");
		mkdirSync(join(data, "postgres.new", "data"), { recursive: true });
		writeFileSync(join(data, "postgres.new", "data", "PG_VERSION"), "18\n");
		await using server = await start(data);
		expect(await query(server, "select 1 as one")).toEqual([{ one: 1 }]);
	});
});

describe.runIf(isRoot)("as root", () => {
	test("the server runs as another user, who owns its files", async () => {
		const data = join(folder, "data");
		await using server = await start(data);
		expect(statSync(join(data, "postgres", "data")).uid).toBe(65_534);
		expect(statSync(`/proc/${server.pid}`).uid).toBe(65_534);
	});

	test("under a folder that only root may enter, the files stay root's", async () => {
		chmodSync(folder, 0o700);
		const data = join(folder, "data");
		await using server = await start(data);
		expect(statSync(join(data, "postgres", "data")).uid).toBe(0);
		expect(await query(server, "select 1 as one")).toEqual([{ one: 1 }]);
	});

	test("data is still read after the folder's mode has changed, either way", async () => {
		const data = usedDataFolder();
		for (const mode of [0o755, 0o700, 0o755]) {
			chmodSync(folder, mode);
			await using server = await start(data);
			expect(await query(server, "select 1 as one")).toEqual([{ one: 1 }]);
		}
	});

	test("data of an ordinary user is served as that user", async () => {
		const data = usedDataFolder();
		for (const name of ["data", "run"]) {
			const part = join(data, "postgres", name);
			for (const entry of [...readdirSync(part, { recursive: true }).map((inner) => join(part, String(inner))), part]) {
				chownSync(entry, 1234, 1234);
			}
		}
		await using server = await start(data);
		expect(statSync(`/proc/${server.pid}`).uid).toBe(1234);
	});
});

describe("one platform a data folder", () => {
	test("a second is refused while the first lives, and let in when it was killed", async () => {
		const data = usedDataFolder();
		const { owner } = await ownerOn(data);
		expect(() => lockDataFolder(data)).toThrow(`process ${owner.pid}`);
		expect(() => lockDataFolder(data)).toThrow(expect.objectContaining({ code: "dataFolderInUse" }));
		owner.kill("SIGKILL");
		await ended(owner);
		using _lock = lockDataFolder(data);
		expect(() => lockDataFolder(data)).toThrow(/Another Afterbeep/);
		await (await start(data))[Symbol.asyncDispose](); // stops what the killed one left
	});

	test("a command that comes while the platform runs shares its server, whoever leaves first", async () => {
		const data = usedDataFolder();
		const { owner, serverPid } = await ownerOn(data);
		const guest = await start(data, false);
		expect(guest.pid).toBe(serverPid);
		owner.kill("SIGTERM");
		await ended(owner);
		expect(await query(guest, "select 1 as one")).toEqual([{ one: 1 }]);
		await guest[Symbol.asyncDispose]();
		expect(processIdentity(serverPid)).toBeUndefined();
	});

	test("a lock of another life of the same process number is not in the way", () => {
		const holder = { pid: process.pid, identity: "another boot:1", since: new Date().toISOString() };
		writeFileSync(join(folder, "afterbeep.lock"), JSON.stringify(holder));
		lockDataFolder(folder)[Symbol.dispose]();
		expect(readdirSync(folder)).toEqual([]);
	});

	test("of many that try at once, exactly one gets it", () => {
		writeFileSync(join(folder, "afterbeep.lock"), JSON.stringify({ pid: 1, identity: "long gone", since: "" }));
		const outcomes = Array.from({ length: 10 }, () => {
			try {
				return lockDataFolder(folder);
			} catch {
				return undefined;
			}
		});
		expect(outcomes.filter((lock) => lock !== undefined)).toHaveLength(1);
	});
});
