/** `docs/compatibility.md` is true: it lists each operation that is served, and each that never will be. */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ABSENT_OPERATIONS, describedOperations } from "../../src/http/index.ts";
import { openTestApi, type TestApi } from "../support/http-api.ts";

const page = readFileSync(new URL("../../docs/compatibility.md", import.meta.url), "utf8");

/** Rows such as `| GET /v1.0/numbers | yes | ... |`; other tables have no method in their first cell. */
const rows = page.split("\n").flatMap((line) => {
	const [, method, path, works, notes] = /^\| `(GET|POST) (\S+)` \| ([^|]+) \|([^|]*)\|$/.exec(line) ?? [];
	return method === undefined ? [] : [{ operation: `${method} ${path}`, works: works?.trim(), notes: notes?.trim() }];
});
const those = (...works: string[]) =>
	rows
		.filter((row) => works.includes(row.works ?? ""))
		.map((row) => row.operation)
		.sort();

describe("docs/compatibility.md", () => {
	test("says yes or partly for the operations that are served, and for no other", () => {
		const served = describedOperations().map(({ method, path }) => `${method} ${path}`);
		expect(those("yes", "partly")).toEqual(served.sort());
	});

	test("says no for the operations that will never be served, and for no other", () => {
		expect(those("no")).toEqual(ABSENT_OPERATIONS.map(({ method, path }) => `${method} ${path}`).sort());
	});

	test("has one row for each operation, and says why where one does not work as a whole", () => {
		expect(new Set(rows.map((row) => row.operation)).size).toBe(rows.length);
		for (const { operation, works, notes } of rows) {
			expect(["yes", "partly", "no", "not yet"], operation).toContain(works);
			if (works !== "yes") expect(notes?.length, operation).toBeGreaterThan(5);
		}
	});
});

describe("an operation that is not part of Afterbeep", () => {
	let api: TestApi;
	beforeAll(async () => {
		api = await openTestApi();
	});
	afterAll(() => api[Symbol.asyncDispose]());

	test.each(ABSENT_OPERATIONS.map(({ method, path }) => [method, path] as const))(
		"%s %s answers 404 in the error shape and says so, with whatever method, casing and token",
		async (_method, path) => {
			for (const method of ["GET", "POST", "PUT", "DELETE"] as const) {
				for (const url of [path, `/V1.0${path.toUpperCase()}/`]) {
					const answer = await api.app.inject({ method, url });
					expect(answer.statusCode).toBe(404);
					expect(answer.json()).toEqual({
						StatusCode: 404,
						Message: expect.stringMatching(/^Not found: this operation is not part of Afterbeep: \S.*\.$/),
					});
				}
			}
		},
	);
});
