#!/usr/bin/env node
/**
 * Installs the dependencies where they are missing or older than package-lock.json, with any Node from 18 on, so that
 * every command works in a fresh clone. Says what it does on standard error; silent and instant when nothing is to do.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
	closeSync,
	existsSync,
	lstatSync,
	openSync,
	readdirSync,
	readFileSync,
	renameSync,
	rmSync,
	statSync,
	utimesSync,
	writeFileSync,
} from "node:fs";
import { delimiter, dirname, join, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const MODULES = join(ROOT, "node_modules");
const LOCKFILE = join(ROOT, "package-lock.json");
/** Inside node_modules, so that it goes when they go; written last. */
const STAMP = join(MODULES, ".afterbeep-installed");
/** Outside, since npm empties node_modules first. */
const LOCK = join(ROOT, ".install.lock");
/** Its holder touches the lock every second; after so long without, its process numbers are somebody else's by now. */
const LOCK_STALE_MS = 300_000;
const OUTPUT_KEPT_CHARS = 20_000;

class InstallError extends Error {
	constructor(message, mend) {
		super(message);
		this.mend = mend;
	}
}

/** What must be installed: the lockfile, for this kind of machine. */
function wanted() {
	const hash = createHash("sha256").update(readFileSync(LOCKFILE)).digest("hex");
	return `${hash} ${process.platform} ${process.arch}`;
}

/** Whether what is installed is what the lockfile says. */
export function isInstalled() {
	// A link leads to the installation of another work tree: npm ci here would empty it under all who run there.
	if (lstatSync(MODULES, { throwIfNoEntry: false })?.isSymbolicLink()) return true;
	try {
		if (readFileSync(STAMP, "utf8") === wanted()) return true;
	} catch {
		// No stamp: perhaps a developer's own `npm install`.
	}
	if (!matchesRecord()) return false;
	try {
		writeFileSync(STAMP, wanted());
	} catch {
		// A folder that can not be written is installed all the same.
	}
	return true;
}

/** npm leaves a record of what it installed, written at the end of each good run: compared entry by entry. */
function matchesRecord() {
	try {
		const locked = JSON.parse(readFileSync(LOCKFILE, "utf8")).packages;
		const record = JSON.parse(readFileSync(join(MODULES, ".package-lock.json"), "utf8")).packages;
		const same = (path) =>
			record[path].version === locked[path]?.version && record[path].integrity === locked[path]?.integrity;
		const installed = Object.keys(record);
		const required = Object.keys(locked).filter((path) => path !== "" && !locked[path].optional);
		return installed.every(same) && required.every((path) => path in record) && bringsNode();
	} catch {
		return false;
	}
}

/** The optional dependencies of this machine are there: a copy from another machine has the wrong ones. */
function bringsNode() {
	return existsSync(join(MODULES, ".bin", "node")) || Number.parseInt(process.versions.node, 10) >= 24;
}

/**
 * Installs where needed. Safe when several run at once: one installs, the others wait for it.
 *
 * @returns {Promise<boolean>} whether anything was installed.
 */
export async function ensureInstalled() {
	if (isInstalled()) return false;
	const unlock = await lock();
	try {
		if (isInstalled()) return false; // by the one we waited for
		await install();
		return true;
	} finally {
		unlock();
	}
}

async function lock() {
	let told = false;
	for (;;) {
		try {
			const file = openSync(LOCK, "wx");
			writeFileSync(file, String(process.pid));
			closeSync(file);
			break;
		} catch (error) {
			if (error.code !== "EEXIST") {
				throw new InstallError(
					`The folder ${ROOT} can not be written (${error.code}).`,
					"Run as the user who owns it.",
				);
			}
		}
		if (isLockStale()) breakLock();
		else {
			if (!told) say("Another process is installing; waiting for it ...");
			told = true;
			await pause(200);
		}
	}
	const beat = setInterval(() => {
		try {
			utimesSync(LOCK, new Date(), new Date());
		} catch {
			// Broken by hand; the install itself goes on.
		}
	}, 1_000);
	return () => {
		clearInterval(beat);
		rmSync(LOCK, { force: true });
	};
}

function isLockStale() {
	try {
		if (Date.now() - statSync(LOCK).mtimeMs > LOCK_STALE_MS) return true;
		const pids = readFileSync(LOCK, "utf8").trim().split(" ").map(Number);
		if (!pids.every((pid) => Number.isInteger(pid) && pid > 0)) return false; // just being written
		// An npm that outlived its installer still writes into node_modules.
		return !pids.some(isAlive);
	} catch {
		return false; // released at this moment
	}
}

function isAlive(pid) {
	try {
		process.kill(pid, 0);
		return true;
	} catch (error) {
		return error.code === "EPERM";
	}
}

/** Renamed first: of several who find it stale, one wins, and none removes the fresh lock that follows. */
function breakLock() {
	const aside = `${LOCK}.${process.pid}`;
	try {
		renameSync(LOCK, aside);
	} catch {
		return;
	}
	rmSync(aside, { force: true });
}

