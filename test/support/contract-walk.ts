/** A walk through all operations of a document of the contract, each with what the answers before it gave. */
import { expect } from "vitest";
import { EXAMPLE_ACCOUNT } from "./http-api.ts";
import {
	breaches,
	type DescribedOperation,
	type Json,
	type NaiveAnswer,
	type NaiveClient,
	resolve,
} from "./naive-clients.ts";

/** A server to walk on. */
export interface ContractWorld {
	readonly base: string;
	readonly credentials: { readonly AccountKey: string; readonly AccountSecret: string };
	/** For documents that have no token operation. */
	token(): Promise<string>;
	beforeEach?(): void;
}

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

/** Calls each operation in the document's order; a token from the document's own token operation, where it has one. */
export async function walk(
	client: NaiveClient,
	world: ContractWorld,
	document: Json,
	operations: readonly DescribedOperation[],
	examplesExist = false,
): Promise<void> {
	const memory: Memory = new Map([[EXAMPLE_ACCOUNT, EXAMPLE_ACCOUNT]]);
	let token = await world.token();
	for (const operation of operations) {
		world.beforeEach?.();
		const where = `${operation.method} ${operation.path}`;
		const input = recall(memory, operation.example) as Json;
		if (operation.open) Object.assign(input, world.credentials);
		if (operation.open) delete input.ApiEndpoint;
		const answer = await client.call(world.base, document, operation, input, operation.open ? undefined : token);
		expect(answer.status, `${where} ${JSON.stringify(input)} ${JSON.stringify(answer.body)}`).toBe(200);
		expectType(client, answer, where);
		expect(breaches(document, operation.answerSchema, answer.body), where).toEqual([]);
		expectLike(operation.answerExample, answer.body, where);
		if (!examplesExist) learn(memory, operation.answerExample, answer.body);
		if (operation.open) token = (answer.body as Json).token;
	}
}

function expectType(client: NaiveClient, answer: NaiveAnswer, where: string): void {
	if (answer.type !== undefined) expect(answer.type, where).toBe(`${client.accept}; charset=utf-8`);
}

/** Each operation without a token: the error as the document describes it. */
export async function walkWithoutToken(
	client: NaiveClient,
	base: string,
	document: Json,
	operations: readonly DescribedOperation[],
): Promise<void> {
	for (const operation of operations.filter(({ open }) => !open)) {
		const where = `${operation.method} ${operation.path}`;
		const answer = await client.call(base, document, operation, operation.example);
		expect(answer.status, where).toBe(401);
		expectType(client, answer, where);
		const described = resolve(document, operation.described.responses[401]).content[client.accept].schema;
		expect(breaches(document, described, answer.body), where).toEqual([]);
		expect(answer.body, where).toMatchObject({ StatusCode: 401 });
	}
}
