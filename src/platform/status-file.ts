/**
 * What the running platform tells those who stand beside it (`doctor`, `demo`): where it really listens, and which
 * sources it refused. A file in the data folder, since a refused source is of one node and of no lasting interest.
 */
import { readFileSync } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";

export interface RefusedSource {
	readonly address: string;
	readonly transport: string;
	readonly count: number;
	readonly lastSeen: string;
}

export interface PlatformStatus {
	readonly pid: number;
	readonly startedOn: string;
	readonly updatedOn: string;
	readonly roles: readonly string[];
	/** `http://host:port`, null without role api. */
	readonly http: string | null;
	/** `udp:host:port`. */
	readonly sip: readonly string[];
	/** Why the peers file, read again, was refused; null where it is in force. */
	readonly peersRefused: string | null;
	/** Newest first. */
	readonly refusedSources: readonly RefusedSource[];
}

const FILE_NAME = "platform.json";
const UPDATE_EVERY_MS = 5_000;

/** Keeps the file fresh until it is disposed; then removes it. */
export async function keepStatusFile(dataFolder: string, read: () => PlatformStatus): Promise<AsyncDisposable> {
	const file = path.join(dataFolder, FILE_NAME);
	await mkdir(dataFolder, { recursive: true, mode: 0o700 });
	let shown = "";
	let writing = Promise.resolve();
	const write = async (): Promise<void> => {
		const status = read();
		// The time alone is no news: an idle platform writes nothing.
		const news = JSON.stringify({ ...status, updatedOn: "" });
		if (news === shown) return;
		await writeFile(`${file}.new`, `${JSON.stringify(status, null, "\t")}\n`, { mode: 0o600 });
		await rename(`${file}.new`, file);
		shown = news;
	};
	await write();
	// A full disk must not end calls over a file that only helps to look.
	const timer = setInterval(() => {
		writing = writing.then(write).catch(() => {});
	}, UPDATE_EVERY_MS);
	timer.unref();
	return {
		async [Symbol.asyncDispose]() {
			clearInterval(timer);
			await writing;
			await rm(file, { force: true });
		},
	};
}

/** Undefined where no platform runs on this data folder (or its process died without removing the file). */
export function readStatusFile(dataFolder: string): PlatformStatus | undefined {
	try {
		const status = JSON.parse(readFileSync(path.join(dataFolder, FILE_NAME), "utf8")) as PlatformStatus;
		return isAlive(status.pid) ? status : undefined;
	} catch {
		return undefined;
	}
}

function isAlive(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return true;
	} catch (error) {
		// EPERM: alive, but somebody else's.
		return (error as NodeJS.ErrnoException).code === "EPERM";
	}
}
