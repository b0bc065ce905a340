/** `afterbeep start` as an operating system sees it: files, ports, signals, what is left behind. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, statSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { freeTcpPort, freeUdpPort, projectRoot } from "../support/platform.ts";

const program = join(projectRoot, "src/cli/main.ts");
let parent: string;
let data: string;
let httpPort: number;
let sipPort: number;
const started: ChildProcess[] = [];

beforeEach(async () => {
	parent = await mkdtemp(join(tmpdir(), "afterbeep-start-"));
	data = join(parent, "data");
	httpPort = await freeTcpPort();
	sipPort = await freeUdpPort();
});

afterEach(async () => {
	for (const child of started.splice(0)) {
		if (child.exitCode === null && child.signalCode === null) {
			child.kill("SIGKILL");
			await once(child, "exit");
		}
	}
	await rm(parent, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
});

interface Started {
	readonly child: ChildProcess;
	stdout(): string;
	stderr(): string;
	readonly exit: Promise<number | null>;
}

function start(options: { ipc?: boolean } = {}): Started {
	const child = spawn(process.execPath, [program, "start"], {
		env: {
			...process.env,
			AFTERBEEP_DATA: data,
			AFTERBEEP_HTTP: `127.0.0.1:${httpPort}`,
			AFTERBEEP_SIP: `udp:127.0.0.1:${sipPort}`,
		},
		stdio: options.ipc ? ["ignore", "pipe", "pipe", "ipc"] : ["ignore", "pipe", "pipe"],
	});
	started.push(child);
	let stdout = "";
	let stderr = "";
	child.stdout!.on("data", (chunk: Buffer) => {
		stdout += chunk.toString();
	});
	child.stderr!.on("data", (chunk: Buffer) => {
		stderr += chunk.toString();
	});
	const exit = once(child, "exit").then(([code]) => code as number | null);
	return { child, stdout: () => stdout, stderr: () => stderr, exit };
}

async function untilUp(platform: Started): Promise<void> {
	const deadline = Date.now() + 30_000;
	while (!platform.stdout().includes(" is up")) {
		if (Date.now() > deadline || platform.child.exitCode !== null)
			throw new Error(platform.stdout() + platform.stderr());
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
}

/** The postmaster's process, where its pid file tells one that lives. */
function postgresRuns(): boolean {
	const file = join(data, "postgres", "data", "postmaster.pid");
	if (!existsSync(file)) return false;
	return existsSync(`/proc/${readFileSync(file, "utf8").split("\n")[0]}`);
}

describe("afterbeep start", () => {
	test("the first start shows the operator's secret once, beside the log and not in it", async () => {
		const first = start();
		await untilUp(first);
		const file = join(data, "credentials.json");
		const { AccountKey, AccountSecret } = JSON.parse(readFileSync(file, "utf8")) as Record<string, string>;
		expect(statSync(file).mode & 0o777).toBe(0o600);
		expect(statSync(join(data, "master.key")).mode & 0o777).toBe(0o600);
		expect(first.stderr()).toContain(AccountKey!);
		expect(first.stderr()).toContain(AccountSecret!);
		expect(first.stderr().match(/^ {2}(TOKEN=\$\()?curl /gm)).toHaveLength(3);
		expect(first.stdout()).not.toContain(AccountSecret!);
		for (const line of first.stdout().trim().split("\n")) expect(() => JSON.parse(line)).not.toThrow();

		first.child.kill("SIGTERM");
		expect(await first.exit).toBe(0);
		expect(postgresRuns()).toBe(false);
		expect(existsSync(join(data, "platform.json"))).toBe(false);

		const second = start();
		await untilUp(second);
		expect(second.stderr()).not.toContain(AccountSecret!);
		const third = start();
		expect(await third.exit).toBe(1);
		expect(third.stderr()).toContain("Another Afterbeep");
		second.child.kill("SIGINT");
		expect(await second.exit).toBe(0);
	});

	test("a port that is taken is told with its setting and its holder, and nothing stays behind", async () => {
		const holder = createServer().listen(httpPort, "127.0.0.1");
		await once(holder, "listening");
		const platform = start();
		expect(await platform.exit).toBe(1);
		holder.close();
		expect(platform.stderr()).toContain(`AFTERBEEP_HTTP: tcp 127.0.0.1:${httpPort} is taken`);
		expect(platform.stderr()).toContain(`by process ${process.pid}`);
		expect(postgresRuns()).toBe(false);
	});

	test("it ends when the process that keeps a channel to it is gone", async () => {
		const platform = start({ ipc: true });
		await untilUp(platform);
		expect(postgresRuns()).toBe(true);
		platform.child.disconnect();
		expect(await platform.exit).toBe(0);
		expect(postgresRuns()).toBe(false);
	});
});

describe("afterbeep on a pipe or a file", () => {
	const shell = (line: string) => spawnSync("/bin/bash", ["-c", line], { encoding: "utf8" });

	test("a reader that leaves early is no error; a full disk is one, and told", () => {
		const help = `'${process.execPath}' '${program}' --help`;
		expect(shell(`${help} | true; exit \${PIPESTATUS[0]}`).status).toBe(0);
		const full = shell(`${help} > /dev/full`);
		expect(full.status).toBe(1);
		expect(full.stderr).toContain("standard output can not be written (ENOSPC)");
	});
});
