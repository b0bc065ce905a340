/** Runs the real sipp against a port of ours, in a folder of its own. */
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export interface SippRun {
	/** File name of a scenario beside this file, or "uac" for sipp's own caller. */
	readonly scenario: string;
	readonly port: number;
	readonly calls?: number;
	readonly perSecond?: number;
	/** u1 is UDP with one socket, t1 TCP with one connection, tn TCP with one for each call. */
	readonly transport?: "u1" | "t1" | "tn";
	/** Milliseconds between ACK and BYE. */
	readonly holdMs?: number;
	readonly more?: readonly string[];
	readonly timeoutSeconds?: number;
}

export interface SippResult {
	/** 0 where all calls went as the scenario says. */
	readonly exitCode: number | null;
	readonly successful: number;
	readonly failed: number;
	readonly retransmissions: number;
	/** What sipp complained about. */
	readonly errors: string;
}

export async function runSipp(run: SippRun): Promise<SippResult> {
	const folder = await mkdtemp(join(tmpdir(), "sipp-"));
	const scenario =
		run.scenario === "uac" ? ["-sn", "uac"] : ["-sf", fileURLToPath(new URL(`./${run.scenario}`, import.meta.url))];
	const errorFile = join(folder, "errors.log");
	const statistics = join(folder, "statistics.csv");
	const args = [
		...scenario,
		...["-i", "127.0.0.1", "-p", String(await freePort()), "-mp", "6000"],
		...["-t", run.transport ?? "u1", "-m", String(run.calls ?? 1), "-r", String(run.perSecond ?? 50)],
		...["-d", String(run.holdMs ?? 50), "-timeout", `${run.timeoutSeconds ?? 15}s`, "-timeout_error"],
		...["-trace_err", "-error_file", errorFile, "-trace_stat", "-stf", statistics, "-nostdin", "-fd", "1"],
		...(run.more ?? []),
		`127.0.0.1:${run.port}`,
	];
	const child = spawn("sipp", args, {
		cwd: folder,
		stdio: ["ignore", "ignore", "ignore"],
		env: { ...process.env, TERM: "dumb" },
	});
	const exitCode = await new Promise<number | null>((resolve, reject) => {
		child.once("error", (error) =>
			reject(new Error("sipp does not run: install the Debian package sip-tester", { cause: error })),
		);
		child.once("exit", resolve);
	});
	const errors = await readFile(errorFile, "utf8").catch(() => "");
	const last = lastRow(await readFile(statistics, "utf8").catch(() => ""));
	await rm(folder, { recursive: true, force: true });
	return {
		exitCode,
		successful: Number(last["SuccessfulCall(C)"]),
		failed: Number(last["FailedCall(C)"]),
		retransmissions: Number(last["Retransmissions(C)"]),
		errors,
	};
}

/** sipp's statistics: names in the first row, running totals in the last. */
function lastRow(csv: string): Readonly<Record<string, string>> {
	const rows = csv.trim().split("\n");
	const names = rows[0]?.split(";") ?? [];
	const values = rows.at(-1)?.split(";") ?? [];
	return Object.fromEntries(names.map((name, i) => [name, values[i] ?? ""]));
}

async function freePort(): Promise<number> {
	const server = createServer();
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const address = server.address();
	await new Promise((resolve) => server.close(resolve));
	if (address === null || typeof address === "string") throw new Error("no port");
	return address.port;
}
