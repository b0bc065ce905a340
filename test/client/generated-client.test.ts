/** The client that is published as `afterbeep/client`: made from the document, checked by the compiler, used on a server. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
// @ts-expect-error: a script of the project, without types
import { clientSource } from "../../scripts/make-client.mjs";
import { AfterbeepError, type ClientOptions } from "../../src/client/index.ts";
import { describedOperations, openApiDocument } from "../../src/http/index.ts";
import { addExamplePool, addExampleThings } from "../support/example-things.ts";
import { EXAMPLE_ACCOUNT, openTestApi, PROVISION, SECRET, type TestApi } from "../support/http-api.ts";

const ROOT = resolve(import.meta.dirname, "../..");

/** What a person may write against the types, and what they must keep a person from. */
const USES = `
import { createClient, type AfterbeepClient } from "./client.ts";
export async function use(client: AfterbeepClient): Promise<string | null> {
	await client.activateVoicemail({ PhoneNumber: "+11234567890", PIN: "1234" });
	const info = await client.getVoicemailInfo({ PhoneNumber: "+11234567890" });
	const number = await client.getNumber({ Number: "+11234567890" });
	const status: string = number.Status;
	await client.getNumber();
	// @ts-expect-error: a required member is missing
	await client.activateVoicemail({ PIN: "1234" });
	// @ts-expect-error: no such value
	await client.provisionNumber({ NumberType: "landline", MessageType: "p2p", ProductType: "Sms-Only" });
	// @ts-expect-error: no such member
	await client.activateVoicemail({ PhoneNumber: "+11234567890", Pin: "1234" });
	// @ts-expect-error: may be null
	const email: string = info.Email;
	// @ts-expect-error: no such operation
	await client.deleteEverything({});
	return email + status;
}
export const make = createClient;
`;

// biome-ignore lint/suspicious/noExplicitAny: its types are made in this very test
type AnyClient = Record<string, (request?: object) => Promise<any>>;

let folder: string;
let api: TestApi;
let baseUrl: string;
let createClient: (options: ClientOptions) => AnyClient;
beforeAll(async () => {
	folder = mkdtempSync(join(tmpdir(), "afterbeep-client-"));
	const about = { publicUrl: "https://voicemail.example.com", version: "1.2.3" };
	writeFileSync(join(folder, "client.ts"), clientSource(openApiDocument(describedOperations(), about)));
	writeFileSync(join(folder, "uses.ts"), USES);
	api = await openTestApi();
	await addExampleThings(api);
	await addExamplePool(api);
	await api.app.listen({ host: "127.0.0.1", port: 0 });
	baseUrl = `http://127.0.0.1:${(api.app.server.address() as AddressInfo).port}`;
	({ createClient } = await import(/* @vite-ignore */ pathToFileURL(join(folder, "client.ts")).href));
});
afterAll(async () => {
	await api?.[Symbol.asyncDispose]();
	rmSync(folder, { recursive: true, force: true });
});

const client = (options: Partial<ClientOptions> = {}) =>
	createClient({ baseUrl, accountKey: api.operator.accountKey, accountSecret: SECRET, ...options });

describe("the generated client", () => {
	test("is what its types promise, by the compiler's strictest rules", () => {
		mkdirSync(join(folder, "out"));
		const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
		const options = {
			compilerOptions: {
				target: "es2022",
				module: "nodenext",
				strict: true,
				exactOptionalPropertyTypes: true,
				noUncheckedIndexedAccess: true,
				erasableSyntaxOnly: true,
				allowImportingTsExtensions: true,
				noEmit: true,
				types: ["node"],
				typeRoots: [join(ROOT, "node_modules/@types")],
			},
			include: ["*.ts"],
		};
		writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(options));
		writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
		expect(run(process.execPath, [tsc, "-p", folder])).toBe("");
	});

	test("has a method for every operation", () => {
		expect(Object.keys(client()).sort()).toEqual(
			describedOperations()
				.map(({ id }) => id)
				.sort(),
		);
	});

	test("carries out every documented example", async () => {
		const caller = client();
		for (const { id, example, auth } of describedOperations()) {
			api.advance(1);
			const request =
				auth === "none" ? { AccountKey: api.operator.accountKey, AccountSecret: SECRET } : example.request;
			const answer = await caller[id]!(request);
			expect(Array.isArray(answer), id).toBe(Array.isArray(example.response));
		}
	});

	test("gets a token by itself, once for many calls, and a new one when it has run out", async () => {
		const asked: string[] = [];
		const counting: typeof fetch = (url, init) => {
			asked.push(new URL(String(url)).pathname);
			return fetch(url, init);
		};
		const caller = client({ fetch: counting, baseUrl: `${baseUrl}/v1.0/` });
		const { PhoneNumberAssigned: PhoneNumber } = await caller.provisionNumber!({
			...PROVISION,
			AccountId: EXAMPLE_ACCOUNT,
		});
		await Promise.all([1, 2, 3].map(() => caller.getVoicemailInfo!({ PhoneNumber })));
		expect(asked.filter((path) => path.endsWith("/tokens"))).toHaveLength(1);
		api.advance(11 * 60_000);
		expect(await caller.getVoicemailInfo!({ PhoneNumber })).toMatchObject({ PhoneNumber, VoicemailEnabled: false });
		expect(asked.filter((path) => path.endsWith("/tokens"))).toHaveLength(2);
	});

	test("an error is an Error, with the status, the message and the id of the request", async () => {
		await expect(client().getVoicemailInfo!({ PhoneNumber: "+15559999999" })).rejects.toMatchObject({
			name: "AfterbeepError",
			status: 404,
			message: expect.stringMatching(/^Not found: /),
			requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
		});
		await expect(
			client({ accountSecret: "wrong-secret" }).getVoicemailInfo!({ PhoneNumber: "+1555" }),
		).rejects.toMatchObject({ status: 401 });
		expect(new AfterbeepError("text", 500)).toBeInstanceOf(Error);
	});

	test("waits as the rate limit asks, where it was given patience, and throws where not", async () => {
		const answers = (): typeof fetch => {
			let asked = 0;
			return async (url) => {
				if (String(url).endsWith("/tokens")) return Response.json({ token: "t" });
				if (asked++ > 0) return Response.json({ PhoneNumber: "+1555" });
				return Response.json(
					{ StatusCode: 429, Message: "Too many requests: slow." },
					{
						status: 429,
						headers: { "retry-after": "0" },
					},
				);
			};
		};
		const request = { PhoneNumber: "+1555" };
		await expect(client({ fetch: answers(), patienceSeconds: 1 }).getVoicemailInfo!(request)).resolves.toEqual(request);
		const slow: typeof fetch = async (url) =>
			String(url).endsWith("/tokens")
				? Response.json({ token: "t" })
				: new Response("<html>busy</html>", { status: 429, headers: { "retry-after": "30" } });
		await expect(client({ fetch: slow, patienceSeconds: 1 }).getVoicemailInfo!(request)).rejects.toMatchObject({
			status: 429,
			retryAfterSeconds: 30,
			message: "HTTP 429",
		});
	});
});

function run(command: string, args: readonly string[]): string {
	try {
		return execFileSync(command, args, { encoding: "utf8", stdio: "pipe" });
	} catch (error) {
		return (error as { stdout: string }).stdout;
	}
}
