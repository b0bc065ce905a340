/**
 * Makes dist/ for the package: Node strips no types inside node_modules. The folders keep their depth (src/x -> dist/x),
 * so that paths relative to a module, such as to prompts/audio, are the same in both.
 */
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const SOURCE = join(ROOT, "src");
const BUILT = join(ROOT, "dist");

rmSync(BUILT, { recursive: true, force: true });
const tsc = join(ROOT, "node_modules", "typescript", "bin", "tsc");
const compiled = spawnSync(process.execPath, [tsc, "-p", join(ROOT, "tsconfig.build.json")], { stdio: "inherit" });
if (compiled.status !== 0) process.exit(compiled.status ?? 1);
copyOthers(SOURCE);

/** What is no code: templates, catalogues. */
function copyOthers(folder) {
	for (const entry of readdirSync(folder, { withFileTypes: true })) {
		const path = join(folder, entry.name);
		if (entry.isDirectory()) copyOthers(path);
		else if (!entry.name.endsWith(".ts")) {
			const target = join(BUILT, relative(SOURCE, path));
			mkdirSync(dirname(target), { recursive: true });
			copyFileSync(path, target);
		}
	}
}
