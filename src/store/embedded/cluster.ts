/** Makes a new database cluster, whole or not at all, and reads the access file of an existing one. */
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chownSync, lstatSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { Failure } from "../../domain/index.ts";
import { type Binaries, POSTGRES_MAJOR } from "./binaries.ts";
import { serverEnvironment } from "./environment.ts";
import type { Layout } from "./layout.ts";
import type { RunAs } from "./run-as.ts";

export interface Access {
	readonly major: number;
	readonly user: string;
	readonly password: string;
}

const USER = "afterbeep";

/**
 * Runs initdb in a folder beside and renames it into place, so that a crash half-way leaves no half database.
 * The text search order is PostgreSQL's built-in C.UTF-8: an index stays valid when the C library is upgraded.
 */
export async function createCluster(layout: Layout, binaries: Binaries, runAs: RunAs, durable: boolean): Promise<void> {
	const draft = `${layout.root}.new`;
	rmSync(draft, { recursive: true, force: true });
	// The server's user passes through this folder; it holds nothing that others may read.
	mkdirSync(draft, { mode: runAs.owner === undefined || runAs.owner.uid === 0 ? 0o700 : 0o711 });
	const password = randomBytes(24).toString("base64url");
	const passwordFile = join(draft, "run", "password");
	for (const folder of ["data", "run"]) {
		mkdirSync(join(draft, folder), { mode: 0o700 });
		if (runAs.owner !== undefined) chownSync(join(draft, folder), runAs.owner.uid, runAs.owner.gid);
	}
	mkdirSync(join(draft, "users"), { mode: 0o700 });
	writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
	if (runAs.owner !== undefined) chownSync(passwordFile, runAs.owner.uid, runAs.owner.gid);
	const command = [
		...runAs.prefix,
		binaries.initdb,
		`--pgdata=${join(draft, "data")}`,
		`--username=${USER}`,
		`--pwfile=${passwordFile}`,
		"--auth=scram-sha-256",
		"--encoding=UTF8",
		"--locale=C",
		"--locale-provider=builtin",
		"--builtin-locale=C.UTF-8",
		"--no-instructions",
		...(durable ? [] : ["--no-sync"]),
	];
	try {
		const env = serverEnvironment(binaries);
		await promisify(execFile)(command[0]!, command.slice(1), { ...runAs.spawn, env, cwd: "/" });
	} catch (cause) {
		rmSync(draft, { recursive: true, force: true });
		const said = String((cause as { stderr?: string }).stderr ?? (cause as Error).message).trim();
		throw new Failure(
			"storeUnavailable",
			`The embedded PostgreSQL could not be set up: ${said.slice(-500)}`,
			"Mend what it names (often a full disk, or a Linux without glibc), or set DATABASE_URL.",
			{ cause },
		);
	}
	rmSync(passwordFile);
	const access: Access = { major: POSTGRES_MAJOR, user: USER, password };
	writeFileSync(join(draft, "access.json"), `${JSON.stringify(access)}\n`, { mode: 0o600 });
	// In a folder of an ordinary user all of it becomes his, so that he can use it without root.
	const user = lstatSync(layout.dataFolder);
	if (runAs.owner !== undefined && user.uid !== 0 && user.uid === runAs.owner.uid) {
		for (const name of ["access.json", "users", "."]) chownSync(join(draft, name), user.uid, user.gid);
	}
	renameSync(draft, layout.root);
}

/** @throws Failure where the folder is of another major version, or not ours to read. */
export function readAccess(layout: Layout): Access {
	let access: Access;
	try {
		access = JSON.parse(readFileSync(layout.access, "utf8")) as Access;
	} catch (cause) {
		throw new Failure(
			"storeUnavailable",
			`The database's access file ${layout.access} can not be read.`,
			"Run as the user who started the platform first, or restore the file from a back-up.",
			{ cause },
		);
	}
	if (access.major !== POSTGRES_MAJOR) {
		throw new Failure(
			"storeUnavailable",
			`The data in ${layout.root} is of PostgreSQL ${access.major}, this version of Afterbeep brings ${POSTGRES_MAJOR}.`,
			`Export it with the Afterbeep that wrote it, or serve it by a PostgreSQL ${access.major} of your own and set DATABASE_URL.`,
		);
	}
	return access;
}
