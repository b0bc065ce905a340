/** The server process: found where it runs, started where it does not, stopped fast and clean. */
import { type ChildProcess, spawn } from "node:child_process";
import {
	closeSync,
	fchownSync,
	fstatSync,
	ftruncateSync,
	lstatSync,
	openSync,
	readFileSync,
	readSync,
	rmSync,
} from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { Failure, type Log } from "../../domain/index.ts";
import { STORE_LIMITS } from "../limits.ts";
import type { Binaries } from "./binaries.ts";
import type { Access } from "./cluster.ts";
import { serverEnvironment } from "./environment.ts";
import type { Layout } from "./layout.ts";
import { processIdentity, servesFolder } from "./process-identity.ts";
import type { RunAs } from "./run-as.ts";
import { SOCKET_PORT } from "./socket-folder.ts";

export interface Postmaster {
	readonly pid: number;
	/** `processIdentity` of it. */
	readonly identity: string;
	readonly socketFolder: string;
	/** Undefined where another process of ours started it. */
	readonly child: ChildProcess | undefined;
}

/** `postmaster.pid` (PostgreSQL, storage/file layout): one value a line. */
interface PidFile {
	readonly pid: number;
	readonly cluster: string;
	/** Unix seconds, as text. */
	readonly startedOn: string;
	readonly socketFolder: string;
	readonly status: string;
}

function readPidFile(layout: Layout): PidFile | undefined {
	try {
		const lines = readFileSync(layout.postmasterPid, "utf8").split("\n");
		return {
			pid: Number(lines[0]),
			cluster: lines[1] ?? "",
			startedOn: lines[2] ?? "",
			socketFolder: lines[4] ?? "",
			status: (lines[7] ?? "").trim(),
		};
	} catch {
		return undefined;
	}
}

/**
 * The server that already runs on this folder: one started by another process of ours, or one that outlived a parent
 * which was killed. It is ours only if its pid file names our folder, it knows our password (SCRAM proves that to both
 * sides) and it was started when the pid file says.
 */
export async function findRunning(layout: Layout, access: Access, log: Log): Promise<Postmaster | undefined> {
	const deadline = performance.now() + STORE_LIMITS.serverReadyMs;
	while (performance.now() < deadline) {
		const file = readPidFile(layout);
		if (file === undefined) return undefined;
		const identity = processIdentity(file.pid);
		if (identity === undefined) return undefined;
		if (!servesFolder(file.pid, layout.cluster)) {
			// The pid was given to another program, after a reboot: PostgreSQL itself would refuse to start for ever.
			log.info({ pid: file.pid }, "the pid file of the embedded PostgreSQL is stale, removed");
			rmSync(layout.postmasterPid, { force: true });
			return undefined;
		}
		if (file.cluster === layout.cluster && file.status === "ready" && file.socketFolder !== "") {
			const found: Postmaster = { pid: file.pid, identity, socketFolder: file.socketFolder, child: undefined };
			const laterSeconds = (await askStartTime(file.socketFolder, access)) - Number(file.startedOn);
			if (laterSeconds >= 0 && laterSeconds <= START_TIME_TOLERANCE_SECONDS) return found;
			log.warn({ pid: file.pid }, "an embedded PostgreSQL runs on this folder but is not as we left it; restarting it");
			await stopPostmaster(found);
			return undefined;
		}
		await delay(10);
	}
	return undefined;
}

/** The pid file is written first; the server takes its own start time a little later, so seconds may differ by one. */
const START_TIME_TOLERANCE_SECONDS = 5;

/** @returns Unix seconds; NaN where it can not be asked. */
async function askStartTime(socketFolder: string, access: Access): Promise<number> {
	const client = new pg.Client({
		host: socketFolder,
		port: SOCKET_PORT,
		user: access.user,
		password: access.password,
		database: "postgres",
		connectionTimeoutMillis: STORE_LIMITS.connectTimeoutMs,
	});
	client.on("error", () => {});
	try {
		await client.connect();
		const asked = "select floor(extract(epoch from pg_postmaster_start_time()))::int8 as seconds";
		return Number((await client.query(asked)).rows[0].seconds);
	} catch {
		return Number.NaN;
	} finally {
		await client.end().catch(() => {});
	}
}

export interface StartPostmaster {
	readonly layout: Layout;
	readonly binaries: Binaries;
	readonly runAs: RunAs;
	/** False only for tests' throw-away data: no fsync. */
	readonly durable: boolean;
	/** `usableSocketFolder` of it. */
	readonly socketFolder: string;
}

/** @throws Failure `storeUnavailable` with the server's own last words. */
export async function startPostmaster(options: StartPostmaster): Promise<Postmaster> {
	const deadline = performance.now() + STORE_LIMITS.serverLockRetryMs;
	for (;;) {
		const outcome = await startOnce(options);
		if (typeof outcome !== "string") return outcome;
		const held = /lock file .* already exists|pre-existing shared memory block|is still in use/.test(outcome);
		if (!held || performance.now() > deadline) {
			throw new Failure(
				"storeUnavailable",
				`The embedded PostgreSQL did not start: ${lastWords(outcome)}`,
				`Read ${options.layout.log}, mend what it names, or set DATABASE_URL.`,
			);
		}
		await delay(250);
	}
}

