#!/usr/bin/env node
/**
 * The command `afterbeep`, on any Node from 18 on. In a clone it runs the TypeScript of src/ and installs first where
 * that is needed; in an installed package it runs dist/. Where this Node is older than 24 it hands over to the one
 * that npm brought.
 */
import { spawn } from "node:child_process";
import { existsSync, readFileSync, realpathSync } from "node:fs";
import module, { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const NODE_MAJOR_MIN = 24;
const ROOT = dirname(dirname(realpathSync(fileURLToPath(import.meta.url))));
const SOURCE = join(ROOT, "src", "cli", "main.ts");
const BUILT = join(ROOT, "dist", "cli", "main.js");

const inClone = existsSync(dirname(SOURCE));
if (inClone) {
	const { ensureInstalled, giveUp } = await import("../scripts/install.mjs");
	await ensureInstalled().catch(giveUp);
}
keepCompiled();
if (Number.parseInt(process.versions.node, 10) >= NODE_MAJOR_MIN) {
	await import(pathToFileURL(inClone ? SOURCE : BUILT).href);
} else {
	handOver();
}

/**
 * What Node compiled (and stripped of types) is kept for the next command, and for those that this one starts: they
 * answer in half the time. In a folder that can not be written nothing is kept. Not before the install, which empties
 * node_modules.
 */
function keepCompiled() {
	process.env.NODE_COMPILE_CACHE ??= join(ROOT, "node_modules", ".cache", "afterbeep");
	module.enableCompileCache?.(process.env.NODE_COMPILE_CACHE);
}

function handOver() {
	const node = findNode();
	if (node === undefined) {
		process.stderr.write(
			`Afterbeep needs Node ${NODE_MAJOR_MIN} or newer; this is ${process.version}, and npm brought none for ` +
				`${process.platform}-${process.arch}.\nInstall Node ${NODE_MAJOR_MIN}, or install again with optional dependencies.\n`,
		);
		process.exit(1);
	}
	const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: "inherit" });
	child.on("error", (error) => {
		process.stderr.write(`${node} can not be run: ${error.message}\n`);
		process.exit(1);
	});
	// Ctrl-C on a terminal reaches both of us already; twice would look like a second Ctrl-C.
	const onTerminal = process.stdin.isTTY === true || process.stdout.isTTY === true || process.stderr.isTTY === true;
	process.on("SIGINT", () => onTerminal || child.kill("SIGINT"));
	process.on("SIGTERM", () => child.kill("SIGTERM"));
	process.on("SIGHUP", () => child.kill("SIGHUP"));
	child.on("close", (code, signal) => {
		if (signal === null) process.exit(code ?? 1);
		// Ends as it ended, so that a shell sees the same.
		process.removeAllListeners(signal);
		process.kill(process.pid, signal);
	});
}

/** From the package that npm chose for this machine, wherever it put it. */
function findNode() {
	const require = createRequire(import.meta.url);
	for (const name of [`node-${process.platform}-${process.arch}`, `node-bin-${process.platform}-${process.arch}`]) {
		try {
			const manifest = require.resolve(`${name}/package.json`);
			const node = join(dirname(manifest), JSON.parse(readFileSync(manifest, "utf8")).bin.node);
			if (existsSync(node)) return node;
		} catch {
			// Not for this machine.
		}
	}
	return undefined;
}
