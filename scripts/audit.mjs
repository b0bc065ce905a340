/**
 * `npm run audit`: production dependencies against the known holes of the package registry. Exceptions stand in
 * audit-exceptions.json, each `{ "advisory": "GHSA-...", "package": "...", "reason": "...", "until": "YYYY-MM-DD" }`: an
 * exception has a reason and an end.
 *
 * Exit code 0: no hole that is not excepted. 1: holes, or exceptions that are wrong. 3: the registry could not be asked,
 * so nothing is known.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const HERE = dirname(fileURLToPath(import.meta.url));

export const CLEAN = 0;
export const HOLES = 1;
export const UNKNOWN = 3;

/**
 * What an answer of `npm audit --json` means.
 *
 * @param output of npm, which is not always JSON.
 * @param today as YYYY-MM-DD.
 * @returns {{ code: number, lines: string[] }}
 */
export function judge(output, exceptions, today) {
	const wrong = exceptions.filter((each) => !isComplete(each)).map((each) => `incomplete: ${JSON.stringify(each)}`);
	const report = parse(output);
	if (report?.vulnerabilities === undefined || report.metadata === undefined) {
		const why = report?.message ?? report?.error?.summary ?? output.trim().slice(0, 300);
		return {
			code: UNKNOWN,
			lines: [...wrong, `The registry could not be asked: ${why || "no answer"}`, "NOT AUDITED."],
		};
	}
	const holes = advisoriesIn(report);
	const lines = [...wrong];
	let open = wrong.length;
	for (const hole of holes) {
		const exception = exceptions.find((each) => each.advisory === hole.advisory && each.package === hole.package);
		const live = exception !== undefined && isComplete(exception) && exception.until >= today;
		if (!live) open++;
		const state = exception === undefined ? "OPEN" : live ? `excepted until ${exception.until}` : "EXCEPTION ENDED";
		lines.push(`${state}: ${hole.package} ${hole.advisory} (${hole.severity}) ${hole.title}`);
		if (live) lines.push(`  ${exception.reason}`);
	}
	for (const { advisory, package: name } of exceptions) {
		if (!holes.some((hole) => hole.advisory === advisory && hole.package === name)) {
			lines.push(`no longer needed: the exception for ${name} ${advisory}`);
		}
	}
	const { prod = "?" } = report.metadata.dependencies ?? {};
	lines.push(`${prod} production dependencies, ${holes.length} known holes, ${open} open.`);
	return { code: open > 0 ? HOLES : CLEAN, lines };
}

function parse(output) {
	try {
		return JSON.parse(output);
	} catch {
		return undefined;
	}
}

/** Each hole once, however many packages depend on the one that has it. */
function advisoriesIn({ vulnerabilities }) {
	const found = new Map();
	for (const { via } of Object.values(vulnerabilities)) {
		for (const each of via) {
			if (typeof each === "string") continue;
			const advisory = /GHSA-[0-9a-z-]+/.exec(each.url ?? "")?.[0] ?? String(each.source);
			found.set(`${each.name} ${advisory}`, {
				package: each.name,
				advisory,
				severity: each.severity,
				title: each.title,
			});
		}
	}
	return [...found.values()];
}

const isComplete = (exception) =>
	["advisory", "package", "reason"].every((name) => typeof exception[name] === "string" && exception[name] !== "") &&
	/^\d{4}-\d\d-\d\d$/.test(exception.until ?? "");

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
	const npm = spawnSync("npm", ["audit", "--omit=dev", "--json"], { cwd: dirname(HERE), encoding: "utf8" });
	const exceptions = JSON.parse(readFileSync(join(HERE, "audit-exceptions.json"), "utf8"));
	const { code, lines } = judge(npm.stdout || npm.stderr || "", exceptions, new Date().toISOString().slice(0, 10));
	for (const line of lines) console.log(line);
	process.exitCode = code;
}
