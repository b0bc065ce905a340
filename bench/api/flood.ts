/**
 * `npm run bench api -- --flood`: p99 of operators' requests while somebody tries secrets as fast as connections carry
 * them, once from one address and once from a new one with each try, which no limit by address can hold. Quiet, flood,
 * quiet, flood, quiet; aim: not more than twice the quiet p99.
 */
import pg from "pg";
import { openPost, type Post } from "../support/api-load.ts";
import { percentile, printTable, ratios } from "../support/figures.ts";
import { type BenchPlatform, startBenchPlatform } from "../support/platform.ts";

const SECONDS = 8;
const REQUESTS_PER_SECOND = 200;
const CONNECTIONS = 20;
const FLOODERS = 20;
const NUMBERS = 50;
const AIM = 2;

export async function floodBench(): Promise<void> {
	// The limits are those of a platform in the open; the operator's own key has one that its load fits into.
	await using platform = await startBenchPlatform({
		apiCore: "0,1",
		settings: { AFTERBEEP_RATE_LIMIT: "50/min", AFTERBEEP_TRUSTED_PROXIES: "127.0.0.1" },
	});
	await liftLimit(platform);
	const numbers = await platform.activateNumbers(NUMBERS);
	const post = await openPost(platform, CONNECTIONS);
	const rows: Record<string, string | number>[] = [];
	for (const [name, addressOf] of [
		["one address", () => "198.51.100.7"],
		["a new address each time", (i: number) => `10.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}`],
	] as const) {
		const quiet: number[] = [];
		const flooded: number[] = [];
		const tried: number[] = [];
		for (const who of ["quiet", "flood", "quiet", "flood", "quiet"]) {
			await using flood = who === "flood" ? await startFlood(platform, addressOf) : undefined;
			const times = await steadyLoad(post, numbers);
			(who === "flood" ? flooded : quiet).push(percentile(times, 0.99));
			if (flood !== undefined) tried.push(flood.tried() / SECONDS);
			console.log(`${name}: ${who} p99 ${percentile(times, 0.99).toFixed(1)} ms`);
		}
		const { median, spread } = ratios(quiet, flooded);
		rows.push({
			"bad secrets from": name,
			"tries/s": Math.max(...tried).toFixed(0),
			"quiet p99 ms": Math.min(...quiet).toFixed(1),
			"p99 ms in the flood": Math.max(...flooded).toFixed(1),
			ratio: `${median.toFixed(2)} (${spread})`,
			"": median > AIM ? "SLOW" : "",
		});
	}
	post.close();
	printTable(
		`api: ${REQUESTS_PER_SECOND} requests a second of an operator, beside ${FLOODERS} connections with bad secrets; aim: at most ${AIM} times`,
		rows,
	);
}

async function liftLimit(platform: BenchPlatform): Promise<void> {
	const client = new pg.Client({ connectionString: platform.databaseUrl });
	await client.connect();
	await client.query("update account_keys set requests_per_minute = 1000000");
	await client.end();
	// Keys are remembered for some seconds.
	await new Promise((done) => setTimeout(done, 6_000));
}

/** @returns milliseconds from when a request was due to its answer: a request that had to wait is late, not absent. */
async function steadyLoad(post: Post, numbers: readonly string[]): Promise<number[]> {
	const times: number[] = [];
	const running: Promise<void>[] = [];
	const started = performance.now();
	const count = SECONDS * REQUESTS_PER_SECOND;
	for (let sent = 0; sent < count; ) {
		const due = ((performance.now() - started) / 1_000) * REQUESTS_PER_SECOND;
		for (; sent < Math.min(count, due); sent++) {
			const dueAt = started + (sent / REQUESTS_PER_SECOND) * 1_000;
			const PhoneNumber = numbers[sent % numbers.length]!;
			const path = sent % 4 === 0 ? "activate" : "info";
			const asked = post(`/v1.0/numbers/voicemail/${path}`, {
				PhoneNumber,
				...(sent % 4 === 0 && { FirstName: "Jane" }),
			});
			running.push(
				asked.then((status) => {
					if (status !== 200) throw new Error(`${path}: ${status}`);
					times.push(performance.now() - dueAt);
				}),
			);
		}
		await new Promise((done) => setTimeout(done, 1));
	}
	await Promise.all(running);
	return times;
}

async function startFlood(platform: BenchPlatform, addressOf: (i: number) => string) {
	const post = await openPost(platform, FLOODERS);
	let stopped = false;
	let tried = 0;
	const one = async () => {
		while (!stopped) {
			const i = tried++;
			// Half against a key that exists: it costs more than one that does not.
			const AccountKey = i % 2 === 0 ? "DID-bench" : `DID-guess-${i}`;
			const body = { AccountKey, AccountSecret: `wrong secret number ${i} of many` };
			const status = await post("/v1.0/oauth2/tokens", body, { "x-forwarded-for": addressOf(i) });
			if (status !== 401 && status !== 429) throw new Error(`a bad secret was answered with ${status}`);
		}
	};
	const flooding = Promise.all(Array.from({ length: FLOODERS }, one));
	return {
		tried: () => tried,
		[Symbol.asyncDispose]: async () => {
			stopped = true;
			await flooding;
			post.close();
		},
	};
}
