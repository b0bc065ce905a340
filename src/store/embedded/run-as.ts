/** PostgreSQL refuses to run as root. As whom it runs instead, decided by what that user could reach. */
import { type SpawnOptions, spawnSync } from "node:child_process";
import { chownSync, lstatSync, readdirSync, realpathSync, statSync } from "node:fs";
import { userInfo } from "node:os";
import { dirname, join } from "node:path";
import { Failure } from "../../domain/index.ts";

/** "nobody" on Debian, Fedora and Alpine alike; owns nothing. */
const NOBODY = 65_534;

export interface RunAs {
	/** Owner of the server's files, as seen from here; undefined: this process's own user. */
	readonly owner: { readonly uid: number; readonly gid: number } | undefined;
	/** Words put before the command. */
	readonly prefix: readonly string[];
	readonly spawn: Pick<SpawnOptions, "uid" | "gid">;
}

const AS_SELF: RunAs = { owner: undefined, prefix: [], spawn: {} };
const UNSHARE = ["unshare", "--user", `--map-user=${NOBODY}`, `--map-group=${NOBODY}`, "--"] as const;

/**
 * @param dataFolder exists; the server's folder is to be made in it.
 * @param cluster the server's own folder where it is there already: it keeps its owner if that is possible.
 * @param reached files the server must be able to read.
 * @throws Failure `storeUnavailable` when root can neither drop to another user nor hide from PostgreSQL.
 */
export function decideRunAs(dataFolder: string, cluster: string | undefined, reached: readonly string[]): RunAs {
	if (process.geteuid?.() !== 0) return cluster === undefined ? nameless() : AS_SELF;
	const paths = [dataFolder, ...reached];
	const found = lstatSync(cluster ?? dataFolder);
	const ownerOfFound = { uid: found.uid, gid: found.gid };
	const nobody = { uid: NOBODY, gid: NOBODY };
	// initdb wants a user with a name, which the owner of a folder need not have; the server itself does not care.
	const candidates = cluster === undefined ? [nobody, ownerOfFound] : [ownerOfFound, nobody];
	for (const owner of candidates) {
		if (owner.uid !== 0 && paths.every((path) => canTraverse(path, owner.uid, owner.gid))) {
			return { owner, prefix: [], spawn: owner };
		}
	}
	// In a user namespace of its own it sees itself as nobody, while its files stay root's; root's rights end there.
	if (paths.every((path) => canTraverse(path, 0, 0)) && canUnshare()) {
		return { owner: { uid: 0, gid: 0 }, prefix: UNSHARE, spawn: {} };
	}
	throw new Failure(
		"storeUnavailable",
		`PostgreSQL does not run as root, and no other user can reach ${dataFolder} and the program's folder.`,
		"Run as an ordinary user, or move both out of root's home (or `chmod o+x` their parent folders).",
	);
}

/** For initdb as ourselves, which refuses a user id without a name, as containers like to give. */
function nameless(): RunAs {
	try {
		userInfo();
		return AS_SELF;
	} catch {
		if (canUnshare()) return { ...AS_SELF, prefix: UNSHARE };
	}
	throw new Failure(
		"storeUnavailable",
		`PostgreSQL can not be set up by user id ${process.geteuid?.()}, which has no name.`,
		"Run as a user that stands in /etc/passwd, or set DATABASE_URL.",
	);
}

function canUnshare(): boolean {
	const [command, ...args] = UNSHARE;
	return spawnSync(command, [...args, "true"], { stdio: "ignore" }).status === 0;
}

/** Whether that user may pass through every folder up to the path, by the mode bits. */
function canTraverse(path: string, uid: number, gid: number): boolean {
	for (let at = realpathSync(path); ; at = dirname(at)) {
		const { mode, uid: owner, gid: group } = statSync(at);
		const execute = owner === uid ? 0o100 : group === gid ? 0o010 : 0o001;
		if ((mode & execute) === 0) return false;
		if (at === dirname(at)) return true;
	}
}

/** Gives a folder and all in it to the user the server runs as, where they are somebody else's. */
export function giveTo(runAs: RunAs, folder: string): void {
	if (runAs.owner === undefined) return;
	const { uid, gid } = runAs.owner;
	if (lstatSync(folder).uid === uid) return;
	// The folder itself last: its owner says whether all of it was done.
	for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
		if (!entry.isSymbolicLink()) chownSync(join(entry.parentPath, entry.name), uid, gid);
	}
	chownSync(folder, uid, gid);
}
