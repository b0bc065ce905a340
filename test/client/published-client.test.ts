/** `afterbeep/client` as somebody has it who installs the package: the tarball of `npm pack`, their compiler, their program. */
import { execFile, execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { addExamplePool } from "../support/example-things.ts";
import { EXAMPLE_ACCOUNT, openTestApi, SECRET, type TestApi } from "../support/http-api.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const run = promisify(execFile);

const PROGRAM = `
import { type AfterbeepClient, AfterbeepError, createClient } from "afterbeep/client";

const [baseUrl = "", accountKey = "", accountSecret = ""] = process.argv.slice(2);
const client: AfterbeepClient = createClient({ baseUrl, accountKey, accountSecret });
const { PhoneNumberAssigned: PhoneNumber } = await client.provisionNumber({
	NumberType: "mvno",
	MessageType: "p2p",
	ProductType: "Sms-Only",
	AccountId: "${EXAMPLE_ACCOUNT}",
});
await client.activateVoicemail({ PhoneNumber, Email: "john@example.com" });
const { VoicemailEnabled, Email } = await client.getVoicemailInfo({ PhoneNumber });
const status = await client.getVoicemailInfo({ PhoneNumber: "+15559999999" }).then(
	() => 200,
	(error) => (error instanceof AfterbeepError ? error.status : 0),
);
console.log(JSON.stringify({ VoicemailEnabled, Email, status }));
`;

let folder: string;
let api: TestApi;
beforeAll(async () => {
	folder = mkdtempSync(join(tmpdir(), "afterbeep-published-"));
	api = await openTestApi();
	await addExamplePool(api);
	await api.app.listen({ host: "127.0.0.1", port: 0 });
});
afterAll(async () => {
	await api?.[Symbol.asyncDispose]();
	rmSync(folder, { recursive: true, force: true });
});

test("the packed client is imported by its name, compiled strictly, and does its work with nothing else installed", async () => {
	await run("npm", ["pack", "--pack-destination", folder], { cwd: ROOT });
	const [tarball] = readdirSync(folder).filter((name) => name.endsWith(".tgz"));
	const app = join(folder, "app");
	const installed = join(app, "node_modules", "afterbeep");
	mkdirSync(installed, { recursive: true });
	execFileSync("tar", ["-xzf", join(folder, tarball!), "--strip-components=1", "-C", installed]);

	writeFileSync(join(app, "package.json"), JSON.stringify({ type: "module", private: true }));
	writeFileSync(join(app, "program.ts"), PROGRAM);
	const compilerOptions = {
		target: "es2022",
		module: "nodenext",
		strict: true,
		exactOptionalPropertyTypes: true,
		types: ["node"],
		typeRoots: [join(ROOT, "node_modules/@types")],
	};
	writeFileSync(join(app, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["program.ts"] }));
	const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
	const compiled = await run(process.execPath, [tsc, "-p", app]).catch((error: { stdout: string }) => error);
	expect(compiled.stdout).toBe("");

	const { port } = api.app.server.address() as AddressInfo;
	const program = join(app, "program.js");
	const words = [program, `http://127.0.0.1:${port}`, api.operator.accountKey, SECRET];
	const { stdout, stderr } = await run(process.execPath, words);
	expect(stderr).toBe("");
	expect(JSON.parse(stdout)).toEqual({ VoicemailEnabled: true, Email: "john@example.com", status: 404 });
}, 120_000);
