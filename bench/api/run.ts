/** `activate` and `info` a second, beside the same SQL statements in the same transactions run bare on as many connections. */
import pg from "pg";
import { openPost, runFlatOut } from "../support/api-load.ts";
import { printTable, ratios } from "../support/figures.ts";
import { type BenchPlatform, startBenchPlatform } from "../support/platform.ts";
import { bigApiBench } from "./big.ts";
import { floodBench } from "./flood.ts";
import { memoryBench } from "./memory.ts";
import { type Recorded, recordStatements, replayer } from "./statements.ts";

/** As many as the platform's own pool has (STORE_LIMITS.connectionsDefault). */
const CONNECTIONS = 10;
const SECONDS = 5;
const NUMBERS = 90;

export async function apiBench(args: readonly string[] = []): Promise<void> {
	const [what, count] = args;
	if (what === "--big") return bigApiBench(count === undefined ? undefined : Number(count));
	if (what === "--memory") return memoryBench(count === undefined ? undefined : Number(count));
	if (what === "--flood") return floodBench();
	await using platform = await startBenchPlatform({ apiCore: "0,1" });
	const numbers = await platform.activateNumbers(NUMBERS);
	const post = await openPost(platform, CONNECTIONS);
	const rows: Record<string, string | number>[] = [];
	const fields = { FirstName: "John", LastName: "Doe", Email: "john@example.com" };
	for (const [name, path, body] of [
		["activate", "/v1.0/numbers/voicemail/activate", fields],
		["info", "/v1.0/numbers/voicemail/info", {}],
	] as const) {
		const recorded = await recordStatements(platform, name, numbers[0]!, fields);
		rows.push(
			await compare(platform, name, recorded, numbers, (number) => post(path, { PhoneNumber: number, ...body })),
		);
	}
	rows.push(
		await hashing(numbers, (number, pin) =>
			post("/v1.0/numbers/voicemail/activate", { PhoneNumber: number, PIN: pin }),
		),
	);
	post.close();
	printTable(
		`api: ${CONNECTIONS} connections, ${SECONDS} s a run; aims: activate 60 %, with PIN 80 % of the hash alone`,
		rows,
	);
}

async function compare(
	platform: BenchPlatform,
	name: string,
	recorded: Recorded,
	numbers: readonly string[],
	ask: (number: string) => Promise<number>,
): Promise<Record<string, string | number>> {
	const pool = new pg.Pool({ connectionString: platform.databaseUrl, max: CONNECTIONS });
	const replay = await replayer(pool, recorded, numbers);
	const limits: number[] = [];
	const ours: Awaited<ReturnType<typeof runFlatOut>>[] = [];
	for (const who of ["limit", "ours", "limit", "ours", "limit"]) {
		if (who === "limit") {
			const result = await runFlatOut(CONNECTIONS, SECONDS, async (i) => {
				await replay(i % numbers.length);
				return true;
			});
			limits.push(result.perSecond);
		} else {
			ours.push(await runFlatOut(CONNECTIONS, SECONDS, async (i) => (await ask(numbers[i % numbers.length]!)) === 200));
		}
		console.log(`${name}: ${who} ${(who === "limit" ? limits.at(-1)! : ours.at(-1)!.perSecond).toFixed(0)}/s`);
	}
	await pool.end();
	return row(name, `bare SQL (${recorded.length} statements)`, limits, ours);
}

async function hashing(numbers: readonly string[], ask: (number: string, pin: string) => Promise<number>) {
	const { hash } = await import("@node-rs/argon2");
	const limits: number[] = [];
	const ours: Awaited<ReturnType<typeof runFlatOut>>[] = [];
	// The gate of the platform: one hash at once on two cores.
	const options = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
	for (const who of ["limit", "ours", "limit", "ours", "limit"]) {
		if (who === "limit")
			limits.push((await runFlatOut(1, SECONDS, async () => (await hash("4826", options)) !== "")).perSecond);
		else
			ours.push(
				await runFlatOut(CONNECTIONS, SECONDS, async (i) => (await ask(numbers[i % numbers.length]!, "4826")) === 200),
			);
		console.log(
			`activate with PIN: ${who} ${(who === "limit" ? limits.at(-1)! : ours.at(-1)!.perSecond).toFixed(0)}/s`,
		);
	}
	return row("activate with PIN", "argon2id alone", limits, ours);
}

function row(
	name: string,
	limit: string,
	limits: readonly number[],
	ours: readonly Awaited<ReturnType<typeof runFlatOut>>[],
) {
	const ratio = ratios(
		limits,
		ours.map((result) => result.perSecond),
	);
	const best = ours.reduce((a, b) => (a.perSecond > b.perSecond ? a : b));
	return {
		operation: name,
		"requests/s": best.perSecond.toFixed(0),
		"p50 ms": best.p50Ms.toFixed(1),
		"p99 ms": best.p99Ms.toFixed(1),
		failed: ours.reduce((sum, result) => sum + result.failed, 0),
		limit,
		"limit/s": Math.max(...limits).toFixed(0),
		"share of the limit": `${(100 * ratio.median).toFixed(0)} % (${ratio.spread})`,
	};
}
