/**
 * A PostgreSQL of our own under the data folder. Every process that uses it signs in; whoever is first starts it,
 * whoever leaves last stops it, so that a command and the platform may come and go in any order.
 */
import {
	chmodSync,
	existsSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	realpathSync,
	rmSync,
	writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { Failure, type Log } from "../../domain/index.ts";
import { STORE_LIMITS } from "../limits.ts";
import { type Binaries, findBinaries } from "./binaries.ts";
import { type Access, createCluster, readAccess } from "./cluster.ts";
import { type Layout, layoutOf } from "./layout.ts";
import { lockWithin, tryLock } from "./lock-file.ts";
import { findRunning, isAlive, type Postmaster, startPostmaster, stopPostmaster } from "./postmaster.ts";
import { processIdentity } from "./process-identity.ts";
import { decideRunAs, giveTo, type RunAs } from "./run-as.ts";
import { forgetSocketFolder, SOCKET_PORT, usableSocketFolder } from "./socket-folder.ts";

export interface EmbeddedPostgresOptions {
	readonly dataFolder: string;
	/** False: a data folder that is not there is a Failure. Default true. */
	readonly createIfMissing?: boolean;
	/** False switches fsync off: for throw-away data of tests only. Default true. */
	readonly durable?: boolean;
	readonly log: Log;
}

/** How to reach it; `host` is the folder of the socket. */
export interface ServerAddress {
	readonly host: string;
	readonly port: number;
	readonly user: string;
	readonly password: string;
	readonly database: string;
}

export interface EmbeddedPostgres extends AsyncDisposable {
	readonly address: ServerAddress;
	/** Of the server process. */
	readonly pid: number;
	/** Starts it again where it has died. Many callers at once cause one start. */
	ensureRunning(): Promise<void>;
}

/** @throws Failure `storeUnavailable`, or `configInvalid` where the data folder is missing and may not be made. */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
	const layout = prepareFolder(options.dataFolder, options.createIfMissing ?? true);
	const server = new Server(layout, options.durable ?? true, options.log);
	try {
		await server.signIn(options.createIfMissing ?? true);
	} catch (error) {
		await server[Symbol.asyncDispose]();
		throw error;
	}
	return server;
}

function prepareFolder(dataFolder: string, createIfMissing: boolean): Layout {
	if (!createIfMissing && !existsSync(layoutOf(dataFolder).access)) throw missingFolder(dataFolder);
	try {
		if (!existsSync(dataFolder)) {
			mkdirSync(dataFolder, { recursive: true });
			// As root the server's user passes through; what is private inside has modes of its own.
			chmodSync(dataFolder, process.geteuid?.() === 0 ? 0o711 : 0o700);
		}
		return layoutOf(realpathSync(dataFolder));
	} catch (cause) {
		throw new Failure(
			"storeUnavailable",
			`The data folder ${dataFolder} can not be made.`,
			"Set AFTERBEEP_DATA to a folder that this user can write.",
			{ cause },
		);
	}
}

function missingFolder(dataFolder: string): Failure {
	return new Failure(
		"configInvalid",
		`There is no database in ${dataFolder}.`,
		"Start the platform once (npm start), or set AFTERBEEP_DATA to the data folder it uses.",
	);
}

let signInSerial = 0;

function isLive(userFile: string, pid: number): boolean {
	try {
		return processIdentity(pid) === readFileSync(userFile, "utf8");
	} catch {
		return false;
	}
}

class Server implements EmbeddedPostgres {
	readonly #layout: Layout;
	readonly #durable: boolean;
	readonly #log: Log;
	#access: Access | undefined;
	#postmaster: Postmaster | undefined;
	#userFile: string | undefined;
	#starting: Promise<void> | undefined;
	#leaving = false;

	constructor(layout: Layout, durable: boolean, log: Log) {
		this.#layout = layout;
		this.#durable = durable;
		this.#log = log;
	}

	get address(): ServerAddress {
		return {
			host: this.#postmaster!.socketFolder,
			port: SOCKET_PORT,
			user: this.#access!.user,
			password: this.#access!.password,
			database: "postgres",
		};
	}

	get pid(): number {
		return this.#postmaster!.pid;
	}

