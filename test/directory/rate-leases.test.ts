import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createRateLeases, type RateLeases } from "../../src/directory/index.ts";
import { openTestStore, type TestStore } from "../support/store.ts";

const RULE = { perMinute: 60 };
let given: TestStore;
let nowMs = Date.UTC(2026, 0, 1);
let leases: RateLeases;
const clock = { now: () => new Date(nowMs) };
beforeAll(async () => {
	given = await openTestStore();
	leases = createRateLeases({ db: given.store.db, clock });
});
afterAll(() => given[Symbol.asyncDispose]());

const count = async () => (await given.store.db.selectFrom("rateBuckets").select("bucket").execute()).length;

describe("a bucket on the shared database", () => {
	test("is full at first, gives what it holds and then says when the next request is there", async () => {
		expect(await leases.lease("a", RULE, 50)).toEqual({ granted: 50, retryAfterMs: 0 });
		expect(await leases.lease("a", RULE, 50)).toEqual({ granted: 10, retryAfterMs: 0 });
		expect(await leases.lease("a", RULE, 50)).toEqual({ granted: 0, retryAfterMs: 1_000 });
	});

	test("fills evenly, gives whole requests only, and never holds more than a minute's", async () => {
		await leases.lease("b", RULE, 60);
		nowMs += 2_500;
		expect(await leases.lease("b", RULE, 50)).toEqual({ granted: 2, retryAfterMs: 0 });
		expect(await leases.lease("b", RULE, 50)).toEqual({ granted: 0, retryAfterMs: 500 });
		nowMs += 3_600_000;
		expect(await leases.lease("b", RULE, 1_000)).toEqual({ granted: 60, retryAfterMs: 0 });
	});

	test("a clock set back gives nothing and takes nothing", async () => {
		await leases.lease("c", RULE, 60);
		nowMs -= 30_000;
		expect(await leases.lease("c", RULE, 5)).toMatchObject({ granted: 0 });
		nowMs += 30_000;
		expect(await leases.lease("c", RULE, 5)).toMatchObject({ granted: 0 });
		nowMs += 1_000;
		expect(await leases.lease("c", RULE, 5)).toMatchObject({ granted: 1 });
	});

	test("a charge makes a debt of one full bucket at most", async () => {
		await leases.charge("d", RULE, 1_000_000);
		expect(await leases.lease("d", RULE, 1)).toEqual({ granted: 0, retryAfterMs: 61_000 });
		await leases.charge("d", RULE, 1_000_000);
		expect(await leases.lease("d", RULE, 1)).toEqual({ granted: 0, retryAfterMs: 61_000 });
	});

	test("many at once get together exactly what was there", async () => {
		const got = await Promise.all(Array.from({ length: 40 }, () => leases.lease("e", RULE, 4)));
		expect(got.reduce((sum, { granted }) => sum + granted, 0)).toBe(60);
	});

	test("leases of several buckets at once each follow their own rule", async () => {
		const asked = [
			["g", 60, 50],
			["h", 2, 50],
			["g", 60, 50],
			["i", 300, 100],
		] as const;
		const got = await Promise.all(asked.map(([bucket, perMinute, want]) => leases.lease(bucket, { perMinute }, want)));
		expect(got.map(({ granted }) => granted).toSorted((a, b) => a - b)).toEqual([2, 10, 50, 100]);
		const again = await Promise.all(["g", "h"].map((bucket) => leases.lease(bucket, { perMinute: 2 }, 1)));
		expect(again.map(({ granted }) => granted)).toEqual([0, 0]);
	});

	test("rows of buckets that are full again are removed", async () => {
		nowMs += 200_000;
		await leases.lease("f", RULE, 1);
		await expect.poll(count).toBe(1);
	});
});
