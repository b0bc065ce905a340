import { sql } from "kysely";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { prepared } from "../../src/store/index.ts";
import { openTestStore, type TestStore } from "../support/store.ts";

let opened: TestStore;
beforeAll(async () => {
	opened = await openTestStore();
});
afterAll(() => opened[Symbol.asyncDispose]());

const addDistributor = prepared((db, given: { readonly id: string; readonly name: string | null }) =>
	db.insertInto("distributors").values({ id: given.id, name: sql`${given.name}::text` as never }),
);
const nameOf = prepared((db, given: { readonly id: string }) =>
	db.selectFrom("distributors").select(["name", "createdOn"]).where("id", "=", given.id),
);
const wait = prepared((db, given: { readonly seconds: number }) =>
	db.selectNoFrom(sql`pg_sleep(${given.seconds}::float8)`.as("slept")),
);

/** What went to the server while `work` ran, and after how many turns of waiting. */
async function sentBy(work: () => Promise<unknown>): Promise<readonly string[]> {
	const spy = vi.spyOn(pg.Client.prototype, "query");
	try {
		await work();
		return spy.mock.calls.map(([first]) => (typeof first === "string" ? first : (first as { text: string }).text));
	} finally {
		spy.mockRestore();
	}
}

describe("prepared statements", () => {
	test("are built once, and filled with the values of each call", async () => {
		const build = vi.fn((db: TestStore["store"]["db"], given: { readonly id: string }) =>
			db.selectFrom("distributors").select("name").where("id", "=", given.id),
		);
		const statement = prepared(build);
		const { db } = opened.store;
		await addDistributor.run(db, { id: "DID-a", name: "A" });
		await addDistributor.run(db, { id: "DID-b", name: "B" });
		expect(await statement.first(db, { id: "DID-a" })).toEqual({ name: "A" });
		expect(await statement.first(db, { id: "DID-b" })).toEqual({ name: "B" });
		expect(await statement.first(db, { id: "DID-c" })).toBeUndefined();
		expect(build).toHaveBeenCalledTimes(1);
	});

	test("name their columns as the rest of the code does", async () => {
		const { db } = opened.store;
		await addDistributor.run(db, { id: "DID-columns", name: "Columns" });
		expect(Object.keys((await nameOf.first(db, { id: "DID-columns" }))!)).toEqual(["name", "createdOn"]);
	});

	test("in a transaction, run without waiting, see each other's work in their order", async () => {
		const seen = await opened.store.transaction(async (tx) => {
			const [, found] = await Promise.all([
				addDistributor.run(tx, { id: "DID-order", name: "First" }),
				nameOf.first(tx, { id: "DID-order" }),
			]);
			return found?.name;
		});
		expect(seen).toBe("First");
	});

	test("a transaction in which nothing was asked sends nothing", async () => {
		expect(await sentBy(() => opened.store.transaction(async () => {}))).toEqual([]);
	});

	test("later ones go with the commit, and are there after it", async () => {
		const { store } = opened;
		await store.transaction(async (tx) => {
			await addDistributor.later(tx, { id: "DID-later", name: "Later" });
		});
		expect((await nameOf.first(store.db, { id: "DID-later" }))?.name).toBe("Later");
	});

	test("later ones come before what is asked after them", async () => {
		const name = await opened.store.transaction(async (tx) => {
			await addDistributor.later(tx, { id: "DID-before", name: "Before" });
			return (await tx.selectFrom("distributors").select("name").where("id", "=", "DID-before").executeTakeFirst())
				?.name;
		});
		expect(name).toBe("Before");
	});

	test("a later one that fails fails the transaction with its own reason, and nothing of it stays", async () => {
		const { store } = opened;
		const done = store.transaction(async (tx) => {
			await addDistributor.run(tx, { id: "DID-gone", name: "Gone" });
			await addDistributor.later(tx, { id: "DID-null", name: null });
		});
		await expect(done).rejects.toMatchObject({ code: "23502" });
		expect(await nameOf.first(store.db, { id: "DID-gone" })).toBeUndefined();
	});

	test("what was held back is forgotten when the transaction is given up", async () => {
		const { store } = opened;
		const done = store.transaction(async (tx) => {
			await addDistributor.later(tx, { id: "DID-given-up", name: "Given up" });
			throw new Error("changed my mind");
		});
		await expect(done).rejects.toThrow("changed my mind");
		expect(await nameOf.first(store.db, { id: "DID-given-up" })).toBeUndefined();
	});

	test("a failure that was caught does not let the transaction seem done", async () => {
		const { store } = opened;
		const done = store.transaction(async (tx) => {
			await addDistributor.run(tx, { id: "DID-caught", name: null }).catch(() => {});
		});
		await expect(done).rejects.toThrow("rolled back");
	});

	test("a transaction whose connection died before it began runs on another one", async () => {
		const { store } = opened;
		// All idle connections of the pool die; nobody has asked for one since.
		await endOthers();
		const found = await store.transaction(async (tx) => {
			const [, row] = await Promise.all([
				addDistributor.run(tx, { id: "DID-survivor", name: "Survivor" }),
				nameOf.first(tx, { id: "DID-survivor" }),
			]);
			return row?.name;
		});
		expect(found).toBe("Survivor");
		expect((await nameOf.first(store.db, { id: "DID-survivor" }))?.name).toBe("Survivor");
	});

	test("whatever it asked for at once is asked in the same order on the other one", async () => {
		const { store } = opened;
		for (let round = 0; round < 10; round++) {
			await endOthers();
			const id = `DID-order-${round}`;
			const names = await store.transaction(async (tx) => {
				const before = nameOf.first(tx, { id });
				const added = addDistributor.run(tx, { id, name: "Added" });
				const after = nameOf.first(tx, { id });
				await added;
				return [(await before)?.name, (await after)?.name];
			});
			expect(names).toEqual([undefined, "Added"]);
		}
	});

	test("one whose connection dies in the middle fails as an outage, and leaves nothing", async () => {
		const { store } = opened;
		const done = store.transaction(async (tx) => {
			await addDistributor.run(tx, { id: "DID-middle", name: "Middle" });
			const slept = wait.run(tx, { seconds: 20 });
			const ended = endOthers();
			await Promise.all([slept, ended]);
		});
		await expect(done).rejects.toMatchObject({ code: "storeUnavailable" });
		expect(await nameOf.first(store.db, { id: "DID-middle" })).toBeUndefined();
	});
});

/** Ends all sessions of the database but that of this call. */
async function endOthers(): Promise<void> {
	const client = new pg.Client({ connectionString: opened.databaseUrl });
	await client.connect();
	await client.query(
		"select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
	);
	await client.end();
}
