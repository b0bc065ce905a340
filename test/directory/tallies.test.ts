import { sql } from "kysely";
import { describe, expect, test } from "vitest";
import { type TallyKind, totalOf } from "../../src/directory/tallies.ts";
import type { Db, Store } from "../../src/store/index.ts";
import { type SeededRandom, seededRandom } from "../support/seeded-random.ts";
import { openTestStore } from "../support/store.ts";

const KINDS = ["accounts", "subscribers", "live", "cancelled"] as const satisfies readonly TallyKind[];
const ACCOUNTS = ["AID-1", "AID-2", "AID-3"];
const STATUSES = ["Active", "Parked", "Cancelled"];

/** What the rows themselves say. */
async function counted(db: Db, accountId: string | undefined) {
	const { rows } = await sql<Record<TallyKind, number>>`
		select (select count(*)::int from accounts where distributor_id = 'DID-1') as accounts,
			(select count(*)::int from subscribers where ${accountId ?? null}::text is null or account_id = ${accountId ?? null}) as subscribers,
			(select count(*) filter (where status in ('Active', 'Parked'))::int from numbers
				where account_id is not null and (${accountId ?? null}::text is null or account_id = ${accountId ?? null})) as live,
			(select count(*) filter (where status = 'Cancelled')::int from numbers
				where account_id is not null and (${accountId ?? null}::text is null or account_id = ${accountId ?? null})) as cancelled`.execute(
		db,
	);
	return rows[0]!;
}

async function kept(db: Db, accountId: string | undefined) {
	const scope = { distributorId: "DID-1", accountId };
	const totals = await Promise.all(KINDS.map(async (kind) => [kind, await totalOf(db, scope, kind)]));
	return Object.fromEntries(totals) as Record<TallyKind, number>;
}

async function makeAccounts(store: Store): Promise<void> {
	await store.db.insertInto("distributors").values({ id: "DID-1", name: "One" }).execute();
	await store.db
		.insertInto("accounts")
		.values(ACCOUNTS.map((id) => ({ id, distributorId: "DID-1", name: id })))
		.execute();
}

/** One change of many kinds: of one row, of several, of none. */
async function change(db: Db, random: SeededRandom, serial: number): Promise<void> {
	const account = random.pick(ACCOUNTS);
	const from = random.between(0, 30);
	const some = sql`substr(number, 6)::int between ${from} and ${from + random.between(0, 10)}`;
	switch (random.between(0, 7)) {
		case 0:
			return void (await sql`insert into numbers (number, id, distributor_id, account_id, status)
				select '+4470' || lpad(i::text, 4, '0'), gen_random_uuid(), 'DID-1', ${account}, 'Active'
				from generate_series(${from}::int, ${from + 5}::int) i on conflict do nothing`.execute(db));
		case 1:
			return void (await sql`insert into numbers (number, id, distributor_id, status)
				values (${`+4470${String(from).padStart(4, "0")}`}, gen_random_uuid(), 'DID-1', 'Pool') on conflict do nothing`.execute(
				db,
			));
		case 2:
			return void (await sql`update numbers set status = ${random.pick(STATUSES)}
				where account_id is not null and ${some}`.execute(db));
		case 3:
			return void (await sql`update numbers set account_id = ${account}, status = 'Active' where ${some}`.execute(db));
		case 4:
			return void (await sql`update numbers set account_id = null, status = 'Pool' where ${some}`.execute(db));
		case 5:
			return void (await sql`delete from numbers where ${some}`.execute(db));
		case 6:
			return void (await db
				.insertInto("subscribers")
				.values({
					id: `TSUID-${serial}`,
					accountId: account,
					name: "S",
					email: `${serial}@example.com`,
					role: "Manager",
				})
				.execute());
		default:
			return void (await sql`update subscribers set account_id = ${account}
				where id = (select id from subscribers order by random() limit 1)`.execute(db));
	}
}

describe("totals that the database keeps", () => {
	test("are what counting gives, after every kind of change", async () => {
		await using opened = await openTestStore();
		const { db } = opened.store;
		await makeAccounts(opened.store);
		const seed = Math.trunc(Math.random() * 2 ** 31);
		const random = seededRandom(seed);
		for (let serial = 0; serial < 80; serial++) {
			await change(db, random, serial);
			if (serial % 10 !== 9) continue;
			for (const account of [undefined, ...ACCOUNTS]) {
				const { accounts, ...rest } = await counted(db, account);
				const expected = account === undefined ? { accounts, ...rest } : { accounts: 0, ...rest };
				expect(await kept(db, account), `seed ${seed}, change ${serial}`).toEqual(expected);
			}
		}
	});

	test("do not wait for each other, and what is undone was never counted", async () => {
		await using opened = await openTestStore();
		const { store } = opened;
		await makeAccounts(store);
		const add = (tx: Db, i: number) =>
			sql`insert into numbers (number, id, distributor_id, account_id, status)
				values (${`+44711${i}`}, gen_random_uuid(), 'DID-1', 'AID-1', 'Active')`.execute(tx);
		// The first transaction stays open while the others come and go.
		const others = Promise.withResolvers<void>();
		const undone = store.transaction(async (tx) => {
			await add(tx, 1);
			await others.promise;
			throw new Error("undone");
		});
		const failed = expect(undone).rejects.toThrow("undone");
		await Promise.all(Array.from({ length: 40 }, (_, i) => store.transaction((tx) => add(tx, 100 + i))));
		others.resolve();
		await failed;
		expect(await totalOf(store.db, { distributorId: "DID-1", accountId: "AID-1" }, "live", "cancelled")).toBe(40);
	});

	test("many lines become one, and the total stays", async () => {
		await using opened = await openTestStore();
		const { db } = opened.store;
		await makeAccounts(opened.store);
		for (let i = 0; i < 30; i++) {
			await sql`insert into numbers (number, id, distributor_id, account_id, status)
				values (${`+44721${i}`}, gen_random_uuid(), 'DID-1', 'AID-1', 'Active')`.execute(db);
		}
		await sql`select fold_tally('DID-1', 'AID-1', 'live'), fold_tally('DID-1', null, 'live')`.execute(db);
		const lines = await db.selectFrom("tallies").selectAll().where("kind", "=", "live").orderBy("accountId").execute();
		expect(lines).toEqual([
			{ distributorId: "DID-1", accountId: "AID-1", kind: "live", amount: "30" },
			{ distributorId: "DID-1", accountId: null, kind: "live", amount: "30" },
		]);
	});
});
