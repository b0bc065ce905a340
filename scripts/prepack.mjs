/**
 * Makes dist/ for the package: Node strips no types inside node_modules. The folders keep their depth (src/x -> dist/x),
 * so that paths relative to a module, such as to prompts/audio, are the same in both.
 */
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { clientSource } from "./make-client.mjs";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const SOURCE = join(ROOT, "src");
const BUILT = join(ROOT, "dist");

rmSync(BUILT, { recursive: true, force: true });
const tsc = join(ROOT, "node_modules", "typescript", "bin", "tsc");
compile(["-p", join(ROOT, "tsconfig.build.json")]);
copyOthers(SOURCE);
await makeClient();

function compile(args) {
	const compiled = spawnSync(process.execPath, [tsc, ...args], { cwd: ROOT, stdio: "inherit" });
	if (compiled.status !== 0) process.exit(compiled.status ?? 1);
}

/** `afterbeep/client`: from the operations that this very package serves. */
async function makeClient() {
	const { describedOperations, openApiDocument } = await import(pathToFileURL(join(BUILT, "http", "index.js")).href);
	const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
	const document = openApiDocument(describedOperations(), { publicUrl: "http://127.0.0.1:8080", version });
	const folder = join(BUILT, "client");
	const file = join(folder, "client.ts");
	rmSync(folder, { recursive: true, force: true });
	mkdirSync(folder);
	writeFileSync(file, clientSource(document));
	const strict = ["--strict", "--target", "es2022", "--module", "nodenext", "--types", "node", "--declaration"];
	compile(["--ignoreConfig", ...strict, file]);
	rmSync(file);
}

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
