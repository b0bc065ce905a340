/**
 * Clients that were generated from somebody else's document of the contract work unchanged: two of them walk a fixture
 * with the contract's oddities (the base path twice, casings, a dangling security scheme), our own 3.0 document, and the
 * vendor's document where it is at hand.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve as resolvePath } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { describedOperations } from "../../src/http/index.ts";
import { type ContractWorld, walk, walkWithoutToken } from "../support/contract-walk.ts";
import { addExamplePool, addExampleThings } from "../support/example-things.ts";
import { openTestApi, SECRET, type TestApi } from "../support/http-api.ts";
import {
	type DescribedOperation,
	idiomaticClient,
	type Json,
	literalClient,
	operationsOf,
} from "../support/naive-clients.ts";
import { OUTSIDE_GENERATORS } from "../support/outside-generators.ts";

const ROOT = resolvePath(import.meta.dirname, "../..");
const FIXTURE: Json = JSON.parse(readFileSync(join(ROOT, "test/fixtures/contract-3.0.3.json"), "utf8"));
const CLIENTS = [literalClient, idiomaticClient].map((client) => [client.name, client] as const);

const served = new Set(describedOperations().map(({ method, path }) => `${method} ${path}`));
const isServed = ({ method, path }: DescribedOperation) => served.has(`${method} ${path.toLowerCase()}`);

async function openWorld(): Promise<ContractWorld & { readonly api: TestApi }> {
	const api = await openTestApi();
	await addExamplePool(api);
	await api.app.listen({ host: "127.0.0.1", port: 0 });
	return {
		api,
		base: `http://127.0.0.1:${(api.app.server.address() as AddressInfo).port}`,
		credentials: { AccountKey: api.operator.accountKey, AccountSecret: SECRET },
		token: () => api.token(),
		beforeEach: () => api.advance(1),
	};
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

describe.each(OUTSIDE_GENERATORS.map((generator) => [generator.name, generator] as const))("%s", (name, generator) => {
	test("writes a client of our own document that carries out every operation, those of ours too", async () => {
		const world = await openWorld();
		await using stack = new AsyncDisposableStack();
		stack.use(world.api);
		const folder = mkdtempSync(join(tmpdir(), "afterbeep-own-"));
		stack.defer(() => rmSync(folder, { recursive: true, force: true }));
		await addExampleThings(world.api);
		const document: Json = (await world.api.app.inject({ url: "/openapi-3.0.json" })).json();
		const file = join(folder, "own.json");
		writeFileSync(file, JSON.stringify(document));
		const client = await generator.generate(file, join(folder, name));
		const operations = operationsOf(document);
		expect(operations.filter(({ described }) => described["x-afterbeep"] === true).length).toBeGreaterThan(10);
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
