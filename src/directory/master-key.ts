/** The master key: the one secret from which every other key of the platform is derived. */
import { hkdfSync, randomBytes } from "node:crypto";
import { link, mkdir, open, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "../domain/index.ts";
import { DIRECTORY_LIMITS } from "./limits.ts";

/** What a derived key is for: a key of one purpose says nothing about one of another. */
export type KeyPurpose =
	| "account-secret"
	| "token-key-wrapping"
	| "pin-pepper"
	| "pin-reset"
	| "webhook-secret-wrapping"
	| "phone-secret-wrapping"
	| "sip-nonce";

const FILE_NAME = "master.key";
const HOW_TO_MAKE_ONE = `head -c ${DIRECTORY_LIMITS.keyBytes} /dev/urandom > FILE && chmod 600 FILE`;

/**
 * Reads the master key, or makes it at a first start.
 *
 * @param options.file path given by the operator; then it is never made here, since a mistyped path would silently
 *   begin a new key beside the database of the old one.
 * @param options.create make `master.key` in the data folder where it is missing: only with a database of our own in
 *   which nothing hangs on a key yet.
 * @returns 32 octets.
 * @throws Failure `configInvalid`: missing, unreadable or of another length.
 */
export async function loadMasterKey(options: {
	readonly file: string | undefined;
	readonly dataFolder: string;
	readonly create: boolean;
}): Promise<Uint8Array> {
	const path = options.file ?? join(options.dataFolder, FILE_NAME);
	const found = await readKeyFile(path);
	if (found !== undefined) return found;
	if (options.file !== undefined) {
		throw new Failure(
			"configInvalid",
			`The master key file ${path} does not exist`,
			`Copy it from the platform's first node, or make one for a new database: ${HOW_TO_MAKE_ONE}.`,
		);
	}
	if (!options.create) {
		throw new Failure(
			"configInvalid",
			`The master key of this database is missing: ${path} does not exist`,
			"Put the file back from your copy, or set AFTERBEEP_MASTER_KEY to it: without it PINs, account secrets and tokens are void.",
		);
	}
	await mkdir(options.dataFolder, { recursive: true, mode: 0o700 });
	await makeKeyFile(path);
	return (await readKeyFile(path))!;
}

/** A key of its own for each purpose (HKDF-SHA-256, RFC 5869). @returns 32 octets. */
export function deriveKey(masterKey: Uint8Array, purpose: KeyPurpose): Uint8Array {
	return new Uint8Array(hkdfSync("sha256", masterKey, "afterbeep", purpose, DIRECTORY_LIMITS.keyBytes));
}

async function readKeyFile(path: string): Promise<Uint8Array | undefined> {
	let bytes: Buffer;
	try {
		bytes = await readFile(path);
	} catch (error) {
		const code = (error as NodeJS.ErrnoException).code;
		if (code === "ENOENT") return undefined;
		throw new Failure(
			"configInvalid",
			`The master key file ${path} can not be read (${code})`,
			"Let the user that runs afterbeep read it (mode 600).",
			{ cause: error },
		);
	}
	if (bytes.length === DIRECTORY_LIMITS.keyBytes) return new Uint8Array(bytes);
	throw new Failure(
		"configInvalid",
		`The master key file ${path} holds ${bytes.length} octets instead of ${DIRECTORY_LIMITS.keyBytes}`,
		"Put the original file back: without it PINs, account secrets and tokens of this database are void.",
	);
}

/** Written and synced under another name, then linked into place: neither a crash nor a second process leaves half a key. */
async function makeKeyFile(path: string): Promise<void> {
	const draft = `${path}.${randomBytes(6).toString("hex")}.tmp`;
	const file = await open(draft, "wx", 0o600);
	try {
		await file.writeFile(randomBytes(DIRECTORY_LIMITS.keyBytes));
		await file.sync();
	} finally {
		await file.close();
	}
	try {
		await link(draft, path);
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
	} finally {
		await rm(draft, { force: true });
	}
}
