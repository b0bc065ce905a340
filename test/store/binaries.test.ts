import { existsSync, mkdirSync, mkdtempSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { completeLibraries } from "../../src/store/embedded/binaries.ts";

let root: string;
beforeEach(() => {
	root = mkdtempSync(join(tmpdir(), "afterbeep-binaries-"));
	mkdirSync(join(root, "native", "lib"), { recursive: true });
	writeFileSync(join(root, "native", "lib", "libpq.so.5.18"), "a library");
	const links = [
		{ source: "native/lib/libpq.so.5.18", target: "native/lib/libpq.so" },
		{ source: "native/lib/libpq.so.5.18", target: "native/lib/libpq.so.5" },
	];
	writeFileSync(join(root, "native", "pg-symlinks.json"), JSON.stringify(links));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

test("library links that npm left out are made, relative, and once", () => {
	expect(completeLibraries(root, join(root, "spare"))).toBeUndefined();
	expect(completeLibraries(root, join(root, "spare"))).toBeUndefined();
	expect(readlinkSync(join(root, "native", "lib", "libpq.so.5"))).toBe("libpq.so.5.18");
	expect(existsSync(join(root, "native", "lib", "libpq.so"))).toBe(true);
	expect(existsSync(join(root, "spare"))).toBe(false);
});

test("where the package can not be written they are made elsewhere, for the loader to find", () => {
	// A file in the place of a folder can not be written by root either.
	const links = [{ source: "native/lib/libpq.so.5.18", target: "native/lib/libpq.so.5.18/no/libpq.so.5" }];
	writeFileSync(join(root, "native", "pg-symlinks.json"), JSON.stringify(links));
	const spare = join(root, "spare");
	expect(completeLibraries(root, spare)).toBe(`${spare}:${join(root, "native", "lib")}`);
	expect(readlinkSync(join(spare, "libpq.so.5"))).toBe(join(root, "native", "lib", "libpq.so.5.18"));
});