async function install() {
	const count = Object.keys(JSON.parse(readFileSync(LOCKFILE, "utf8")).packages).length;
	const startedMs = Date.now();
	say(`Installing dependencies into node_modules (npm ci, once; about 280 MB) ...`);
	const progress = showProgress(startedMs, count);
	try {
		await runNpm();
	} finally {
		progress.stop();
	}
	if (!bringsNode()) {
		throw new InstallError(
			`npm brought no Node 24 for ${process.platform}-${process.arch}.`,
			"Install Node 24 or newer yourself, and allow npm optional dependencies (npm config get omit).",
		);
	}
	writeFileSync(STAMP, wanted());
	say(`Installed in ${seconds(startedMs)}.`);
}

function showProgress(startedMs, count) {
	const live = process.stderr.isTTY === true && process.env.CI === undefined;
	const show = () => {
		const line = `  ${seconds(startedMs)}, ${countPackages()} of at most ${count} packages`;
		if (live) process.stderr.write(`\r\x1b[K${line}`);
		else say(line);
	};
	const timer = setInterval(show, live ? 250 : 5_000);
	return {
		stop: () => {
			clearInterval(timer);
			if (live) process.stderr.write("\r\x1b[K");
		},
	};
}

function countPackages() {
	try {
		return readdirSync(MODULES)
			.map((name) => (name.startsWith("@") ? readdirSync(join(MODULES, name)).length : 1))
			.reduce((sum, more) => sum + more, 0);
	} catch {
		return 0;
	}
}

function runNpm() {
	const args = [
		"ci",
		"--include=dev",
		"--include=optional",
		"--no-audit",
		"--no-fund",
		"--no-progress",
		"--loglevel=error",
	];
	// Checked here, not by npm: the Node that runs npm now need not be the one that runs the platform.
	args.push("--engine-strict=false");
	const npm = npmCommand();
	const child = spawn(npm[0], [...npm.slice(1), ...args], {
		cwd: ROOT,
		stdio: ["ignore", "pipe", "pipe"],
		env: { ...process.env, PATH: pathWithoutModules() },
	});
	if (child.pid !== undefined) writeFileSync(LOCK, `${process.pid} ${child.pid}`);
	let output = "";
	const keep = (chunk) => {
		output = (output + chunk).slice(-OUTPUT_KEPT_CHARS);
	};
	child.stdout.on("data", keep);
	child.stderr.on("data", keep);
	const forward = (signal) => child.kill(signal);
	const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
	for (const signal of signals) process.on(signal, forward);
	return new Promise((resolve, reject) => {
		child.on("error", (error) =>
			reject(new InstallError(`npm could not be run: ${error.message}`, "Install npm, which comes with Node.")),
		);
		child.on("close", (code, signal) => {
			for (const name of signals) process.off(name, forward);
			if (code === 0) resolve();
			else if (signal !== null)
				reject(new InstallError(`The installation was stopped (${signal}).`, "Run the command again; it starts over."));
			else reject(explain(output, code));
		});
	});
}

/** The npm that runs us, with its own Node: the one under node_modules is about to be replaced. */
function npmCommand() {
	const { npm_execpath: cli, npm_node_execpath: node } = process.env;
	const usable = cli !== undefined && /npm-cli\.[cm]?js$/.test(cli) && existsSync(cli);
	if (usable && node !== undefined && existsSync(node) && !node.startsWith(MODULES + sep)) return [node, cli];
	return [process.platform === "win32" ? "npm.cmd" : "npm"];
}

function pathWithoutModules() {
	const folders = (process.env.PATH ?? "").split(delimiter);
	return folders.filter((folder) => !folder.startsWith(MODULES)).join(delimiter);
}

function explain(output, code) {
	const lines = output.trim().split("\n");
	// What is wrong stands first, what a package's script said stands last; between is npm's help.
	say([...lines.slice(0, 15), ...(lines.length > 30 ? ["..."] : []), ...lines.slice(15).slice(-15)].join("\n"));
	const failed = `npm ci failed (exit code ${code}); what it said stands above.`;
	const mend = [
		[
			/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH|ECONNRESET|ERR_SOCKET_TIMEOUT|network/,
			"The package registry can not be reached: check the network or npm's registry and proxy settings, then run the command again.",
		],
		[/ENOSPC/, "The disk is full: about 600 MB are needed while installing."],
		[/EACCES|EPERM|EROFS/, "Run as the user who owns this folder."],
		[/EINTEGRITY/, "A package is not what the lockfile says: run `npm cache verify`, then the command again."],
		[
			/EUSAGE|can only install packages when/,
			"package.json and package-lock.json differ: run `npm install`, and commit the lockfile.",
		],
	].find(([pattern]) => pattern.test(output));
	return new InstallError(failed, mend?.[1] ?? "Mend what it names, then run the command again.");
}

const say = (line) => process.stderr.write(`${line}\n`);
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const seconds = (sinceMs) => `${((Date.now() - sinceMs) / 1000).toFixed(1)} s`;

/** Prints an error of the installation and ends the process. */
export function giveUp(error) {
	if (error instanceof InstallError) say(`${error.message}\n${error.mend}`);
	else say(String(error?.stack ?? error));
	process.exit(1);
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
	ensureInstalled().catch(giveUp);
}
