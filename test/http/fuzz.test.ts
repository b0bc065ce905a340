/** Whatever is sent to any operation: no 5xx, always the error shape, and StatusCode is the status. */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { z } from "zod";
import { describedOperations } from "../../src/http/index.ts";
import { openTestApi, type TestApi } from "../support/http-api.ts";

/** Of each property; an operation has three of them, the other two half as often. */
const RUNS = 400;
let api: TestApi;
let authorization: string;
beforeAll(async () => {
	api = await openTestApi();
	authorization = `Bearer ${await api.token()}`;
});
afterAll(() => api[Symbol.asyncDispose]());

/** Every operation, also those made tomorrow: nothing here names one. */
const OPERATIONS = describedOperations();
const named = (method: "GET" | "POST") =>
	OPERATIONS.filter((each) => each.method === method).map((each) => [`${method} ${each.path}`, each] as const);

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

async function send(path: string, payload: string | Uint8Array, type = "application/json"): Promise<void> {
	const response = await api.app.inject({
		method: "POST",
		url: path,
		headers: { authorization, "content-type": type },
		payload: Buffer.from(payload),
	});
	expectLawful(response.statusCode, response.body);
}

describe("fuzzing", () => {
	test.each(named("POST"))("%s: objects of its own names with wild values", async (_name, { path, request }) => {
		await fc.assert(
			fc.asyncProperty(requestsFor(request), (body) => send(path, JSON.stringify(body))),
			{ numRuns: RUNS },
		);
	});

	test.each(named("POST"))("%s: its example with one value gone wild", async (_name, { path, request, example }) => {
		const names = Object.keys(request.shape);
		await fc.assert(
			fc.asyncProperty(fc.constantFrom(...names), value, (name, wild) =>
				send(path, JSON.stringify({ ...example.request, [name]: wild })),
			),
			{ numRuns: RUNS / 2 },
		);
	});

	test.each(named("POST"))("%s: any octets of any type", async (_name, { path }) => {
		const types = fc.oneof(
			fc.constantFrom("application/json", "text/json; charset=utf-8", "application/x+json", "text/plain", ""),
			fc.stringMatching(/^[ -~]{0,40}$/),
		);
		const octets = fc.oneof(
			fc.uint8Array({ maxLength: 200 }),
			fc.json().map((text) => new TextEncoder().encode(text)),
		);
		await fc.assert(
			fc.asyncProperty(octets, types, (payload, type) => send(path, payload, type)),
			{ numRuns: RUNS / 2 },
		);
	});

	test.each(named("GET"))("%s: any query", async (_name, { path, request }) => {
		const names = fc.constantFrom(...Object.keys(request.shape), "x", "__proto__");
		const pairs = fc.array(fc.tuple(names, fc.nat(), fc.string({ unit: "binary-ascii" })));
		const queries = fc.oneof(
			pairs.map((list) =>
				list.map(([name, seed, text]) => `${recase(name, seed)}=${encodeURIComponent(text)}`).join("&"),
			),
			fc.stringMatching(/^[!-~]{0,80}$/),
		);
		await fc.assert(
			fc.asyncProperty(queries, async (query) => {
				const response = await api.app.inject({ url: `${path}?${query}`, headers: { authorization } });
				expectLawful(response.statusCode, response.body);
			}),
			{ numRuns: RUNS },
		);
	});

	test("any path, method and token", async () => {
		const methods = fc.constantFrom("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "LOCK", "SEARCH");
		const known = fc.constantFrom(...OPERATIONS.map(({ path }) => path));
		const paths = fc.oneof(
			fc.stringMatching(/^\/[!-~]{0,60}$/),
			known.chain((path) => fc.nat().map((seed) => recase(path, seed))),
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
});

describe("what a parser may trip over", () => {
	const HOSTILE: Readonly<Record<string, (name: string) => string>> = {
		"a name twice": (name) => `{"${name}":"+11234567890","${name}":"+11234567891"}`,
		"a name twice, once escaped": (name) =>
			`{"${name}":"1","\\u${name.charCodeAt(0).toString(16).padStart(4, "0")}${name.slice(1)}":"2"}`,
		"a name twice in two casings": (name) => `{"${name}":"1","${name.toUpperCase()}":"2","${name.toLowerCase()}":"3"}`,
		"depth without end": (name) => `{"${name}":${"[".repeat(20_000)}${"]".repeat(20_000)}}`,
		"depth without an end": (name) => `{"${name}":`.repeat(5_000),
		"NUL in a value": (name) => JSON.stringify({ [name]: "a\0b" }),
		"half a surrogate pair": (name) => `{"${name}":"\\ud800"}`,
		"a prototype": (name) => `{"__proto__":{"${name}":"x"},"constructor":{"prototype":{"${name}":"x"}},"${name}":"x"}`,
		"a number beyond numbers": (name) => `{"${name}":1e999}`,
		"two texts, one body": () => "{}{}",
		"an array": (name) => `[{"${name}":"x"}]`,
		"octets that are no UTF-8": (name) => `{"${name}":"\u00ff"}`,
	};

	test.each(
		named("POST").filter(([, { request, inQuery }]) => inQuery === undefined && Object.keys(request.shape).length > 0),
	)(
		"%s refuses or survives each of them, and the next request finds the operation whole",
		async (_name, { path, request }) => {
			for (const name of Object.keys(request.shape)) {
				for (const [what, make] of Object.entries(HOSTILE)) {
					const text = make(name);
					const payload = what === "octets that are no UTF-8" ? Buffer.from(text, "latin1") : text;
					const response = await api.app.inject({
						method: "POST",
						url: path,
						headers: { authorization, "content-type": "application/json" },
						payload,
					});
					expectLawful(response.statusCode, response.body);
					if (!/prototype|surrogate|NUL|beyond/.test(what)) expect(response.statusCode, what).toBe(400);
				}
			}
			expect(Object.prototype).not.toHaveProperty(Object.keys(request.shape)[0]!);
		},
	);
});
