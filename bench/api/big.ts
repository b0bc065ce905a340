/**
 * `npm run bench api -- --big [NUMBERS]`: every operation of the table on a database with a million provisioned numbers
 * and 300,000 mailboxes, beside the same request on an almost empty one. In turns, in one process, without the network:
 * only the database differs. The plans of what is slower than twice are printed, and those of the listings in any case.
 */
import { sql } from "kysely";
import pg from "pg";
import { describedOperations, type Operation } from "../../src/http/index.ts";
import { addExamplePool, addExampleThings } from "../../test/support/example-things.ts";
import { openTestApi, SECRET, type TestApi } from "../../test/support/http-api.ts";
import { percentile, printTable } from "../support/figures.ts";

const NUMBERS_DEFAULT = 1_000_000;
const ACCOUNTS = 1_000;
const ROWS_AT_ONCE = 20_000;
const ROUNDS = 15;
const AIM = 2;
/** Those that read or show the most: their plans are printed in any case. */
const OF_INTEREST: ReadonlySet<string> = new Set([
	"activateVoicemail",
	"getAccount",
	"getVoicemailInfo",
	"listDistributorAccounts",
	"listDistributorSubscribers",
	"listNumbers",
]);

export async function bigApiBench(numbers = NUMBERS_DEFAULT): Promise<void> {
	await using empty = await openWorld();
	await using big = await openWorld();
	const started = performance.now();
	await load(big, numbers);
	console.log(`loaded ${numbers} numbers in ${((performance.now() - started) / 1_000).toFixed(0)} s`);
	const rows: Record<string, string | number>[] = [];
	const shown: Operation[] = [];
	for (const operation of describedOperations()) {
		const [few, many] = await compare(operation, empty, big);
		const ratio = many.ms / few.ms;
		// A page that is fuller takes longer to write, on whatever database.
		const growth = many.bytes / few.bytes;
		if (ratio > AIM || OF_INTEREST.has(operation.id)) shown.push(operation);
		rows.push({
			operation: operation.id,
			"empty ms": few.ms.toFixed(2),
			"big ms": many.ms.toFixed(2),
			ratio: ratio.toFixed(2),
			"answer grows": growth > 1.5 ? `${few.bytes} to ${many.bytes} bytes` : "",
			"": ratio > Math.max(AIM, growth) ? "SLOW" : ratio > AIM ? "its answer grows" : "",
		});
	}
	printTable(`api, median of ${ROUNDS} requests each; aim: no operation slower than ${AIM} times`, rows);
	for (const operation of shown) await printPlans(operation, big);
}

async function openWorld(): Promise<TestApi> {
	const api = await openTestApi();
	await addExampleThings(api);
	await addExamplePool(api);
	return api;
}

/** Half of the numbers belong to the account of the examples, the rest to a thousand others of the same operator. */
async function load({ store: { db }, operator }: TestApi, numbers: number): Promise<void> {
	const mailboxes = Math.round(numbers * 0.3);
	const account = (i: string) =>
		`case when ${i} % 2 = 0 then '${operator.accountId}' else 'AID-big-' || (${i} % ${ACCOUNTS}) end`;
	// In pieces: no statement of the platform may take half a minute, not even on a busy machine.
	const insert = async (count: number, columns: string, values: string) => {
		for (let from = 1; from <= count; from += ROWS_AT_ONCE) {
			const to = Math.min(count, from + ROWS_AT_ONCE - 1);
			await sql.raw(`insert into ${columns} select ${values} from generate_series(${from}, ${to}) i`).execute(db);
		}
	};
	await insert(
		ACCOUNTS,
		"accounts (id, distributor_id, name)",
		`'AID-big-' || (i - 1), '${operator.distributorId}', 'Account ' || i`,
	);
	await insert(
		numbers,
		"numbers (number, id, distributor_id, account_id, status, number_type, message_type, voice_enabled, product_type, area_code, order_id, provisioned_on)",
		`'+44' || (7000000000 + i), gen_random_uuid(), '${operator.distributorId}', ${account("i")}, 'Active', 'mvno',
			'p2p', true, 'Sms+Data+Voice', '700', 'JNUOID-big-' || i, now() - i * interval '1 second'`,
	);
	await insert(
		numbers,
		"orders (id, distributor_id, account_id, order_type, order_status, numbers)",
		`'JNUOID-big-' || i, '${operator.distributorId}', ${account("i")}, 'provision', 'Complete', array['+44' || (7000000000 + i)]`,
	);
	await insert(
		mailboxes,
		"mailboxes (id, phone_number, account_id, first_name, email)",
		`'MBID-big-' || i, '+44' || (7000000000 + i), ${account("i")}, 'Big', 'big@example.com'`,
	);
	await insert(
		mailboxes,
		"subscribers (id, account_id, name, email, role)",
		`'TSUID-big-' || i, ${account("i")}, 'Big ' || i, 'big' || i || '@example.com', 'Subscriber'`,
	);
	// As autovacuum leaves it.
	for (const table of ["accounts", "numbers", "orders", "mailboxes", "subscribers", "tallies"]) {
		await sql.raw(`vacuum analyze ${table}`).execute(db);
	}
}

