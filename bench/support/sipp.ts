/** Runs a sipp scenario against a server, pinned to a core of its own. */
import { spawn } from "node:child_process";
import { once } from "node:events";

export interface SippResult {
	readonly successful: number;
	readonly failed: number;
	readonly seconds: number;
}

export interface SippOptions {
	readonly core: number;
	readonly folder: string;
	readonly scenario: string;
	readonly target: string;
	readonly calls: number;
	readonly concurrent: number;
	readonly callsPerSecond: number;
	readonly rtpPortFirst?: number;
	readonly extra?: readonly string[];
	/** Called every second while it runs. */
	onSecond?(): void;
}

/** @throws Error with sipp's own words where it could not run at all; failed calls are counted, not thrown. */
export async function runSipp(options: SippOptions): Promise<SippResult> {
	const started = performance.now();
	const child = spawn(
		"taskset",
		[
			...["-c", String(options.core), "sipp", options.target, "-sf", options.scenario, "-inf", "numbers.csv"],
			...["-i", "127.0.0.1", "-m", String(options.calls), "-l", String(options.concurrent)],
			...["-r", String(options.callsPerSecond), "-mp", String(options.rtpPortFirst ?? 40_000), "-nostdin"],
			...["-trace_stat", "-stf", "stat.csv", "-fd", "1", ...(options.extra ?? [])],
		],
		{ cwd: options.folder, stdio: ["ignore", "pipe", "pipe"] },
	);
	let output = "";
	for (const stream of [child.stdout, child.stderr]) {
		stream.on("data", (chunk: Buffer) => {
			output = (output + chunk.toString("latin1")).slice(-20_000);
		});
	}
	const ticking = setInterval(() => options.onSecond?.(), 1_000);
	await once(child, "close");
	clearInterval(ticking);
	const count = (name: string) => Number(output.match(new RegExp(`${name}\\s*\\|\\s*\\d+\\s*\\|\\s*(\\d+)`))?.[1]);
	const successful = count("Successful call");
	const failed = count("Failed call");
	if (!(successful + failed > 0)) throw new Error(`sipp could not run:\n${output}`);
	return { successful, failed, seconds: (performance.now() - started) / 1_000 };
}
