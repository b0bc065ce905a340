/** Checks of this machine: Node, data folder, disk, key, prompts, time zone. */
import { constants, existsSync } from "node:fs";
import { access, stat, statfs } from "node:fs/promises";
import path from "node:path";
import type { Config } from "../../config/index.ts";
import { Failure } from "../../domain/index.ts";
import { CREDENTIALS_FILE } from "../../platform/first-start.ts";
import { PROMPTS_FOLDER } from "../../platform/prompts-folder.ts";
import { loadPrompts } from "../../speech/index.ts";
import { type Finding, fail, ok, reason, warn } from "./finding.ts";

const GIB = 1024 ** 3;
/** A recorded hour of G.711 takes 29 MB; below this a busy day does not fit. */
const DISK_FREE_WARN_BYTES = 5 * GIB;
const DISK_FREE_FAIL_BYTES = GIB / 4;

export function checkNode(): Finding {
	const major = Number(process.versions.node.split(".")[0]);
	if (major >= 24) return ok("node", `Node ${process.versions.node}`);
	return fail(
		"node",
		`Node ${process.versions.node}`,
		"Run it by npm (npm start), which brings Node 24, or install Node 24.",
	);
}

export async function checkDataFolder(config: Config): Promise<Finding> {
	const folder = config.dataFolder;
	const nearest = nearestExisting(folder);
	try {
		await access(nearest, constants.R_OK | constants.W_OK | constants.X_OK);
	} catch (error) {
		return fail("data folder", `${nearest} can not be written (${reason(error)})`, "Run as its owner, or chown it.");
	}
	if (nearest === folder) return ok("data folder", `${folder} can be written`);
	const mend = "The first `afterbeep start` makes it; or name another with --data.";
	return warn("data folder", `${folder} does not exist`, mend);
}

function nearestExisting(folder: string): string {
	return existsSync(folder) ? folder : nearestExisting(path.dirname(folder));
}

export async function checkDisk(config: Config): Promise<Finding> {
	const folder = nearestExisting(config.dataFolder);
	const { bavail, bsize } = await statfs(folder);
	const free = bavail * bsize;
	const hours = Math.floor(free / (8000 * 3600));
	const found = `${(free / GIB).toFixed(1)} GiB free at ${folder}, ${hours.toLocaleString("en")} hours of messages`;
	const mend = "Make room, or move AFTERBEEP_DATA or AFTERBEEP_BLOBS to a larger disk.";
	if (free < DISK_FREE_FAIL_BYTES) return fail("disk", found, mend);
	return free < DISK_FREE_WARN_BYTES ? warn("disk", found, mend) : ok("disk", found);
}

export async function checkMasterKey(config: Config): Promise<Finding> {
	const file = config.masterKeyFile ?? path.join(config.dataFolder, "master.key");
	const status = await stat(file).catch(() => undefined);
	if (status === undefined) return keyMissing(config, file);
	if ((status.mode & 0o077) !== 0) {
		const mode = (status.mode & 0o777).toString(8);
		return fail("master key", `${file} has mode ${mode}: others on this machine can read it`, `chmod 600 ${file}`);
	}
	return ok("master key", `${file}, readable by its owner only`);
}

function keyMissing(config: Config, file: string): Finding {
	const found = `${file} does not exist`;
	if (config.masterKeyFile !== undefined)
		return fail("master key", found, "Copy it from the first node; without it no PIN and no token is good.");
	// The first start writes the credentials after the key.
	if (existsSync(path.join(config.dataFolder, CREDENTIALS_FILE)))
		return fail("master key", found, "Put it back from your copy; without it no PIN and no token is good.");
	return warn("master key", found, "The first `afterbeep start` makes it; then keep a copy apart from the database.");
}

export async function checkPrompts(config: Config): Promise<Finding> {
	try {
		const prompts = await loadPrompts(PROMPTS_FOLDER, { language: config.language });
		const wanted = config.language.toLowerCase().split("-")[0]!;
		if (prompts.language === wanted) return ok("prompts", `all recordings of "${wanted}" are there`);
		const mend = "Set AFTERBEEP_LANGUAGE=en, or add recordings of that language to the folder prompts.";
		return warn("prompts", `no recordings of "${wanted}": English is spoken`, mend);
	} catch (error) {
		return fail("prompts", reason(error), error instanceof Failure ? error.mend : "Restore the folder prompts.");
	}
}

export function checkTimeZone(config: Config): Finding {
	const time = new Intl.DateTimeFormat("en-GB", { timeZone: config.timeZone, dateStyle: "medium", timeStyle: "short" });
	return ok("time zone", `${config.timeZone}, where it is ${time.format(new Date())} now`);
}
