/**
 * Clients that two generators of other makers write from a document, loaded as their users load them. Nothing of what
 * they write is changed: the base address and the token go where each generator's own documentation puts them.
 */
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { DescribedOperation, Json, NaiveAnswer, NaiveClient } from "./naive-clients.ts";

const NODE_MODULES = resolve(import.meta.dirname, "../../node_modules");

type Operation = (options: Json, requestOptions?: Json) => Promise<unknown>;

export interface OutsideGenerator {
	readonly name: string;
	/** @param folder empty, becomes the client's package. */
	generate(documentFile: string, folder: string): Promise<NaiveClient>;
}

/** One function for each operation; answers hold the status, errors too. */
const oazapfts: OutsideGenerator = {
	name: "oazapfts",
	async generate(documentFile, folder) {
		const { generateSource } = await import("oazapfts");
		const file = join(asPackage(folder), "client.ts");
		writeFileSync(file, await generateSource(documentFile, { argumentStyle: "object" }));
		const { defaults, servers, ...operations } = await import(/* @vite-ignore */ file);
		return {
			name: this.name,
			accept: "application/json",
			async call(base, document, operation, input, token) {
				defaults.baseUrl = base + basePath(document);
				defaults.headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
				const call = functionFor(operation, operations);
				const answer = (await call(argumentsFor(call, "body", operation, input))) as Json;
				return {
					status: answer.status,
					type: answer.headers.get("content-type"),
					body: typeof answer.data === "string" ? JSON.parse(answer.data) : answer.data,
				};
			},
		};
	},
};

/** A class for each tag, with static methods; only 200 returns, and the body alone. */
const openapiTypescriptCodegen: OutsideGenerator = {
	name: "openapi-typescript-codegen",
	async generate(documentFile, folder) {
		const { generate } = await import("openapi-typescript-codegen");
		const output = join(asPackage(folder), "client");
		await generate({ input: documentFile, output, httpClient: "fetch", useOptions: true });
		const { OpenAPI, ApiError, ...exported } = await import(/* @vite-ignore */ join(output, "index.ts"));
		const operations = Object.fromEntries(
			Object.values<Json>(exported).flatMap((service) =>
				Object.getOwnPropertyNames(service).map((name) => [name, service[name]]),
			),
		);
		return {
			name: this.name,
			accept: "application/json",
			async call(base, document, operation, input, token): Promise<NaiveAnswer> {
				OpenAPI.BASE = base + basePath(document);
				OpenAPI.TOKEN = token;
				const call = functionFor(operation, operations);
				try {
					return { status: 200, body: await call(argumentsFor(call, "requestBody", operation, input)) };
				} catch (error) {
					if (!(error instanceof ApiError)) throw error;
					const { status, body } = error as unknown as { status: number; body: unknown };
					return { status, body };
				}
			},
		};
	},
};

export const OUTSIDE_GENERATORS: readonly OutsideGenerator[] = [oazapfts, openapiTypescriptCodegen];

function asPackage(folder: string): string {
	mkdirSync(folder, { recursive: true });
	writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module", private: true }));
	symlinkSync(NODE_MODULES, join(folder, "node_modules"));
	return folder;
}

/** Of the document's server only the host is changed, as an operator would who moves. */
const basePath = (document: Json) => new URL(document.servers[0].url).pathname.replace(/\/$/, "");

/** Generators make names of methods and paths in the case of their language, and put signs before reserved words. */
const fold = (name: string) => name.toLowerCase().replace(/[^a-z0-9]/g, "");

function functionFor({ method, path, described }: DescribedOperation, operations: Json): Operation {
	const wanted = fold(described.operationId ?? method + path);
	const [, found] = Object.entries<Operation>(operations).find(([name]) => fold(name) === wanted) ?? [];
	if (found === undefined) throw new Error(`the generated client has no ${method} ${path}`);
	return found;
}

/** The one object that a generated function takes: parameters by its own names for them, and the body. */
function argumentsFor(call: Operation, bodyName: string, { inQuery }: DescribedOperation, input: Json): Json {
	const [, declared = ""] = /\(\{([^}]*)\}/.exec(call.toString()) ?? [];
	const names = declared.split(",").map((each) =>
		each
			.trim()
			.replace(/[:=].*/s, "")
			.trim(),
	);
	// A body whose schema has a name is called by that name by some.
	const named = names.find((name) => /_?request$/i.test(name));
	if (!inQuery) return { [names.includes(bodyName) ? bodyName : (named ?? bodyName)]: input };
	return Object.fromEntries(
		Object.entries(input).map(([wire, value]) => {
			const name = names.find((each) => fold(each) === fold(wire));
			if (name === undefined) throw new Error(`${wire} is none of ${names.join(", ")}`);
			return [name, value];
		}),
	);
}
