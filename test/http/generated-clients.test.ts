/**
 * Clients that were generated from somebody else's document of the contract work unchanged: two of them walk a fixture
 * with the contract's oddities (the base path twice, casings, a dangling security scheme), our own 3.0 document, and the
 * vendor's document where it is at hand.
 */
import { existsSync, readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { join, resolve as resolvePath } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { describedOperations } from "../../src/http/index.ts";
import { addExamplePool, addExampleThings } from "../support/example-things.ts";
import { EXAMPLE_ACCOUNT, openTestApi, SECRET, type TestApi } from "../support/http-api.ts";
import {
	breaches,
	type DescribedOperation,
	idiomaticClient,
	type Json,
	literalClient,
	type NaiveClient,
	operationsOf,
	resolve,
} from "../support/naive-clients.ts";

const ROOT = resolvePath(import.meta.dirname, "../..");
const FIXTURE: Json = JSON.parse(readFileSync(join(ROOT, "test/fixtures/contract-3.0.3.json"), "utf8"));
const CLIENTS = [literalClient, idiomaticClient].map((client) => [client.name, client] as const);

const served = new Set(describedOperations().map(({ method, path }) => `${method} ${path}`));
const isServed = ({ method, path }: DescribedOperation) => served.has(`${method} ${path.toLowerCase()}`);

/** Values of examples, and what stands for them in this world. */
type Memory = Map<string, string>;

/** What the answers give for the ids and numbers of their examples; the first answer that has one decides. */
function learn(memory: Memory, example: unknown, given: unknown): void {
	if (typeof example === "string" && typeof given === "string") {
		if (/^(?:[A-Z]+-|\+\d)/.test(example) && !memory.has(example)) memory.set(example, given);
	} else if (typeof example === "object" && example !== null && typeof given === "object" && given !== null) {
		for (const [name, inner] of Object.entries(example)) learn(memory, inner, (given as Json)[name]);
	}
}

function recall(memory: Memory, value: unknown): unknown {
	if (typeof value === "string") return memory.get(value) ?? value;
	if (Array.isArray(value)) return value.map((item) => recall(memory, item));
	if (typeof value !== "object" || value === null) return value;
	return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, recall(memory, inner)]));
}

/** Each member of the example is in the answer, under the same spelling, of the same kind or null. */
function expectLike(example: unknown, given: unknown, where: string): void {
	if (example === null || given === null) return;
	expect(Array.isArray(given), where).toBe(Array.isArray(example));
	expect(typeof given, where).toBe(typeof example);
	if (Array.isArray(example) && Array.isArray(given)) {
		if (given.length > 0 && example.length > 0) expectLike(example[0], given[0], `${where}[0]`);
	} else if (typeof example === "object") {
		// A dictionary without entries has none of the example's.
		const names = Object.keys(given as Json).length === 0 ? [] : Object.entries(example as Json);
		for (const [name, inner] of names) {
			expect(given, where).toHaveProperty([name]);
			expectLike(inner, (given as Json)[name], `${where}.${name}`);
		}
	}
}

async function openWorld(): Promise<{ api: TestApi; base: string }> {
	const api = await openTestApi();
	await addExamplePool(api);
	await api.app.listen({ host: "127.0.0.1", port: 0 });
	return { api, base: `http://127.0.0.1:${(api.app.server.address() as AddressInfo).port}` };
}

