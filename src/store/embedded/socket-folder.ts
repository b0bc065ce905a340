/** The folder of the socket under a name that fits: socket addresses are short, data folders need not be. */
import { chmodSync, chownSync, mkdtempSync, readlinkSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { STORE_LIMITS } from "../limits.ts";
import type { RunAs } from "./run-as.ts";

/** PostgreSQL puts its port into the name even where it listens on none. */
export const SOCKET_PORT = 5432;
const SOCKET_NAME = `.s.PGSQL.${SOCKET_PORT}.lock`;

/**
 * @returns the folder itself, or a link to it under the temp folder where its path is too long for a socket address
 * or holds characters that mean something in PostgreSQL's list of folders.
 */
export function usableSocketFolder(run: string, runAs: RunAs): string {
	const fits = Buffer.byteLength(join(run, SOCKET_NAME)) <= STORE_LIMITS.socketPathBytesMax;
	if (fits && /^[A-Za-z0-9._/+@=-]+$/.test(run)) return run;
	const folder = mkdtempSync(join(tmpdir(), "afterbeep-"));
	// Through its owner alone, who is the server's user, so that nobody else can put a socket of his own there.
	chmodSync(folder, 0o700);
	const link = join(folder, "s");
	symlinkSync(run, link);
	if (runAs.owner !== undefined) chownSync(folder, runAs.owner.uid, runAs.owner.gid);
	return link;
}

/** Removes the link, where `usableSocketFolder` made one. */
export function forgetSocketFolder(folder: string, run: string): void {
	if (folder === run) return;
	try {
		if (readlinkSync(folder) === run) rmSync(dirname(folder), { recursive: true, force: true });
	} catch {
		// Cleaned away with the temp folder.
	}
}
