/** Blobs as files: written beside, synced, renamed into place, so that a key holds the whole blob or none. */
import { randomBytes } from "node:crypto";
import { type FileHandle, mkdir, open, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, isAbsolute, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Failure } from "../domain/index.ts";
import { STORE_LIMITS } from "./limits.ts";
import type { Blobs } from "./types.ts";

/**
 * @param location `file:/absolute/path` (or a `file:///` URL).
 * @throws Failure `configInvalid` for any other.
 */
export async function openBlobs(location: string, createIfMissing: boolean): Promise<Blobs> {
	const root = folderOf(location);
	try {
		if (createIfMissing) await mkdir(root, { recursive: true, mode: 0o700 });
	} catch (cause) {
		throw unusable(root, cause);
	}
	const place: Place = { root, making: Promise.resolve() };
	return {
		put: (key, data) => putBlob(place, checkedKey(key), data instanceof Uint8Array ? [data] : data),
		get: (key) => getBlob(root, checkedKey(key)),
		delete: async (key) => {
			await rm(join(root, checkedKey(key)), { force: true });
		},
		check: () => checkWritable(root),
	};
}

function folderOf(location: string): string {
	if (location.startsWith("s3:")) {
		throw new Failure(
			"configInvalid",
			"Blobs in S3 are not part of this version.",
			"Set AFTERBEEP_BLOBS to file:/path, a folder that all nodes share.",
		);
	}
	const path = location.startsWith("file://") ? fileURLToPath(location) : location.replace(/^file:/, "");
	if (!location.startsWith("file:") || !isAbsolute(path)) {
		throw new Failure(
			"configInvalid",
			`"${location}" names no place for blobs.`,
			"Set AFTERBEEP_BLOBS to file:/path with an absolute path.",
		);
	}
	return path;
}

/** Not synced: asked every few seconds, and a sync waits for whatever else the disk is writing. */
async function checkWritable(root: string): Promise<void> {
	const path = join(root, `.check-${randomBytes(6).toString("hex")}`);
	try {
		await writeFile(path, "ok", { flag: "wx", mode: 0o600 });
		await rm(path);
	} catch (cause) {
		throw unusable(root, cause);
	}
}

/** Keys are ours, not a caller's: a wrong one is a bug, and must still never leave the folder. */
function checkedKey(key: string): string {
	const parts = key.split("/");
	const named = parts.every((part) => /^[A-Za-z0-9_-][A-Za-z0-9._-]*$/.test(part));
	if (!named || key.length > STORE_LIMITS.blobKeyCharsMax) {
		throw new Failure(
			"badInput",
			`"${key.slice(0, 60)}" can not be the key of a blob.`,
			`Keys are up to ${STORE_LIMITS.blobKeyCharsMax} of A-Z a-z 0-9 . _ - in parts divided by /, none beginning with a dot.`,
		);
	}
	return key;
}

interface Place {
	readonly root: string;
	/** The folders that are being made, one after the other; over when they are durable. */
	making: Promise<void>;
}

async function putBlob(place: Place, key: string, parts: readonly Uint8Array[]): Promise<void> {
	const { root } = place;
	const bytes = parts.reduce((sum, part) => sum + part.length, 0);
	if (bytes > STORE_LIMITS.blobBytesMax) {
		throw new Failure(
			"badInput",
			`A blob of ${bytes} bytes is too large.`,
			`Keep blobs within ${STORE_LIMITS.blobBytesMax} bytes.`,
		);
	}
	const path = join(root, key);
	const draft = join(root, `.draft-${randomBytes(9).toString("hex")}`);
	try {
		await writeSynced(draft, parts, bytes);
		await renamed(place, draft, path);
		await syncFolder(dirname(path));
	} catch (cause) {
		await rm(draft, { force: true }).catch(() => {});
		throw unusable(root, cause);
	}
}

/** Nearly always the folder is there. */
async function renamed(place: Place, from: string, to: string): Promise<void> {
	try {
		await rename(from, to);
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
		const making = place.making.catch(() => {}).then(() => makeFolder(dirname(to)));
		place.making = making;
		try {
			await making;
		} finally {
			if (place.making === making) place.making = Promise.resolve();
		}
		await rename(from, to);
		return;
	}
	// It may be there only just now, made for another blob and not durable yet.
	await place.making;
}

/** A new folder is durable only when the one above is synced. */
async function makeFolder(folder: string): Promise<void> {
	const made = await mkdir(folder, { recursive: true, mode: 0o700 });
	if (made === undefined) return;
	for (let above = dirname(folder); ; above = dirname(above)) {
		await syncFolder(above);
		if (above === dirname(made) || above === dirname(above)) return;
	}
}

async function writeSynced(path: string, parts: readonly Uint8Array[], bytes: number): Promise<void> {
	const file = await open(path, "wx", 0o600);
	try {
		const { bytesWritten } = await file.writev(parts);
		if (bytesWritten < bytes) throw new Error(`only ${bytesWritten} of ${bytes} bytes could be written`);
		await file.datasync();
	} finally {
		await file.close();
	}
}

/** A name is durable only when its folder is synced. */
async function syncFolder(folder: string): Promise<void> {
	const handle: FileHandle = await open(folder, "r");
	try {
		await handle.sync();
	} finally {
		await handle.close();
	}
}

async function getBlob(root: string, key: string): Promise<Uint8Array | undefined> {
	try {
		return await readFile(join(root, key));
	} catch (cause) {
		if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw unusable(root, cause);
	}
	// A missing folder is not a missing blob: an unmounted disk must not look like erased messages.
	await stat(root).catch((cause) => {
		throw unusable(root, cause);
	});
	return undefined;
}

function unusable(root: string, cause: unknown): Failure {
	return new Failure(
		"storeUnavailable",
		`The blob folder ${root} can not be used: ${(cause as Error).message}`,
		"Check that its disk is mounted, has space, and that this user may write to it.",
		{ cause },
	);
}