/** Calls each operation in the document's order; a token from the document's own token operation, where it has one. */
async function walk(
	client: NaiveClient,
	{ api, base }: { api: TestApi; base: string },
	document: Json,
	operations: readonly DescribedOperation[],
	examplesExist = false,
): Promise<void> {
	const memory: Memory = new Map([[EXAMPLE_ACCOUNT, EXAMPLE_ACCOUNT]]);
	let token = await api.token();
	for (const operation of operations) {
		api.advance(1);
		const where = `${operation.method} ${operation.path}`;
		const input = recall(memory, operation.example) as Json;
		if (operation.open) Object.assign(input, { AccountKey: api.operator.accountKey, AccountSecret: SECRET });
		if (operation.open) delete input.ApiEndpoint;
		const answer = await client.call(base, document, operation, input, operation.open ? undefined : token);
		expect(answer.status, `${where} ${JSON.stringify(input)} ${JSON.stringify(answer.body)}`).toBe(200);
		expect(answer.type, where).toBe(`${client.accept}; charset=utf-8`);
		expect(breaches(document, operation.answerSchema, answer.body), where).toEqual([]);
		expectLike(operation.answerExample, answer.body, where);
		if (!examplesExist) learn(memory, operation.answerExample, answer.body);
		if (operation.open) token = (answer.body as Json).token;
	}
}

/** Each operation without a token: the error as the document describes it. */
async function walkWithoutToken(
	client: NaiveClient,
	base: string,
	document: Json,
	operations: readonly DescribedOperation[],
): Promise<void> {
	for (const operation of operations.filter(({ open }) => !open)) {
		const where = `${operation.method} ${operation.path}`;
		const answer = await client.call(base, document, operation, operation.example);
		expect(answer.status, where).toBe(401);
		expect(answer.type, where).toBe(`${client.accept}; charset=utf-8`);
		const described = resolve(document, operation.described.responses[401]).content[client.accept].schema;
		expect(breaches(document, described, answer.body), where).toEqual([]);
		expect(answer.body, where).toMatchObject({ StatusCode: 401 });
	}
}

describe.each(CLIENTS)("%s", (_name, client) => {
	let world: Awaited<ReturnType<typeof openWorld>>;
	beforeAll(async () => {
		world = await openWorld();
	});
	afterAll(() => world.api[Symbol.asyncDispose]());

	test("carries out every operation of a document written from the contract's facts", async () => {
		await walk(client, world, FIXTURE, operationsOf(FIXTURE).filter(isServed));
	});

	test("gets the documented error of each of them without a token", async () => {
		await walkWithoutToken(client, world.base, FIXTURE, operationsOf(FIXTURE).filter(isServed));
	});
});

describe.each(CLIENTS)("%s, with our own document", (_name, client) => {
	test("carries out every operation", async () => {
		const world = await openWorld();
		await using _api = world.api;
		await addExampleThings(world.api);
		const document: Json = (await world.api.app.inject({ url: "/openapi-3.0.json" })).json();
		const operations = operationsOf(document);
		expect(operations.length).toBe(served.size);
		await walk(client, world, document, operations, true);
		await walkWithoutToken(client, world.base, document, operations);
	});
});

test("the fixture names every operation of the contract that is served, and only paths of the contract", () => {
	const named = new Set(operationsOf(FIXTURE).map(({ method, path }) => `${method} ${path.toLowerCase()}`));
	const ofContract = describedOperations().filter(({ ours }) => ours !== true);
	const elsewhere = /^(GET \/v1\.0\/distributor|POST \/v1\.0\/(voice|message)\/routes\/delete)/;
	const missing = ofContract
		.map(({ method, path }) => `${method} ${path}`)
		.filter((each) => !named.has(each) && !elsewhere.test(each));
	expect(missing).toEqual([]);
});

const VENDOR_PAGE = resolvePath(ROOT, "../shared/seed.md");

describe.skipIf(!existsSync(VENDOR_PAGE))("with the vendor's own document of activation, where it is at hand", () => {
	test.each(CLIENTS)("%s activates a mailbox", async (_name, client) => {
		const { parse } = await import("yaml");
		const [, text = ""] = /````yaml [^\n]*\n([\s\S]*?)\n````/.exec(readFileSync(VENDOR_PAGE, "utf8")) ?? [];
		const document: Json = parse(text);
		const world = await openWorld();
		await using api = world.api;
		await addExampleThings(api);
		const operations = operationsOf(document);
		expect(operations.map(({ path }) => path)).toEqual(["/v1.0/numbers/voicemail/activate"]);
		await walkWithoutToken(client, world.base, document, operations);
		await walk(client, world, document, operations, true);
	});
});
