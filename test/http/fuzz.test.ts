/** Whatever is sent to any operation: no 5xx, always the error shape, and StatusCode is the status. */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { allOperations } from "../../src/http/index.ts";
import { openTestApi, type TestApi } from "../support/http-api.ts";

const RUNS = 400;
let api: TestApi;
let authorization: string;
beforeAll(async () => {
	api = await openTestApi();
	authorization = `Bearer ${await api.token()}`;
});
afterAll(() => api[Symbol.asyncDispose]());

const NAMES = [
	["/v1.0/oauth2/tokens", "POST"],
	["/v1.0/numbers/provision", "POST"],
	["/v1.0/numbers/voicemail/activate", "POST"],
	["/v1.0/numbers/voicemail/info", "POST"],
	["/v1.0/numbers/voicemail/update", "POST"],
	["/v1.0/numbers/voicemail/delete", "POST"],
	["/v1.0/numbers", "GET"],
	["/v1.0/voice/routes", "POST"],
	["/v1.0/voice/routes", "GET"],
	["/v1.0/voice/routes/update", "POST"],
	["/v1.0/voice/routes/delete", "POST"],
	["/v1.0/account/voice/routes", "GET"],
	["/v1.0/message/routes", "POST"],
	["/v1.0/message/routes", "GET"],
	["/v1.0/message/routes/update", "POST"],
	["/v1.0/message/routes/delete", "POST"],
	["/v1.0/account/message/routes", "GET"],
] as const;

const operationAt = (path: string) =>
	allOperations(api.deps).find((each) => each.path === path && each.method === "POST")!;

/** Values near what a field wants, and far from it. */
const value = fc.oneof(
	fc.constantFrom("", " ", "\0", "\ud800", "+11234567890", "1234", "iot", "P2P", "true", "Sms+Data", "a@b.cd", "DID-1"),
	fc.string({ unit: "binary", maxLength: 300 }),
	fc.stringMatching(/^\+?[0-9]{0,20}$/),
	fc.constantFrom(null, true, false, 0, -1, 1e308, Number.MAX_SAFE_INTEGER),
	fc.jsonValue({ maxDepth: 3 }),
);

function recase(name: string, seed: number): string {
	return [...name].map((char, i) => ((seed >> (i % 30)) & 1 ? char.toUpperCase() : char.toLowerCase())).join("");
}

/** Objects with the operation's own names, in any case, with values of any kind, and some names of nobody. */
function requestsFor(schema: z.ZodObject): fc.Arbitrary<Record<string, unknown>> {
	const known = fc.tuple(fc.constantFrom(...Object.keys(schema.shape)), fc.nat(), value);
	const foreign = fc.tuple(
		fc.oneof(fc.string(), fc.constantFrom("__proto__", "constructor", "toString")),
		fc.nat(),
		value,
	);
	return fc
		.array(fc.oneof({ weight: 4, arbitrary: known }, { weight: 1, arbitrary: foreign }), { maxLength: 10 })
		.map((pairs) => {
			const body = Object.create(null) as Record<string, unknown>;
			for (const [name, seed, content] of pairs) body[seed % 3 === 0 ? recase(name, seed) : name] = content;
			return body;
		});
}

function expectLawful(status: number, text: string): void {
	expect(status, text).toBeLessThan(500);
	const body = JSON.parse(text);
	if (status === 200) return;
	expect(Object.keys(body)).toEqual(["StatusCode", "Message"]);
	expect(body.StatusCode).toBe(status);
	expect(body.Message).toMatch(/^[A-Z][a-z ]+: \S/);
}

describe("fuzzing", () => {
	test.each(NAMES.filter(([, method]) => method === "POST"))(
		"%s: objects of its own names with wild values",
		async (path) => {
			await fc.assert(
				fc.asyncProperty(requestsFor(operationAt(path).request), async (body) => {
					const response = await api.app.inject({
						method: "POST",
						url: path,
						headers: { authorization, "content-type": "application/json" },
						payload: JSON.stringify(body),
					});
					expectLawful(response.statusCode, response.body);
				}),
				{ numRuns: RUNS },
			);
		},
	);

	test.each(NAMES.filter(([, method]) => method === "POST"))("%s: any octets of any type", async (path) => {
		const types = fc.oneof(
			fc.constantFrom("application/json", "text/json; charset=utf-8", "application/x+json", "text/plain", ""),
			fc.stringMatching(/^[ -~]{0,40}$/),
		);
		const octets = fc.oneof(
			fc.uint8Array({ maxLength: 200 }),
			fc.json().map((text) => new TextEncoder().encode(text)),
		);
		await fc.assert(
			fc.asyncProperty(octets, types, async (payload, type) => {
				const response = await api.app.inject({
					method: "POST",
					url: path,
					headers: { authorization, "content-type": type },
					payload: Buffer.from(payload),
				});
				expectLawful(response.statusCode, response.body);
			}),
			{ numRuns: RUNS },
		);
	});

	test("GET /v1.0/numbers: any query", async () => {
		const pairs = fc.array(
			fc.tuple(fc.constantFrom("Number", "phonenumber", "ICCID", "x"), fc.string({ unit: "binary-ascii" })),
		);
		const queries = fc.oneof(
			pairs.map((list) => list.map(([name, text]) => `${name}=${encodeURIComponent(text)}`).join("&")),
			fc.stringMatching(/^[!-~]{0,80}$/),
		);
		await fc.assert(
			fc.asyncProperty(queries, async (query) => {
				const response = await api.app.inject({ url: `/v1.0/numbers?${query}`, headers: { authorization } });
				expectLawful(response.statusCode, response.body);
			}),
			{ numRuns: RUNS },
		);
	});

	test("any path, method and token", async () => {
		const methods = fc.constantFrom("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "LOCK", "SEARCH");
		const paths = fc.oneof(
			fc.stringMatching(/^\/[!-~]{0,60}$/),
			fc.constantFrom(...NAMES.map(([path]) => path)).chain((path) => fc.nat().map((seed) => recase(path, seed))),
		);
		await fc.assert(
			fc.asyncProperty(methods, paths, fc.stringMatching(/^[ -~]{0,80}$/), async (method, url, token) => {
				// The injecting client, not we, refuses a few.
				fc.pre(URL.canParse(url, "http://localhost"));
				const response = await api.app.inject({
					method: method as "GET",
					url,
					headers: { authorization: `Bearer ${token}` },
				});
				expect(response.statusCode, `${method} ${url}`).toBeLessThan(500);
				if (response.body === "" || response.statusCode < 400) return;
				expectLawful(response.statusCode, response.body);
			}),
			{ numRuns: 1_000 },
		);
	});

	test("the list above names every operation", () => {
		expect(
			allOperations(api.deps)
				.map(({ path, method }) => `${method} ${path}`)
				.sort(),
		).toEqual(NAMES.map(([path, method]) => `${method} ${path}`).sort());
		for (const { request } of allOperations(api.deps)) expect(request).toBeInstanceOf(z.ZodObject);
	});
});
