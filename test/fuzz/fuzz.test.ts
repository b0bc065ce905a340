/** The fuzzer in its short form: everything that broke us once, and the cases of one seed. */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { fuzz, TARGETS, tryOut } from "../../fuzz/fuzz.ts";
import type { FuzzTarget } from "../../fuzz/target.ts";

const CORPUS = new URL("../../fuzz/corpus/", import.meta.url);
const MAIN = fileURLToPath(new URL("../../fuzz/main.ts", import.meta.url));

const corpus = TARGETS.flatMap((target) => {
	const folder = new URL(`${target.name}/`, CORPUS);
	const files = existsSync(folder) ? readdirSync(folder) : [];
	return files.map((file) => [target.name, file, target, readFileSync(new URL(file, folder))] as const);
});

test.each(corpus)("%s: what broke us once (%s) does no more", (_name, _file, target, octets) => {
	expect(tryOut(target, octets)).toBeUndefined();
});

test("100,000 cases, or as many as 20 s allow, find nothing", { timeout: 120_000 }, () => {
	const run = spawnSync(process.execPath, [MAIN, "--cases", "100000", "--seed", "1", "--seconds", "20"], {
		encoding: "utf8",
	});
	expect(run.stdout).toMatch(/cases, seed \d+, .* s: 0 findings/);
	expect(run.status).toBe(0);
});

const broken: FuzzTarget = {
	name: "broken",
	share: 1,
	generate: (random) => Buffer.of(random.between(0, 255)),
	run: (octets) => {
		if (octets[0] === 77) throw new Error("77");
	},
};

test("a target that breaks is found, and the same seed finds the same octets", () => {
	const options = { cases: 5_000, seed: 3, targets: [broken], findingsMax: 2 };
	const [one, two] = [fuzz(options), fuzz(options)];
	expect(one.findings.length).toBeGreaterThanOrEqual(2);
	expect(one.findings[0]!.why).toContain("77");
	expect(two.findings).toEqual(one.findings.map((finding) => ({ ...finding, why: expect.any(String) })));
});