/** @returns the running server, or what it logged before it gave up. */
async function startOnce(options: StartPostmaster): Promise<Postmaster | string> {
	const { layout, binaries, runAs, socketFolder } = options;
	const logFile = openSync(layout.log, "a+", 0o600);
	try {
		if (fstatSync(logFile).size > STORE_LIMITS.serverLogBytesMax) ftruncateSync(logFile, 0);
		keepWithFolder(logFile, layout.root);
		const logFrom = fstatSync(logFile).size;
		const command = [
			...runAs.prefix,
			binaries.postgres,
			"-D",
			layout.cluster,
			...settings(socketFolder, options.durable),
		];
		const child = spawn(command[0]!, command.slice(1), {
			...runAs.spawn,
			env: serverEnvironment(binaries),
			cwd: "/",
			// A group of its own: Ctrl-C in the terminal is for us, who then stop it in order.
			detached: true,
			stdio: ["ignore", logFile, logFile],
		});
		child.unref();
		let failed: string | undefined;
		child.once("error", (error) => {
			failed = error.message;
		});
		const deadline = performance.now() + STORE_LIMITS.serverReadyMs;
		while (performance.now() < deadline) {
			if (failed !== undefined) return failed;
			if (child.exitCode !== null || child.signalCode !== null) return readFrom(logFile, logFrom);
			const file = readPidFile(layout);
			if (file !== undefined && file.pid === child.pid && file.status === "ready") {
				return { pid: file.pid, identity: processIdentity(file.pid) ?? "", socketFolder, child };
			}
			await delay(3);
		}
		child.kill("SIGQUIT");
		return `not ready within ${STORE_LIMITS.serverReadyMs / 1000} s`;
	} finally {
		closeSync(logFile);
	}
}

/** Started once by root, the folder's user must still be able to write its log. */
function keepWithFolder(file: number, folder: string): void {
	const { uid, gid } = lstatSync(folder);
	if (fstatSync(file).uid !== uid) fchownSync(file, uid, gid);
}

/** Durable, reachable through its socket alone, and silent about what is in the statements (numbers, hashes). */
function settings(socketFolder: string, durable: boolean): readonly string[] {
	const values: Readonly<Record<string, string | number>> = {
		listen_addresses: "",
		port: SOCKET_PORT,
		unix_socket_directories: socketFolder,
		unix_socket_permissions: "0700",
		password_encryption: "scram-sha-256",
		max_connections: STORE_LIMITS.serverConnections,
		fsync: durable ? "on" : "off",
		synchronous_commit: durable ? "on" : "off",
		full_page_writes: durable ? "on" : "off",
		shared_buffers: "128MB",
		max_wal_size: "1GB",
		wal_level: "replica",
		max_wal_senders: 0,
		// Queries here are keyed lookups; parallel workers would only want a larger /dev/shm than containers have.
		max_parallel_workers_per_gather: 0,
		jit: "off",
		timezone: "UTC",
		log_timezone: "UTC",
		log_statement: "none",
		log_min_error_statement: "panic",
		log_error_verbosity: "terse",
		log_min_messages: "warning",
		log_checkpoints: "off",
	};
	return Object.entries(values).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
}

/**
 * Fast shutdown: clients are disconnected, a checkpoint is written. Where that takes too long it is stopped at once and
 * recovers from its log at the next start.
 */
export async function stopPostmaster(postmaster: Postmaster): Promise<void> {
	for (const signal of ["SIGINT", "SIGQUIT", "SIGKILL"] as const) {
		if (!isAlive(postmaster)) return;
		try {
			process.kill(postmaster.pid, signal);
		} catch {
			return;
		}
		const deadline = performance.now() + (signal === "SIGINT" ? STORE_LIMITS.serverStopMs : 3_000);
		while (performance.now() < deadline) {
			if (!isAlive(postmaster)) return;
			await delay(3);
		}
	}
}

export function isAlive(postmaster: Postmaster): boolean {
	return processIdentity(postmaster.pid) === postmaster.identity;
}

function readFrom(file: number, position: number): string {
	const length = Math.min(fstatSync(file).size - position, 64 * 1024);
	const buffer = Buffer.alloc(Math.max(length, 0));
	readSync(file, buffer, 0, buffer.length, position);
	return buffer.toString("utf8");
}

function lastWords(log: string): string {
	const lines = log.trim().split("\n");
	const fatal = lines.findLast((line) => /FATAL|PANIC|ERROR|error while loading/.test(line));
	return (fatal ?? lines.at(-1) ?? "").replace(/^.*?(FATAL|PANIC|ERROR):\s*/, "").slice(0, 400);
}