interface Taken {
	/** Median of a request. */
	readonly ms: number;
	/** Of the last answer. */
	readonly bytes: number;
}

/** @returns of the empty world, of the big one. */
async function compare(operation: Operation, empty: TestApi, big: TestApi): Promise<readonly [Taken, Taken]> {
	const worlds = [empty, big].map((api) => ({ api, times: [] as number[], bytes: 0 }));
	for (let round = -2; round < ROUNDS; round++) {
		for (const world of worlds) {
			const token = await world.api.token();
			const begun = performance.now();
			world.bytes = await ask(world.api, operation, token);
			// The first ones compile, connect and plan.
			if (round >= 0) world.times.push(performance.now() - begun);
		}
	}
	const [few, many] = worlds.map(({ times, bytes }) => ({ ms: percentile(times, 0.5), bytes }));
	return [few!, many!];
}

/** @returns octets of the answer. */
async function ask(api: TestApi, { method, path, example, inQuery, auth }: Operation, token: string): Promise<number> {
	api.advance(1);
	const inUrl = method === "GET" || inQuery === true;
	const given = example.request as Record<string, string>;
	const request = auth === "none" ? { AccountKey: api.operator.accountKey, AccountSecret: SECRET } : given;
	const response = await api.app.inject({
		method,
		url: inUrl ? `${path}?${new URLSearchParams(given)}` : path,
		headers: { authorization: `Bearer ${token}`, ...(inUrl ? {} : { "content-type": "application/json" }) },
		...(inUrl ? {} : { payload: JSON.stringify(request) }),
	});
	if (response.statusCode >= 500) throw new Error(`${path}: ${response.body}`);
	return response.rawPayload.length;
}

/** The plans of the statements that one request runs, with their values, as they ran. */
async function printPlans(operation: Operation, api: TestApi): Promise<void> {
	const statements: { text: string; values: readonly unknown[] }[] = [];
	const original = pg.Client.prototype.query;
	pg.Client.prototype.query = function query(this: pg.Client, ...args: unknown[]) {
		const [first, second] = args as [string | { text: string; values?: unknown[] }, unknown];
		const text = typeof first === "string" ? first : first.text;
		const values = typeof first === "string" ? second : (first.values ?? second);
		statements.push({ text, values: Array.isArray(values) ? values : [] });
		return (original as (...all: unknown[]) => unknown).apply(this, args);
	} as typeof original;
	try {
		await ask(api, operation, await api.token());
	} finally {
		pg.Client.prototype.query = original;
	}
	console.log(`\n${operation.id}`);
	for (const { text, values } of statements.filter((each) => /^\s*(select|with)\b/i.test(each.text))) {
		const plan = await explain(api, text, values);
		console.log(`  ${text.replace(/\s+/g, " ").slice(0, 160)}`);
		for (const line of plan) console.log(`    ${line}`);
	}
}

async function explain(api: TestApi, text: string, values: readonly unknown[]): Promise<readonly string[]> {
	// The statement stands as it was sent; its values follow in their places.
	const parts = text.split(/\$(\d+)/);
	const statement = parts.map((part, i) => (i % 2 === 0 ? sql.raw(part) : sql.val(values[Number(part) - 1])));
	const { rows } = await sql<
		Record<string, string>
	>`explain (analyze, costs off, timing off) ${sql.join(statement, sql``)}`
		.execute(api.store.db)
		.catch(() => ({ rows: [{ plan: "(can not be explained alone)" }] }));
	return rows.map((row) => Object.values(row)[0]!);
}
