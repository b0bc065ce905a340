import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { createOperators, createTokens } from "../../src/directory/index.ts";
import { openTestStore } from "../support/store.ts";
import { codeOf, movableClock, openDirectory } from "./support.ts";

const masterKey = new Uint8Array(randomBytes(32));
const clock = movableClock();

describe("the first start", () => {
	test("makes an operator, an account, a key with a random secret and 100 example numbers, once", async () => {
		await using d = await openDirectory();
		expect(d.first.accountKey).toBe(d.first.distributorId);
		expect(d.first.accountKey).toMatch(/^DID-[0-9a-f-]{36}$/);
		// The id of the contract's examples: their bodies work on a new platform as they stand.
		expect(d.first.accountId).toBe("AID-ab12345-2725-45a1-bd5e-526ed19799xx");
		expect(d.first.accountSecret).toMatch(/^[A-Za-z0-9_-]{43,}$/);
		const pool = await d.numbers.list({ limit: 1000 });
		expect(pool.map((each) => each.number)).toEqual(Array.from({ length: 100 }, (_, i) => `+${11_234_567_890 + i}`));
		expect(await d.operators.bootstrap({})).toBeUndefined();
		expect(await d.operators.defaultDistributorId()).toBe(d.first.distributorId);
	});

	test("of several nodes at once makes one operator", async () => {
		await using opened = await openTestStore();
		const operators = createOperators({ store: opened.store, masterKey, clock });
		const made = await Promise.all(Array.from({ length: 5 }, () => operators.bootstrap({})));
		expect(made.filter((each) => each !== undefined)).toHaveLength(1);
	});

	test("takes the key and secret that it is given", async () => {
		await using opened = await openTestStore();
		const operators = createOperators({ store: opened.store, masterKey, clock });
		expect(await codeOf(operators.defaultDistributorId())).toBe("notFound");
		const given = { accountKey: "DID-1234567ab-1a2b", accountSecret: "abcdeABCdef..." };
		expect(await operators.bootstrap(given)).toMatchObject({ ...given, distributorId: given.accountKey });
		const tokens = createTokens({ db: opened.store.db, masterKey, clock, tokenMinutes: 10 });
		expect(await codeOf(tokens.issue(given.accountKey, given.accountSecret, undefined))).toBe("fine");
	});

	test.each([
		{ accountKey: "" },
		{ accountKey: "x".repeat(101) },
		{ accountSecret: "short" },
		{ accountSecret: "x".repeat(201) },
	])("refuses a key or secret out of bounds: %o", async (given) => {
		await using opened = await openTestStore();
		const operators = createOperators({ store: opened.store, masterKey, clock });
		const error = await operators.bootstrap(given).catch((thrown: Error) => thrown);
		expect(error).toMatchObject({ code: "configInvalid" });
		expect((error as Error).message).toContain("AFTERBEEP_ACCOUNT_");
	});
});

describe("the account that a request means", () => {
	test("is the only one when none is named, and nobody's guess when there are several", async () => {
		await using d = await openDirectory();
		expect(await d.operators.accountFor(d.who, undefined)).toBe(d.first.accountId);
		expect(await d.operators.accountFor(d.who, "")).toBe(d.first.accountId);
		d.clock.advance(1000);
		await d.addAccount("AID-Second");
		expect(await d.operators.accountFor(d.who, undefined)).toBeUndefined();
		expect(await d.operators.accountFor({ ...d.who, accountId: "AID-Second" }, undefined)).toBe("AID-Second");
		expect(await d.operators.accountFor(d.who, "aid-second")).toBe("AID-Second");
		expect(await d.operators.accountFor(d.who, "DID-whatever")).toBe(d.first.accountId);
	});

	test("is never one of another operator, nor one outside of a key's own account", async () => {
		await using d = await openDirectory();
		const other = await d.addOperator("other");
		await d.addAccount("AID-second");
		expect(await codeOf(d.operators.accountFor(d.who, "AID-other"))).toBe("badInput");
		expect(await codeOf(d.operators.accountFor(other, d.first.accountId))).toBe("badInput");
		const bound = { ...d.who, accountId: "AID-second" };
		expect(await codeOf(d.operators.accountFor(bound, d.first.accountId))).toBe("badInput");
		await expect(d.operators.accountFor(d.who, "AID-nothing")).rejects.toThrow("Invalid AccountId");
	});
});
