/**
 * `npm test`: the Debian tools that tests need, then type-check, lint with format check, and all tests. The last line
 * is `N passed, N failed`, with `, N skipped` where any were; type-check and lint count as one check each.
 * Arguments go to vitest: `npm test -- test/sip`.
 */
import { spawn } from "node:child_process";
import { accessSync, constants, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { DEBIAN_TOOLS } from "./debian-tools.mjs";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const MODULES = join(ROOT, "node_modules");
const BIN = {
	tsc: join(MODULES, "typescript", "bin", "tsc"),
	biome: join(MODULES, "@biomejs", "biome", "bin", "biome"),
	vitest: join(MODULES, "vitest", "vitest.mjs"),
};

const count = { passed: 0, failed: 0, skipped: 0 };

let running;
let stopped = false;
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
	process.on(signal, () => {
		stopped = true;
		running?.kill(signal);
	});
}

await step("tools", provideTools);
await step("type-check", () => check(BIN.tsc, ["--noEmit"]));
await step("lint and format", () => check(BIN.biome, ["check", "."]));
await step("tests", () => runTests(process.argv.slice(2)));
const skipped = count.skipped > 0 ? `, ${count.skipped} skipped` : "";
process.stdout.write(`${count.passed} passed, ${count.failed} failed${skipped}\n`);
process.exit(count.failed === 0 && count.passed > 0 ? 0 : 1);

async function step(name, work) {
	const startedMs = performance.now();
	process.stdout.write(`== ${name} ...\n`);
	const outcome = await work();
	process.stdout.write(`== ${name}: ${outcome} (${((performance.now() - startedMs) / 1000).toFixed(1)} s)\n`);
}

async function check(script, args) {
	const ok = (await run(process.execPath, [script, ...args])) === 0;
	count[ok ? "passed" : "failed"]++;
	return ok ? "ok" : "FAILED";
}

/** With root and apt a tool that is missing is installed, or is a failure; else its tests skip themselves. */
async function provideTools() {
	const missing = DEBIAN_TOOLS.filter((tool) => !isOnPath(tool.command));
	if (missing.length === 0) return "all there";
	const packages = missing.flatMap((tool) => [tool.package, ...(tool.with ?? [])]);
	if (!isOnPath("apt-get"))
		return `${packages.join(", ")} missing, and there is no apt here; the tests that need them are skipped`;
	if (process.geteuid?.() !== 0) {
		process.stdout.write(`To run the tests that need them: sudo apt-get install -y ${packages.join(" ")}\n`);
		return `${packages.join(", ")} missing; the tests that need them are skipped`;
	}
	// The lists are fetched only where apt does not know the packages yet: that takes longer than installing.
	if (!(await aptInstall(packages))) {
		await run("apt-get", ["update", "-q"], { quiet: true });
		await aptInstall(packages);
	}
	const still = missing.filter((tool) => !isOnPath(tool.command));
	count.failed += still.length;
	return still.length === 0
		? `installed ${packages.join(", ")}`
		: `FAILED to install ${still.map((tool) => tool.package).join(", ")}`;
}

async function aptInstall(packages) {
	return (await run("apt-get", ["install", "-y", "-q", "--no-install-recommends", ...packages], { quiet: true })) === 0;
}

async function runTests(args) {
	const folder = mkdtempSync(join(tmpdir(), "afterbeep-results-"));
	const file = join(folder, "results.json");
	try {
		const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${file}`];
		const code = await run(process.execPath, [BIN.vitest, "run", ...reporters, ...args]);
		const failedBefore = count.failed;
		if (existsSync(file)) countResults(JSON.parse(readFileSync(file, "utf8")));
		// A run that ended badly without a failed test (an unhandled error, no results) has failed all the same.
		if (code !== 0 && count.failed === failedBefore) count.failed++;
		return code === 0 ? "ok" : "FAILED";
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}

function countResults(results) {
	count.passed += results.numPassedTests;
	count.failed += results.numFailedTests;
	count.skipped += results.numPendingTests + results.numTodoTests;
	// A file that could not even be loaded holds no failed test.
	const broken = (file) => file.status === "failed" && !file.assertionResults.some((test) => test.status === "failed");
	count.failed += results.testResults.filter(broken).length;
}

function run(command, args, { quiet = false } = {}) {
	return new Promise((resolve) => {
		const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
		running = spawn(command, args, {
			cwd: ROOT,
			env,
			stdio: ["ignore", quiet ? "pipe" : "inherit", quiet ? "pipe" : "inherit"],
		});
		let output = "";
		for (const stream of [running.stdout, running.stderr]) stream?.on("data", (chunk) => (output += chunk));
		running.on("error", () => resolve(127));
		running.on("close", (code) => {
			if (stopped) process.exit(130);
			if (quiet && code !== 0) process.stdout.write(output.split("\n").slice(-15).join("\n"));
			resolve(code ?? 1);
		});
	});
}

function isOnPath(command) {
	return (process.env.PATH ?? "").split(delimiter).some((folder) => {
		try {
			accessSync(join(folder, command), constants.X_OK);
			return true;
		} catch {
			return false;
		}
	});
}
