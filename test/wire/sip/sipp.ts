/** Runs the real sipp against a port of ours, in a folder of its own. */
import { spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as wait } from "node:timers/promises";

export interface SippRun {
	/** File name in `scenarios`, an absolute path, or "uac" for sipp's own caller. */
	readonly scenario: string;
	readonly port: number;
	readonly calls?: number;
	readonly perSecond?: number;
	/** u1 is UDP with one socket, t1 TCP with one connection, tn TCP with one for each call, l1 TLS with one. */
	readonly transport?: "u1" | "t1" | "tn" | "l1";
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

/** Calls from sipp, until all are done. */
export async function runSipp(run: SippRun): Promise<SippResult> {
	for (let tries = 1; ; tries++) {
		const result = await launch(run, await freePort(), [`127.0.0.1:${run.port}`]);
		// Somebody else may take a port between our look and sipp's bind.
		if (tries === 5 || !result.errors.includes("Unable to bind")) return result;
	}
}

export interface SippServer {
	readonly port: number;
	/** Settles when it has answered as many calls as it was told. */
	readonly done: Promise<SippResult>;
}

/** A sipp that is called; "uas" is its own scenario. */
export async function startSippServer(run: Omit<SippRun, "port">): Promise<SippServer> {
	for (let tries = 1; ; tries++) {
		const port = await freePort();
		const done = launch({ ...run, port }, port, []);
		const up = listening(port, run.transport === "u1" || run.transport === undefined ? "udp" : "tcp");
		const ended = await Promise.race([up.then(() => undefined), done]);
		if (ended === undefined) return { port, done };
		await up.catch(() => {});
		if (tries === 5 || !ended.errors.includes("Unable to bind")) throw new Error(`sipp ended: ${ended.errors}`);
	}
}

/** Of RTP, for the next run: those of runs at the same time must not meet. */
let nextMediaPort = 6_000 + 16 * Math.floor(Math.random() * 200);

function mediaPort(): number {
	nextMediaPort = nextMediaPort >= 9_900 ? 6_000 : nextMediaPort + 16;
	return nextMediaPort;
}

async function launch(run: SippRun, localPort: number, target: readonly string[]): Promise<SippResult> {
	const folder = await mkdtemp(join(tmpdir(), "sipp-"));
	const own = !run.scenario.endsWith(".xml");
	const scenario = own ? ["-sn", run.scenario] : ["-sf", resolve(import.meta.dirname, "scenarios", run.scenario)];
	const errorFile = join(folder, "errors.log");
	const statistics = join(folder, "statistics.csv");
	const args = [
		...scenario,
		...["-i", "127.0.0.1", "-p", String(localPort), "-mp", String(mediaPort())],
		...["-t", run.transport ?? "u1", "-m", String(run.calls ?? 1), "-r", String(run.perSecond ?? 50)],
		...["-d", String(run.holdMs ?? 50), "-timeout", `${run.timeoutSeconds ?? 30}s`, "-timeout_error"],
		...["-trace_err", "-error_file", errorFile, "-trace_stat", "-stf", statistics, "-nostdin", "-fd", "1"],
		...(run.more ?? []),
		...target,
	];
	const child = spawn("sipp", args, {
		cwd: folder,
		stdio: ["ignore", "ignore", "pipe"],
		env: { ...process.env, TERM: "dumb" },
	});
	let complaint = "";
	child.stderr.on("data", (chunk: Buffer) => {
		complaint = (complaint + chunk.toString("latin1")).slice(-2000);
	});
	const exitCode = await new Promise<number | null>((settle, reject) => {
		const missing = "sipp does not run: install the Debian package sip-tester";
		child.once("error", (error) => reject(new Error(missing, { cause: error })));
		child.once("exit", settle);
	});
	const errors = withoutLoad(await readFile(errorFile, "utf8").catch(() => ""));
	const last = lastRow(await readFile(statistics, "utf8").catch(() => ""));
	await rm(folder, { recursive: true, force: true });
	if (Object.keys(last).length < 2 && errors === "") throw new Error(`sipp could not run: ${complaint}`);
	return {
		exitCode,
		successful: Number(last["SuccessfulCall(C)"]),
		failed: Number(last["FailedCall(C)"]),
		retransmissions: Number(last["Retransmissions(C)"]),
		errors,
	};
}

/** That the machine was busy is no complaint about us. */
function withoutLoad(errors: string): string {
	const rest = errors.replace(/\d{4}-\d\d-\d\d\s[\d:.]+\s[\d.]+: Overload warning: [^.]*\.\s*/g, "");
	return rest.trim() === "The following events occurred:" ? "" : rest;
}

/** Waits until a port of this machine is bound, as the kernel's table shows it. */
async function listening(port: number, transport: "udp" | "tcp"): Promise<void> {
	const wanted = `0100007F:${port.toString(16).toUpperCase().padStart(4, "0")}`;
	for (let tries = 0; tries < 500; tries++) {
		const table = await readFile(`/proc/net/${transport}`, "utf8");
		if (table.includes(wanted)) return;
		await wait(10);
	}
	throw new Error("sipp did not come up");
}

/** sipp's statistics: names in the first row, running totals in the last. */
function lastRow(csv: string): Readonly<Record<string, string>> {
	const rows = csv.trim().split("\n");
	const names = rows[0]?.split(";") ?? [];
	const values = rows.at(-1)?.split(";") ?? [];
	return Object.fromEntries(names.map((name, i) => [name, values[i] ?? ""]));
}

/** A port that neither UDP nor TCP has in use just now. */
async function freePort(): Promise<number> {
	for (let tries = 0; tries < 20; tries++) {
		const udp = createSocket("udp4");
		udp.bind(0, "127.0.0.1");
		await once(udp, "listening");
		const { port } = udp.address();
		const tcp = createServer();
		tcp.listen(port, "127.0.0.1");
		// `once` rejects on an error: the port is in use.
		const free = await once(tcp, "listening").then(
			() => true,
			() => false,
		);
		udp.close();
		tcp.close();
		if (free) return port;
	}
	throw new Error("no free port");
}