	/** A process that ends without disposing (an error, process.exit) can still ask for the stop, though not await it. */
	readonly #onExit = () => {
		const lock = tryLock(this.#layout.lock);
		if (typeof lock !== "function") return; // somebody is just coming or going
		if (this.#userFile !== undefined) rmSync(this.#userFile, { force: true });
		if (!this.#othersUseIt() && this.#postmaster !== undefined && isAlive(this.#postmaster)) {
			process.kill(this.#postmaster.pid, "SIGINT");
		}
		lock();
	};

	async signIn(createIfMissing: boolean): Promise<void> {
		process.once("exit", this.#onExit);
		await this.#locked(async () => {
			const layout = this.#layout;
			if (!existsSync(layout.access)) {
				if (!createIfMissing) throw missingFolder(layout.dataFolder);
				const binaries = findBinaries(layout.libraries);
				const runAs = decideRunAs(layout.dataFolder, undefined, [binaries.postgres]);
				this.#log.info({ folder: layout.root }, "making a new database");
				await createCluster(layout, binaries, runAs, this.#durable);
			}
			this.#access = readAccess(layout);
			mkdirSync(layout.users, { recursive: true, mode: 0o700 });
			this.#userFile = join(layout.users, `${process.pid}.${signInSerial++}`);
			writeFileSync(this.#userFile, processIdentity(process.pid) ?? "");
			await this.#findOrStart();
		});
	}

	ensureRunning(): Promise<void> {
		this.#starting ??= this.#restart().finally(() => {
			this.#starting = undefined;
		});
		return this.#starting;
	}

	async #restart(): Promise<void> {
		if (this.#leaving || (this.#postmaster !== undefined && isAlive(this.#postmaster))) return;
		this.#log.error({}, "the embedded PostgreSQL has died; starting it again");
		await this.#locked(async () => {
			if (!this.#leaving) await this.#findOrStart();
		});
	}

	async #findOrStart(): Promise<void> {
		const before = this.#postmaster?.socketFolder;
		const running = await findRunning(this.#layout, this.#access!, this.#log);
		if (running === undefined) {
			const { binaries, runAs } = this.#tools();
			this.#postmaster = await startPostmaster({
				layout: this.#layout,
				binaries,
				runAs,
				durable: this.#durable,
				// The same link again: connections already know it.
				socketFolder: before ?? usableSocketFolder(this.#layout.run, runAs),
			});
		} else {
			this.#postmaster = running;
		}
		if (before !== undefined && before !== this.#postmaster.socketFolder) {
			forgetSocketFolder(before, this.#layout.run);
		}
	}

	#tools(): { readonly binaries: Binaries; readonly runAs: RunAs } {
		const layout = this.#layout;
		const binaries = findBinaries(layout.libraries);
		const runAs = decideRunAs(layout.dataFolder, layout.cluster, [binaries.postgres]);
		giveTo(runAs, layout.cluster);
		giveTo(runAs, layout.run);
		return { binaries, runAs };
	}

	async [Symbol.asyncDispose](): Promise<void> {
		if (this.#leaving) return;
		this.#leaving = true;
		process.off("exit", this.#onExit);
		await this.#starting?.catch(() => {});
		await this.#locked(async () => {
			if (this.#userFile !== undefined) rmSync(this.#userFile, { force: true });
			if (this.#othersUseIt() || this.#postmaster === undefined) return;
			await stopPostmaster(this.#postmaster);
			forgetSocketFolder(this.#postmaster.socketFolder, this.#layout.run);
		});
	}

	/** Also clears away the files of processes that died without signing out. */
	#othersUseIt(): boolean {
		let inUse = false;
		for (const name of existsSync(this.#layout.users) ? readdirSync(this.#layout.users) : []) {
			const path = join(this.#layout.users, name);
			if (isLive(path, Number.parseInt(name, 10))) inUse = true;
			else rmSync(path, { force: true });
		}
		return inUse;
	}

	async #locked(work: () => Promise<void>): Promise<void> {
		const lock = await lockWithin(this.#layout.lock, STORE_LIMITS.serverLockWaitMs);
		if (typeof lock !== "function") {
			throw new Failure(
				"storeUnavailable",
				`Process ${lock.pid} has been starting or stopping the database in ${this.#layout.dataFolder} since ${lock.since}.`,
				"Wait for it or end it, then try again.",
			);
		}
		try {
			await work();
		} finally {
			lock();
		}
	}
}
