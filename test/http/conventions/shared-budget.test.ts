import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createRateLeases, type RateLeases } from "../../../src/directory/index.ts";
import { silentLog } from "../../../src/domain/index.ts";
import { HttpError } from "../../../src/http/conventions/errors.ts";
import { createSharedBudget, type SharedBudget } from "../../../src/http/conventions/shared-budget.ts";
import { openTestStore, type TestStore } from "../../support/store.ts";

let given: TestStore;
let nowMs = Date.UTC(2026, 0, 1);
const clock = { now: () => new Date(nowMs) };
let leases: RateLeases;
beforeAll(async () => {
	given = await openTestStore();
	leases = createRateLeases({ db: given.store.db, clock });
});
afterAll(() => given[Symbol.asyncDispose]());

/** As one process has it. */
const budget = (perMinute: number | undefined, from = leases): SharedBudget =>
	createSharedBudget("test", perMinute, { leases: from, clock, log: silentLog });

/** How many of so many requests are let through. */
async function passed(times: number, spend: () => Promise<void>): Promise<number> {
	const outcomes = await Promise.allSettled(Array.from({ length: times }, spend));
	for (const outcome of outcomes) {
		if (outcome.status === "rejected") expect(outcome.reason).toMatchObject({ name: "HttpError", status: 429 });
	}
	return outcomes.filter(({ status }) => status === "fulfilled").length;
}

describe("a rate limit of several processes", () => {
	test("one process gives exactly the limit, in any case of the key", async () => {
		const one = budget(50);
		let i = 0;
		expect(await passed(200, () => one.spend(i++ % 2 === 0 ? "DID-a" : "did-A"))).toBe(50);
		await expect(one.spend("DID-a")).rejects.toMatchObject({ headers: { "retry-after": "2" } });
	});

	test("three processes together give the limit; what one leased and did not use is at most a block", async () => {
		const processes = [budget(50), budget(50), budget(50)];
		let i = 0;
		expect(await passed(300, () => processes[i++ % 3]!.spend("DID-b"))).toBe(50);
		nowMs += 60_000;
		await processes[0]!.spend("DID-b");
		// The first holds four more of its block of five.
		expect(await passed(100, () => processes[1]!.spend("DID-b"))).toBe(45);
		expect(await passed(100, () => processes[0]!.spend("DID-b"))).toBe(4);
	});

	test("a key with a limit of its own has that one", async () => {
		const one = budget(50);
		expect(await passed(500, () => one.spend("DID-c", 300))).toBe(300);
		expect(await passed(5, () => one.spend("DID-d", 2))).toBe(2);
	});

	test("a limit that is made smaller holds at once, whatever block was held under the greater one", async () => {
		const one = budget(1_000);
		await one.spend("DID-smaller");
		expect(await passed(20, () => one.spend("DID-smaller", 3))).toBe(4);
	});

	test("who waits as told is served", async () => {
		const one = budget(7);
		await passed(7, () => one.spend("DID-e"));
		for (let i = 0; i < 5; i++) {
			const refused = await one.spend("DID-e").catch((error: HttpError) => error);
			nowMs += Number((refused as HttpError).headers["retry-after"]) * 1_000;
			await one.spend("DID-e");
		}
	});

	test("an empty bucket costs the database one statement, not one a request; a full one a tenth of one", async () => {
		let statements = 0;
		const counting: RateLeases = {
			...leases,
			lease: (...args) => {
				statements++;
				return leases.lease(...args);
			},
		};
		const one = budget(50, counting);
		for (let i = 0; i < 50; i++) await one.spend("DID-f");
		expect(statements).toBe(10);
		for (let i = 0; i < 100; i++) await expect(one.spend("DID-f")).rejects.toBeInstanceOf(HttpError);
		expect(statements).toBe(11);
	});

	test("what a wrong secret costs is seen by the other processes", async () => {
		const [one, other] = [budget(50), budget(50)];
		for (let i = 0; i < 10; i++) {
			await one.spend("DID-g");
			await one.penalise("DID-g", 4);
		}
		await expect(other.spend("DID-g")).rejects.toBeInstanceOf(HttpError);
	});

	test("off costs nothing", async () => {
		const off = createSharedBudget("off", undefined, { leases: undefined as never, clock, log: silentLog });
		for (let i = 0; i < 1_000; i++) await off.spend("DID-h");
		await off.penalise("DID-h", 1_000);
	});
});

describe("while the database is away", () => {
	test.each([
		["refuses", () => Promise.reject(new Error("gone"))],
		["never answers", () => new Promise<never>(() => {})],
	])("and %s, each process keeps the limit by itself, and asks again a second later", async (_how, fail) => {
		let away = true;
		const shaky: RateLeases = {
			lease: (...args) => (away ? fail() : leases.lease(...args)),
			charge: (...args) => (away ? fail() : leases.charge(...args)),
		};
		const one = budget(20, shaky);
		const key = `DID-away-${_how}`;
		expect(await passed(100, () => one.spend(key))).toBe(20);
		await one.penalise(key, 4);
		away = false;
		nowMs += 1_500;
		expect(await passed(100, () => one.spend(key))).toBe(20);
	});
});
