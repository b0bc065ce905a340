import { describe, expect, test } from "vitest";
import { createBudget } from "../../../src/http/conventions/budget.ts";
import { HttpError } from "../../../src/http/conventions/errors.ts";
import { HTTP_LIMITS } from "../../../src/http/limits.ts";

const clock = { now: () => new Date(0) };

describe("budget", () => {
	test("each key has a bucket of its own, in any case", () => {
		const budget = createBudget(clock, 2);
		budget.spend("DID-a");
		budget.spend("did-A");
		expect(() => budget.spend("DID-A")).toThrow(HttpError);
		budget.spend("DID-b");
	});

	test("429 carries Retry-After in whole seconds", () => {
		const budget = createBudget(clock, 1);
		budget.spend("a");
		const refused = (() => {
			try {
				budget.spend("a");
			} catch (error) {
				return error as HttpError;
			}
		})();
		expect(refused?.status).toBe(429);
		expect(refused?.headers).toEqual({ "retry-after": "60" });
	});

	test("off means off", () => {
		const budget = createBudget(clock, undefined);
		for (let i = 0; i < 10_000; i++) budget.spend("a");
	});

	test("the table stays bounded however many keys come; the one unused for longest goes first", () => {
		const budget = createBudget(clock, 1);
		budget.spend("first");
		for (let i = 0; i < HTTP_LIMITS.budgetKeysMax - 1; i++) budget.spend(`key-${i}`);
		expect(() => budget.spend("first")).toThrow();
		budget.spend("one more");
		expect(budget.size).toBe(HTTP_LIMITS.budgetKeysMax);
		expect(() => budget.spend("first")).toThrow();
		budget.spend("key-0");
	});
});
