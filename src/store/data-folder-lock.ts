/** One platform a data folder: a second would record into the same files and answer for the same mailboxes. */
import { chmodSync, existsSync, mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { Failure } from "../domain/index.ts";
import { tryLock } from "./embedded/index.ts";

/**
 * Makes the data folder where it is missing and holds it until disposed; a crash frees it by itself.
 *
 * @throws Failure `dataFolderInUse` while another live process holds it, `configInvalid` where it can not be written.
 */
export function lockDataFolder(dataFolder: string): Disposable {
	const folder = resolve(dataFolder);
	const lock = take(folder);
	if (typeof lock !== "function") {
		throw new Failure(
			"dataFolderInUse",
			`Another Afterbeep (process ${lock.pid}, since ${lock.since}) runs on the data folder ${folder}.`,
			"Stop it first, or set AFTERBEEP_DATA to another folder.",
		);
	}
	return { [Symbol.dispose]: lock };
}

function take(folder: string) {
	try {
		if (!existsSync(folder)) {
			mkdirSync(folder, { recursive: true });
			// As root the embedded database's user passes through; what is private inside has modes of its own.
			chmodSync(folder, process.geteuid?.() === 0 ? 0o711 : 0o700);
		}
		return tryLock(join(folder, "afterbeep.lock"));
	} catch (cause) {
		throw new Failure(
			"configInvalid",
			`The data folder ${folder} can not be written: ${(cause as Error).message}`,
			"Set AFTERBEEP_DATA to a folder that this user can write.",
			{ cause },
		);
	}
}
