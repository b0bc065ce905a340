/** Operators, accounts, subscribers, keys and the audit log from the command line, on a real data folder. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createOperators, createTokens, type FirstOperator, loadMasterKey } from "../../src/directory/index.ts";
import { systemClock as clock, silentLog } from "../../src/domain/index.ts";
import { openStore } from "../../src/store/index.ts";
import { run } from "./terminal-double.ts";

let data: string;
let first: FirstOperator;
let activate: (number: string) => Promise<void>;
let issues: (key: string, secret: string) => Promise<boolean>;
const opened = new AsyncDisposableStack();

beforeAll(async () => {
	const parent = await mkdtemp(path.join(tmpdir(), "afterbeep-cli-"));
	opened.defer(() => rm(parent, { recursive: true, force: true, maxRetries: 5 }));
	data = path.join(parent, "data");
	// Kept open: the commands use the server that it runs.
	const store = opened.use(
		await openStore({
			databaseUrl: undefined,
			databaseDirectUrl: undefined,
			dataFolder: data,
			blobs: `file:${path.join(data, "blobs")}`,
			worker: false,
			connectionsMax: 2,
			log: silentLog,
		}),
	);
	const masterKey = await loadMasterKey({ file: undefined, dataFolder: data, create: true });
	first = (await createOperators({ store, masterKey, clock }).bootstrap({}))!;
	activate = async (number) => {
		const { accountId } = first;
		await store.db.updateTable("numbers").set({ status: "Active", accountId }).where("number", "=", number).execute();
	};
	issues = async (key, secret) => {
		// A node of its own each time: nothing is remembered.
		const tokens = createTokens({ db: store.db, masterKey, clock, tokenMinutes: 10 });
		return tokens.issue(key, secret, undefined).then(
			() => true,
			() => false,
		);
	};
});
afterAll(() => opened.disposeAsync());

async function json<T = Record<string, never>>(...words: string[]): Promise<T> {
	const { code, stdout, stderr } = await run(...words, "--json", "--data", data);
	expect({ code, stderr }).toMatchObject({ code: 0 });
	return JSON.parse(stdout) as T;
}

describe("afterbeep distributors, accounts, keys, subscribers, audit", () => {
	test("distributors create prints the four credentials once, and they work", async () => {
		const made = await json<Record<string, string>>("distributors", "create", "Second Mobile");
		expect(Object.keys(made)).toEqual(["DistributorId", "AccountId", "AccountKey", "AccountSecret"]);
		expect(await issues(made.AccountKey!, made.AccountSecret!)).toBe(true);
		const listed = await json<object[]>("distributors", "list");
		expect(listed).toMatchObject([{ Name: "First operator" }, { Name: "Second Mobile", Accounts: 1, Keys: 1 }]);
		expect(JSON.stringify(listed)).not.toContain(made.AccountSecret);
		const text = await run("distributors", "list", "--data", data);
		expect(text.stdout).toContain("Second Mobile");
	});

	test("numbers import fills the pool of the operator that is named, and is written down", async () => {
		const [, second] = await json<Record<string, string>[]>("distributors", "list");
		const file = path.join(path.dirname(data), "numbers.csv");
		await writeFile(file, "Number\n+15550001111\n+15550001112\n");
		const done = await json("numbers", "import", file, "--distributor", second!.DistributorId!);
		expect(done).toMatchObject({ Imported: 2 });
		const [entry] = await json<object[]>("audit", "--limit", "1");
		expect(entry).toMatchObject({
			Operation: "numbers import",
			DistributorId: second!.DistributorId,
			After: { Imported: 2, Skipped: 0 },
		});
	});

	test("accounts create, update, show", async () => {
		const made = await json<Record<string, string>>(
			"accounts",
			"create",
			"Depot",
			"--billing-address",
			'{"City":"Provo"}',
		);
		expect(made).toMatchObject({ AccountName: "Depot", BillingAddress: { City: "Provo", Zip: null } });
		await json("accounts", "update", made.AccountId!, "--name", "Depot & Sons");
		expect(await json("accounts", "show", made.AccountId!)).toMatchObject({ AccountName: "Depot & Sons" });
		const wrong = await run("accounts", "create", "X", "--billing-address", '{"Planet":"Earth"}', "--data", data);
		expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining("--billing-address must be JSON") });
		const foreign = await run("accounts", "show", "AID-nobody", "--data", data);
		expect(foreign.code).toBe(1);
	});

	test("keys create, rotate with overlap, list, revoke", async () => {
		const made = await json<Record<string, string>>("keys", "create", "Ops", "--rights", "keyadmin, VoicemailAdmin");
		expect(made).toMatchObject({ Rights: ["KeyAdmin", "VoicemailAdmin"] });
		const key = made.AccountKey!;
		const rotated = await json<Record<string, string>>("keys", "rotate", key);
		expect(await issues(key, made.AccountSecret!)).toBe(true);
		expect(await issues(key, rotated.AccountSecret!)).toBe(true);
		await json("keys", "rotate", key, "--overlap-minutes", "0");
		expect(await issues(key, rotated.AccountSecret!)).toBe(false);
		expect(await json<object[]>("keys", "list")).toMatchObject([{ AccountKey: first.accountKey }, { AccountKey: key }]);
		expect(await json("keys", "limit", key, "600")).toMatchObject({ AccountKey: key, RequestsPerMinute: 600 });
		expect(await json("keys", "limit", key, "default")).toMatchObject({ RequestsPerMinute: null });
		const zero = await run("keys", "limit", key, "0", "--data", data);
		expect(zero.stderr).toContain("1 to 1000000 requests a minute");
		expect(await json("keys", "revoke", key)).toEqual({ AccountKey: key, Successful: true });
		expect(await json<object[]>("keys", "list")).toHaveLength(1);
		const nobody = await run("keys", "list", "--distributor", "DID-nobody", "--data", data);
		expect(nobody).toMatchObject({ code: 2, stderr: expect.stringContaining("There is no operator") });
	});

	test("signing-keys rotate makes a second one that signs", async () => {
		await issues(first.accountKey, first.accountSecret);
		const { Kid } = await json("signing-keys", "rotate");
		expect(await json<object[]>("signing-keys", "list")).toMatchObject([{ Kid, Use: "Signing" }, { Use: "Checking" }]);
		await json("signing-keys", "rotate", "--void-tokens");
		expect(await json<object[]>("signing-keys", "list")).toHaveLength(1);
	});

	test("subscribers create, update, transfer, list", async () => {
		const { AccountId } = await json<Record<string, string>>("accounts", "create", "Movers");
		const account = ["--account", first.accountId];
		const made = await json<Record<string, string>>(
			"subscribers",
			"create",
			"Jane Roe",
			"jane@example.com",
			...account,
		);
		expect(made).toMatchObject({ PhoneNumbers: [], Role: "Subscriber", Account: { AccountId: first.accountId } });
		const id = made.SubscriberId!;
		expect(await json("subscribers", "update", id, "--role", "manager")).toMatchObject({ Role: "Manager" });
		await json("subscribers", "transfer", id, first.accountId, AccountId!);
		expect(await json("subscribers", "show", id)).toMatchObject({ Account: { AccountId, CompanyName: "Movers" } });
		expect(await json<object[]>("subscribers", "list", "--account", AccountId!)).toHaveLength(1);
		const whose = await run("subscribers", "create", "J", "j@example.com", "--data", data);
		expect(whose).toMatchObject({ code: 1, stderr: expect.stringContaining("Name it with --account") });
		const again = await run("subscribers", "create", "J", "JANE@example.com", ...account, "--data", data);
		expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining("Email already exists") });
	});

	test("phones add shows a password once; list does not; rotate makes another; remove ends it", async () => {
		const number = "+11234567890";
		await activate(number);
		const made = await json<Record<string, string>>("phones", "add", number, "--name", "Desk");
		expect(made).toMatchObject({ PhoneNumber: number, Name: "Desk", Realm: "afterbeep" });
		const rotated = await json<Record<string, string>>("phones", "rotate", made.Username!);
		expect(rotated).toMatchObject({ Username: made.Username, Realm: "afterbeep" });
		expect(rotated.Password).not.toBe(made.Password);
		const listed = await json<object[]>("phones", "list", number);
		expect(listed).toMatchObject([{ Username: made.Username, RotatedOn: expect.any(String) }]);
		expect(JSON.stringify(listed)).not.toMatch(/assword/);
		expect(await json("phones", "remove", made.Username!)).toEqual({ Username: made.Username, Successful: true });
		expect(await json("phones", "list")).toEqual([]);
		const pool = await run("phones", "add", "+11234567891", "--data", data);
		expect(pool).toMatchObject({ code: 1, stderr: expect.stringContaining("does not exist") });
	});

	test("audit shows all of it, as done by this machine's user and without secrets", async () => {
		const entries = await json<Record<string, string>[]>("audit");
		const operations = new Set(entries.map((entry) => entry.Operation));
		for (const name of [
			"distributors create",
			"keys rotate",
			"signing-keys rotate",
			"subscribers transfer",
			"phones add",
		]) {
			expect(operations).toContain(name);
		}
		expect(entries.every((entry) => /^cli:|^first start$/.test(entry.AccountKey!))).toBe(true);
		expect(JSON.stringify(entries)).not.toContain(first.accountSecret);
		const text = await run("audit", "--account", first.accountId, "--limit", "5", "--data", data);
		expect(text.stdout).toMatch(/At +Operation +What/);
		expect(text.stdout).toContain("subscribers transfer");
	});
});

describe("verbs with the fields of the API", () => {
	const done = async (...words: string[]) => {
		const { code, stdout, stderr } = await run(...words, "--json", "--data", data);
		return { code, stderr, body: stdout === "" ? {} : JSON.parse(stdout) };
	};

	test("change a number and its mailbox, under the rules and in the words of the API, and are written down", async () => {
		const number = "+11234567898";
		await activate(number);
		const updated = await json("numbers", "update", number, "VoiceEnabled=false", "cnamfirstname=Bob");
		expect(updated).toMatchObject({ Number: number, VoiceEnabled: false, CnamFirstName: "Bob" });
		const made = await json("mailboxes", "activate", number, "PIN=4821", "Email=john@example.com");
		expect(made).toEqual({ PhoneNumber: number, VoicemailActivated: true, Successful: true });
		expect((await done("mailboxes", "update", number, "PIN=12")).stderr).toContain("PIN must be 4 to 10");
		const refused = await done("numbers", "update", number, "MessageEnabled=true");
		expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining("MessageRouteId is required") });
		expect(await json("mailboxes", "delete", number)).toMatchObject({ Successful: true });
		const entries = await json<{ Operation: string }[]>("audit", "--number", number);
		const operations = ["mailboxes delete", "mailboxes activate", "numbers update"];
		expect(entries.map(({ Operation }) => Operation)).toEqual(operations);
		expect(JSON.stringify(entries)).not.toContain("4821");
	});

	test("make, change and delete what has an id; lists are JSON", async () => {
		const { WebhookId } = await json<{ WebhookId: string }>(
			...["webhooks", "create", "WebhookUrl=https://example.com/x", "SubscribedEvents=Voicemail_*"],
			`AccountId=${first.accountId}`,
		);
		const changed = await json("webhooks", "update", WebhookId, "Method=put");
		expect(changed).toMatchObject({ WebhookId, Method: "PUT", SubscribedEvents: "Voicemail_*" });
		expect(await json("webhooks", "show", WebhookId)).toEqual(changed);
		await json("webhooks", "delete", WebhookId);
		expect((await done("webhooks", "show", WebhookId)).code).toBe(1);
		const { SubscriberId } = await json<{ SubscriberId: string }>(
			"subscribers",
			"create",
			"Ann",
			"ann@ops.example",
			"--account",
			first.accountId,
		);
		await json("guardian-features", "set", SubscriberId, "EnableIntelligentGuardianCalls=true");
		const filter = await json<{ FilterId: string }>(
			...["filters", "create", `SubscriberId=${SubscriberId}`, "Phone=+11234567890"],
			...["FilterMode=blacklist", 'BlockedNumbers=["+18015551234"]'],
		);
		expect(filter).toMatchObject({ FilterMode: "BLACKLIST", BlockedNumbers: ["+18015551234"] });
		expect(await json("filters", "delete", filter.FilterId)).toMatchObject({ Status: "Deleted" });
	});

	test.each([["nonsense"], ["=x"], ["Name=a", "name=b"], ["MondayStartTime=[1"]])(
		"%s is called wrongly",
		async (...words) => {
			expect((await done("schedules", "create", ...words)).code).toBe(2);
		},
	);

	test("account keys stand under accounts too", async () => {
		expect(await json("accounts", "keys", "list")).toEqual(await json("keys", "list"));
		expect((await run("accounts", "--help")).stdout).toContain("accounts keys rotate ACCOUNTKEY");
		expect((await done("accounts", "kyes", "list")).code).toBe(2);
	});
});
