/**
 * Nobody sees a trace of what belongs to others. Each operation of the table is asked with its documented example, in
 * two worlds: in the first all that the example names exists and belongs to somebody else, in the second nothing of it
 * exists. The answers must be the same text. That the examples work for their owner is shown by the test of the
 * documented examples, on the same things.
 */
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { describedOperations, type Operation } from "../../src/http/index.ts";
import { addExamplePool, addExampleThings } from "../support/example-things.ts";
import { EXAMPLE_ACCOUNT, openTestApi, SECRET, type TestApi } from "../support/http-api.ts";

const BEARER = describedOperations().filter(({ auth }) => auth === "bearer");

/** Strangers: their key, its account, and a number of their own. */
const STRANGERS = {
	"another account of the same operator": { key: "DID-neighbour", account: "AID-neighbour", number: "+15550000001" },
	"another operator": { key: "DID-competitor", account: "AID-competitor", number: "+15550000002" },
} as const;
type Stranger = (typeof STRANGERS)[keyof typeof STRANGERS];

let owned: TestApi;
let empty: TestApi;
beforeAll(async () => {
	owned = await openWorld();
	await addExampleThings(owned);
	empty = await openWorld();
	await forgetExamples(empty);
});
afterAll(async () => {
	await owned?.[Symbol.asyncDispose]();
	await empty?.[Symbol.asyncDispose]();
});

async function openWorld(): Promise<TestApi> {
	const api = await openTestApi();
	const { db } = api.store;
	await addExamplePool(api);
	const { secretHash } = await db.selectFrom("accountKeys").select("secretHash").executeTakeFirstOrThrow();
	await db.insertInto("distributors").values({ id: "DID-competitor", name: "Competitor" }).execute();
	const createdOn = api.deps.clock.now();
	const operators = [api.operator.distributorId, "DID-competitor"];
	for (const [i, { key, account, number }] of Object.values(STRANGERS).entries()) {
		const distributorId = operators[i]!;
		await db.insertInto("accounts").values({ id: account, distributorId, name: account, createdOn }).execute();
		const confined = key === distributorId ? null : account;
		await db
			.insertInto("accountKeys")
			.values({
				accountKey: key,
				distributorId,
				accountId: confined,
				name: key,
				secretHash,
				rights: ["KeyAdmin"],
				createdOn,
			})
			.execute();
		await api.deps.numbers.importPool(distributorId, [{ number }]);
		await db
			.updateTable("numbers")
			.set({ status: "Active", accountId: account })
			.where("number", "=", number)
			.execute();
	}
	return api;
}

/** Leaves the operator without the account of the examples, and that with nothing. */
async function forgetExamples({ store: { db }, operator }: TestApi): Promise<void> {
	await db.deleteFrom("voiceRoutes").execute();
	await db.deleteFrom("messageRoutes").execute();
	await db
		.insertInto("accounts")
		.values({ id: "AID-nobody-knows", distributorId: operator.distributorId, name: "First", createdOn: new Date(0) })
		.execute();
	await db.deleteFrom("accounts").where("id", "=", EXAMPLE_ACCOUNT).execute();
}

async function ask(api: TestApi, operation: Operation, request: object, token: string) {
	const { method, path, inQuery } = operation;
	const query = new URLSearchParams(request as Record<string, string>);
	const inUrl = method === "GET" || inQuery === true;
	const response = await api.app.inject({
		method,
		url: inUrl ? `${path}?${query}` : path,
		headers: { authorization: `Bearer ${token}`, ...(inUrl ? {} : { "content-type": "application/json" }) },
		...(inUrl ? {} : { payload: JSON.stringify(request) }),
	});
	return { status: response.statusCode, body: withoutChance(api, response.body) };
}

/** Ids, times and secrets that are made anew each time, as placeholders; what the request said stands as it is. */
function withoutChance(api: TestApi, text: string): string {
	return text
		.replaceAll(api.operator.distributorId, "<operator>")
		.replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, "<uuid>")
		.replace(/\d{4}-\d\d-\d\dT[\d:.]+(Z|\+00:00)?/g, "<time>")
		.replace(/"RequestId":"[^"]*"/g, '"RequestId":"<id>"')
		.replace(/"(AccountSecret|SigningSecret)":"[^"]+"/g, '"$1":"<secret>"');
}

/**
 * The example; without its account, which else is refused first; each member alone beside what is required; and with
 * the stranger's own number and account in place of those of the example.
 */
function requestsOf({ example, request }: Operation, stranger: Stranger): readonly object[] {
	const whole = example.request as Record<string, unknown>;
	const isAccount = (name: string) => /^accountid$/i.test(name);
	const without = Object.fromEntries(Object.entries(whole).filter(([name]) => !isAccount(name)));
	const required = Object.fromEntries(
		Object.entries(without).filter(([name]) => !request.shape[name]?.safeParse(undefined).success),
	);
	const alone = Object.entries(without).map(([name, value]) => ({ ...required, [name]: value }));
	const own = Object.fromEntries(
		Object.entries(whole).map(([name, value]) => {
			if (isAccount(name)) return [name, stranger.account];
			return [name, /^(phone)?number$/i.test(name) ? stranger.number : value];
		}),
	);
	const requests = [whole, without, ...alone, own];
	return [...new Map(requests.map((each) => [JSON.stringify(each), each])).values()];
}

