/**
 * `npm run bench api -- --big [NUMBERS]`: every operation of the table on a database with a million provisioned numbers
 * and 300,000 mailboxes, beside the same request on an almost empty one. In turns, in one process, without the network:
 * only the database differs. Of what is slower than twice, the plans are printed.
 */
import { sql } from "kysely";
import pg from "pg";
import { describedOperations, type Operation } from "../../src/http/index.ts";
import { addExamplePool, addExampleThings } from "../../test/support/example-things.ts";
import { openTestApi, SECRET, type TestApi } from "../../test/support/http-api.ts";
import { percentile, printTable } from "../support/figures.ts";

const NUMBERS_DEFAULT = 1_000_000;
const ACCOUNTS = 1_000;
const ROUNDS = 15;
const AIM = 2;

export async function bigApiBench(numbers = NUMBERS_DEFAULT): Promise<void> {
	await using empty = await openWorld();
	await using big = await openWorld();
	const started = performance.now();
	await load(big, numbers);
	console.log(`loaded ${numbers} numbers in ${((performance.now() - started) / 1_000).toFixed(0)} s`);
	const rows: Record<string, string | number>[] = [];
	const slow: Operation[] = [];
	for (const operation of describedOperations()) {
		const [few, many] = await compare(operation, empty, big);
		const ratio = many / few;
		if (ratio > AIM) slow.push(operation);
		rows.push({
			operation: operation.id,
			"empty ms": few.toFixed(2),
			"big ms": many.toFixed(2),
			ratio: ratio.toFixed(2),
			"": ratio > AIM ? "SLOW" : "",
		});
	}
	printTable(`api, median of ${ROUNDS} requests each; aim: no operation slower than ${AIM} times`, rows);
	for (const operation of slow) await printPlans(operation, big);
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
	const series = (count: number) => `from generate_series(1, ${count}) i`;
	for (const text of [
		`insert into accounts (id, distributor_id, name)
			select 'AID-big-' || (i - 1), '${operator.distributorId}', 'Account ' || i ${series(ACCOUNTS)}`,
		`insert into numbers (number, id, distributor_id, account_id, status, number_type, message_type, voice_enabled,
			product_type, area_code, order_id, provisioned_on)
			select '+44' || (7000000000 + i), gen_random_uuid(), '${operator.distributorId}', ${account("i")}, 'Active', 'mvno',
			'p2p', true, 'Sms+Data+Voice', '700', 'JNUOID-big-' || i, now() - i * interval '1 second' ${series(numbers)}`,
		`insert into orders (id, distributor_id, account_id, order_type, order_status, numbers)
			select 'JNUOID-big-' || i, '${operator.distributorId}', ${account("i")}, 'provision', 'Complete', array['+44' || (7000000000 + i)]
			${series(numbers)}`,
		`insert into mailboxes (id, phone_number, account_id, first_name, email)
			select 'MBID-big-' || i, '+44' || (7000000000 + i), ${account("i")}, 'Big', 'big@example.com' ${series(mailboxes)}`,
		`insert into subscribers (id, account_id, name, email, role)
			select 'TSUID-big-' || i, ${account("i")}, 'Big ' || i, 'big' || i || '@example.com', 'Subscriber'
			${series(mailboxes)}`,
		// As autovacuum leaves it.
		"vacuum analyze",
	]) {
		await sql.raw(text).execute(db);
	}
}

/** @returns medians in milliseconds: of the empty world, of the big one. */
async function compare(operation: Operation, empty: TestApi, big: TestApi): Promise<readonly [number, number]> {
	const times = new Map<TestApi, number[]>([
		[empty, []],
		[big, []],
	]);
	for (let round = -2; round < ROUNDS; round++) {
		for (const [api, taken] of times) {
			const token = await api.token();
			const begun = performance.now();
			await ask(api, operation, token);
			// The first ones compile, connect and plan.
			if (round >= 0) taken.push(performance.now() - begun);
		}
	}
	return [percentile(times.get(empty)!, 0.5), percentile(times.get(big)!, 0.5)];
}

async function ask(api: TestApi, { method, path, example, inQuery, auth }: Operation, token: string): Promise<void> {
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
