import { Validator } from "@seriousme/openapi-schema-validator";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { ERRORS } from "../../src/http/conventions/errors.ts";
import { FIELD_WORDS } from "../../src/http/field-words.ts";
import { allOperations, createHttpApp } from "../../src/http/index.ts";
import { openTestApi, type TestApi } from "../support/http-api.ts";

// biome-ignore lint/suspicious/noExplicitAny: the document is walked, not modelled
type Json = Record<string, any>;
const ERROR_SCHEMAS = Object.fromEntries(Object.values(ERRORS).map(({ schema }) => [schema, true]));
let api: TestApi;
let document: Json;
beforeAll(async () => {
	api = await openTestApi();
	document = (await api.app.inject({ url: "/openapi.json" })).json();
});
afterAll(() => api[Symbol.asyncDispose]());

function* references(value: unknown): Generator<string> {
	if (typeof value !== "object" || value === null) return;
	for (const [name, inner] of Object.entries(value)) {
		if (name === "$ref") yield inner as string;
		else yield* references(inner);
	}
}

const resolve = (reference: string): Json | undefined =>
	reference
		.slice(2)
		.split("/")
		.reduce<Json | undefined>((value, name) => value?.[name.replaceAll("~1", "/")], document);

describe("the OpenAPI document", () => {
	test("is 3.1, names this server, and defines the security scheme that it refers to", () => {
		expect(document.openapi).toBe("3.1.0");
		expect(document.servers).toEqual([{ url: "http://127.0.0.1:8080", description: expect.any(String) }]);
		const [wanted] = document.security;
		expect(Object.keys(wanted)).toEqual(["BearerAuth"]);
		expect(document.components.securitySchemes.BearerAuth).toMatchObject({ type: "http", scheme: "bearer" });
	});

	test("holds every operation that is served, and no other", () => {
		const described = Object.entries<Json>(document.paths).flatMap(([path, methods]) =>
			Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
		);
		expect(described.sort()).toEqual(
			allOperations(api.deps)
				.map(({ method, path }) => `${method} ${path}`)
				.sort(),
		);
	});

	test("has no dangling reference and no unused schema", () => {
		const used = new Set(references(document));
		for (const reference of used) expect(resolve(reference), reference).toBeDefined();
		for (const kind of ["schemas", "responses", "headers"]) {
			for (const name of Object.keys(document.components[kind])) {
				expect(used, name).toContain(`#/components/${kind}/${name}`);
			}
		}
	});

	test("each operation has an id of its own, a summary, a description, examples, and the errors of the contract", () => {
		const ids = new Set<string>();
		for (const [path, methods] of Object.entries<Json>(document.paths)) {
			for (const operation of Object.values<Json>(methods)) {
				expect(ids.has(operation.operationId)).toBe(false);
				ids.add(operation.operationId);
				expect(operation.summary.length, path).toBeGreaterThan(5);
				expect(operation.description.length, path).toBeGreaterThan(40);
				expect(operation.responses[200].content["application/json"].examples.example.value).toBeTypeOf("object");
				for (const status of [400, 401, 404, 405, 408, 413, 415, 429, 500, 503, 504]) {
					const response = resolve(operation.responses[status].$ref);
					const { value } = response?.content["application/json"].examples.example ?? {};
					expect(value).toEqual({ StatusCode: status, Message: ERRORS[status as keyof typeof ERRORS].message });
				}
			}
		}
	});

	test("each member of each request, answer and error says what it means, and no word is left over", () => {
		const unused = new Set(Object.keys(FIELD_WORDS));
		let members = 0;
		const walk = (schema: Json, at: string): void => {
			for (const choice of [schema.items, ...(schema.anyOf ?? []), ...(schema.oneOf ?? [])]) {
				if (choice !== undefined) walk(choice, at);
			}
			for (const [name, member] of Object.entries<Json>(schema.properties ?? {})) {
				members++;
				expect(member.description, `${at}.${name}`).toMatch(/^[A-Z`].{2,}\.$/s);
				unused.delete(`${at}.${name}` in FIELD_WORDS ? `${at}.${name}` : name);
				walk(member, `${at}.${name}`);
			}
		};
		for (const [name, schema] of Object.entries<Json>(document.components.schemas)) {
			walk(schema, name in ERROR_SCHEMAS ? "Error" : name);
		}
		for (const methods of Object.values<Json>(document.paths)) {
			for (const { parameters = [] } of Object.values<Json>(methods)) {
				for (const parameter of parameters) {
					expect(resolve(parameter.$ref ?? "")?.description ?? parameter.description).toMatch(/\.$/);
				}
			}
		}
		expect(members).toBeGreaterThan(1_000);
		expect([...unused]).toEqual([]);
	});

	test.each(["/openapi.json", "/openapi-3.0.json"])("%s is valid by the schema of its version", async (url) => {
		const served = (await api.app.inject({ url })).json();
		const validator = new Validator();
		expect(await validator.validate(served)).toEqual({ valid: true });
		expect(served.openapi.startsWith(validator.version)).toBe(true);
	});

	test("error schemas have two members and allow no third", () => {
		const { schemas } = document.components;
		for (const { schema } of Object.values(ERRORS).filter(({ schema }) => schema in schemas)) {
			expect(Object.keys(schemas[schema].properties)).toEqual(["StatusCode", "Message"]);
			expect(schemas[schema]).toMatchObject({ required: ["StatusCode"], additionalProperties: false });
		}
	});

	test("request schemas say what the validator holds", () => {
		const { ActivateVoicemail_Request: activate, ProvisionNumber_Request: provision } = document.components.schemas;
		expect(activate.required).toEqual(["PhoneNumber"]);
		expect(activate.properties.PIN.pattern).toBe("^[0-9]{4,10}$");
		expect(activate.properties.FirstName.maxLength).toBe(100);
		expect(provision.required).toEqual(["NumberType", "MessageType", "ProductType"]);
		expect(provision.properties.NumberType.enum).toEqual(["mvno", "iot"]);
		const described = Object.entries<Json>(document.components.schemas).filter(([name]) => name.endsWith("_Request"));
		for (const [schema, { properties }] of described) {
			for (const [name, property] of Object.entries<Json>(properties)) {
				expect(property.description, `${schema}.${name}`).toBeTypeOf("string");
			}
		}
	});

	test("its examples keep to its own schemas, without any leniency", () => {
		for (const { path, example, request, response } of allOperations(api.deps)) {
			expect(request.safeParse(example.request), path).toMatchObject({ success: true });
			const strict = response instanceof z.ZodObject ? response.strict() : response;
			expect(strict.safeParse(example.response), path).toMatchObject({ success: true });
		}
	});

	test("only the token operation goes without a token", () => {
		const open = Object.entries<Json>(document.paths).filter(([, methods]) =>
			Object.values<Json>(methods).some((operation) => operation.security?.length === 0),
		);
		expect(open.map(([path]) => path)).toEqual(["/v1.0/oauth2/tokens"]);
	});
});

describe("the same document for generators that know OpenAPI 3.0 only", () => {
	let older: Json;
	beforeAll(async () => {
		older = (await api.app.inject({ url: "/openapi-3.0.json" })).json();
	});

	function* schemasIn(value: unknown): Generator<Json> {
		if (typeof value !== "object" || value === null) return;
		if (!Array.isArray(value) && ("type" in value || "$ref" in value)) yield value;
		for (const [name, inner] of Object.entries(value)) {
			if (!["example", "examples", "value"].includes(name)) yield* schemasIn(inner);
		}
	}

	test("is 3.0.3 and has the same paths, operations, answers and schemas", () => {
		expect(older.openapi).toBe("3.0.3");
		expect(older.info.license).toEqual({ name: "Apache-2.0", url: expect.stringMatching(/^https:/) });
		expect(Object.keys(older.components.schemas)).toEqual(Object.keys(document.components.schemas));
		for (const [path, methods] of Object.entries<Json>(document.paths)) {
			for (const [method, described] of Object.entries<Json>(methods)) {
				const { parameters: _, ...rest } = described;
				expect(older.paths[path][method]).toMatchObject(rest);
			}
		}
	});

	test("says nothing that only 3.1 can say", () => {
		const seen = [...schemasIn({ ...older.components.schemas, paths: older.paths })];
		expect(seen.length).toBeGreaterThan(100);
		for (const schema of seen) {
			expect(Array.isArray(schema.type), JSON.stringify(schema)).toBe(false);
			for (const word of ["const", "$schema", "$defs", "prefixItems", "propertyNames", "examples"]) {
				expect(schema, word).not.toHaveProperty(word);
			}
			expect(typeof (schema.exclusiveMinimum ?? true)).toBe("boolean");
			expect(typeof (schema.exclusiveMaximum ?? true)).toBe("boolean");
			if (schema.nullable === true && schema.enum !== undefined) expect(schema.enum).toContain(null);
			expect(schema.type, JSON.stringify(schema)).not.toBe("null");
		}
	});

	test("integers have no bounds that other languages could not hold", () => {
		for (const schema of schemasIn(older.components.schemas)) {
			expect(Math.abs(schema.maximum ?? 0)).toBeLessThan(2 ** 31);
			expect(Math.abs(schema.minimum ?? 0)).toBeLessThan(2 ** 31);
		}
	});
});

describe("the reference page", () => {
	test("loads nothing from elsewhere, and all that it loads is there", async () => {
		const page = await api.app.inject({ url: "/docs" });
		expect(page.headers["content-type"]).toContain("text/html");
		const policy = String(page.headers["content-security-policy"]);
		expect(policy).toContain("default-src 'self'");
		expect(policy).not.toMatch(/https?:|\*|unsafe-eval|script-src[^;]*unsafe-inline/);
		const loaded = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1]!);
		expect(loaded.length).toBeGreaterThan(3);
		for (const url of loaded) {
			expect(url).toMatch(/^\/docs\//);
			expect((await api.app.inject({ url })).statusCode, url).toBe(200);
		}
		const shown = (await api.app.inject({ url: "/docs/json" })).json();
		expect({ ...shown, servers: undefined }).toEqual({ ...document, servers: undefined });
	});

	test("fits the screen it is shown on: a phone's width, dark colours where they are asked for", async () => {
		const page = (await api.app.inject({ url: "/docs" })).body;
		const script = /src="(\/docs\/[^"]*screen\.js)"/.exec(page)?.[1];
		const { body, headers } = await api.app.inject({ url: script! });
		expect(headers["content-type"]).toContain("javascript");
		expect(body).toContain("width=device-width");
		const style = await api.app.inject({ url: "/docs/static/swagger-ui.css" });
		const darkClass = /classList\.toggle\("([\w-]+)"/.exec(body)?.[1];
		expect(style.body).toContain(`html.${darkClass} `);
	});

	test("tries things out on the host that it came from, whatever name that was called by", async () => {
		const shown = (await api.app.inject({ url: "/docs/json" })).json();
		expect(shown.servers.map((server: { url: string }) => server.url)).toEqual(["/"]);
	});
});

describe("around the API", () => {
	test("/ says where to look, and all of it is there", async () => {
		const { Name, Version, ...links } = (await api.app.inject({ url: "/" })).json();
		expect([Name, Version]).toEqual(["Afterbeep", "1.2.3"]);
		for (const url of Object.values<string>(links)) {
			expect((await api.app.inject({ url })).statusCode, url).toBe(200);
		}
	});

	test("/metrics counts requests by route and status, never by raw path", async () => {
		await api.app.inject({ url: "/v1.0/numbers?Number=%2B15551234567" });
		await api.app.inject({ url: "/nobody/knows/5551234567" });
		const { body, headers } = await api.app.inject({ url: "/metrics" });
		expect(headers["content-type"]).toBe("text/plain; version=0.0.4; charset=utf-8");
		expect(body).toMatch(
			/^afterbeep_http_request_duration_seconds_count\{method="GET",route="\/v1\.0\/numbers",status="401"\} [1-9]/m,
		);
		expect(body).toMatch(/route="unknown",status="404"/);
		expect(body).not.toContain("5551234567");
	});

	test("a gauge is read at each scrape; one that fails spoils no other", async () => {
		let calls = 3;
		api.deps.metrics.gauge("afterbeep_test_calls", "Calls.", ["kind"], () => [{ value: calls, labels: { kind: "a" } }]);
		api.deps.metrics.gauge("afterbeep_test_broken", "Broken.", [], () => {
			throw new Error("no figure");
		});
		expect(await api.deps.metrics.text()).toContain('afterbeep_test_calls{kind="a"} 3');
		calls = 4;
		expect(await api.deps.metrics.text()).toContain('afterbeep_test_calls{kind="a"} 4');
	});

	test("where the figures have an address of their own, the API does not show them", async () => {
		const settings = { ...api.deps.settings, serveMetrics: false };
		const app = createHttpApp({ ...api.deps, settings });
		expect((await app.inject({ url: "/metrics" })).statusCode).toBe(404);
		expect((await app.inject({ url: "/" })).json().Metrics).toBeUndefined();
		await app.close();
	});

	test("/readyz is 503 while something is missing, and names it", async () => {
		const readiness = async () => ({ ready: false, checks: { database: "does not answer" } });
		const app = createHttpApp({ ...api.deps, readiness });
		const response = await app.inject({ url: "/readyz" });
		expect(response.statusCode).toBe(503);
		expect(response.json()).toEqual({ Ready: false, Checks: { database: "does not answer" } });
		expect((await app.inject({ url: "/healthz" })).statusCode).toBe(200);
		await app.close();
	});
});