/** Every row of the database that names the owner, or something that is the owner's, and is no stranger's own. */
async function rowsOfOwner({ store: { db } }: TestApi): Promise<string> {
	const { rows: tables } = await sql<{ name: string }>`
		select relname as name from pg_class where relkind in ('r', 'p') and not relispartition
		and relnamespace = current_schema()::regnamespace and relname not in ('rate_buckets') order by relname`.execute(db);
	const lines: string[] = [];
	for (const { name } of tables) {
		const { rows } = await sql<{ line: string }>`
			select to_jsonb(t)::text as line from ${sql.table(name)} t
			where to_jsonb(t)::text ~ ${`${EXAMPLE_ACCOUNT}|TSUID-1234567999|[+]11234567890|[+]18018018011`}
			and to_jsonb(t)::text !~ '[AD]ID-(neighbour|competitor)'
			order by 1`.execute(db);
		for (const { line } of rows) lines.push(`${name} ${line}`);
	}
	return lines.join("\n");
}

describe.each(Object.entries(STRANGERS))("%s", (_name, stranger) => {
	const tokens = () => Promise.all([owned, empty].map((api) => api.deps.tokens.issue(stranger.key, SECRET, undefined)));

	test.each(BEARER.map((operation) => [operation.id, operation] as const))(
		"%s answers as if nothing of others existed",
		async (_id, operation) => {
			const before = await rowsOfOwner(owned);
			expect(before).toContain(EXAMPLE_ACCOUNT);
			const [there, nowhere] = await tokens();
			for (const request of requestsOf(operation, stranger)) {
				// Else what is made in the same moment stands in the order of its random id.
				for (const api of [owned, empty]) api.advance(1);
				const real = await ask(owned, operation, request, there!.token);
				const absent = await ask(empty, operation, request, nowhere!.token);
				expect(real.status, real.body).toBeLessThan(500);
				expect(real, JSON.stringify(request)).toEqual(absent);
			}
			expect(await rowsOfOwner(owned)).toBe(before);
		},
	);
});

describe("tokens that open nothing", () => {
	test.each(BEARER.map((operation) => [operation.id, operation] as const))(
		"%s: expired, for another endpoint, revoked, invented: the same answer whether the thing exists or not",
		async (_id, operation) => {
			const bad = await Promise.all([owned, empty].map((api) => badTokens(api, operation.path)));
			for (const [kind, status] of Object.entries(BAD)) {
				const [real, absent] = await Promise.all(
					[owned, empty].map((api, i) => ask(api, operation, operation.example.request, bad[i]![kind]!)),
				);
				expect(real, kind).toEqual(absent);
				expect(real!.status, kind).toBe(status);
				expect(Object.keys(JSON.parse(real!.body))).toEqual(["StatusCode", "Message"]);
			}
		},
	);
});

const BAD = { expired: 401, otherEndpoint: 403, revoked: 401, invented: 401 } as const;

async function badTokens(api: TestApi, path: string): Promise<Record<string, string>> {
	const { db } = api.store;
	const { accountKey } = api.operator;
	const other = path === "/v1.0/numbers/order" ? "/v1.0/numbers" : "/v1.0/numbers/order";
	const expired = (await api.deps.tokens.issue(accountKey, SECRET, undefined)).token;
	const revocable = `DID-revocable-${path}`;
	const first = await db.selectFrom("accountKeys").selectAll().where("accountKey", "=", accountKey).executeTakeFirst();
	await db
		.insertInto("accountKeys")
		.values({
			accountKey: revocable,
			distributorId: first!.distributorId,
			name: "revocable",
			secretHash: first!.secretHash,
		})
		.onConflict((conflict) => conflict.column("accountKey").doUpdateSet({ revokedOn: null }))
		.execute();
	api.advance(11 * 60_000);
	const revoked = (await api.deps.tokens.issue(revocable, SECRET, undefined)).token;
	await db.updateTable("accountKeys").set({ revokedOn: new Date() }).where("accountKey", "=", revocable).execute();
	const otherEndpoint = (await api.deps.tokens.issue(accountKey, SECRET, other)).token;
	// Beyond the time for which a key is remembered.
	api.advance(4_000);
	const [head, claims] = otherEndpoint.split(".");
	return { expired, otherEndpoint, revoked, invented: `${head}.${claims}.${"A".repeat(43)}` };
}

test("the owner does see the difference: the comparison can fail", async () => {
	const reading = BEARER.filter(({ method, example }) => method === "GET" && Object.keys(example.request).length > 0);
	expect(reading.length).toBeGreaterThan(3);
	for (const operation of reading) {
		const [real, absent] = await Promise.all(
			[owned, empty].map(async (api) => ask(api, operation, operation.example.request, await api.token())),
		);
		expect(real!.status, operation.id).toBe(200);
		expect(absent, operation.id).not.toEqual(real);
	}
});
