/** Every operation that changes something writes it down: walked by the examples of our own document. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type AuditView, readAudit } from "../../src/directory/index.ts";
import { allOperations } from "../../src/http/index.ts";
import { addExamplePool, addExampleThings } from "../support/example-things.ts";
import { EXAMPLE_ACCOUNT, openTestApi, type TestApi } from "../support/http-api.ts";

/** POSTs that read, or send something out and keep nothing. */
const KEEPS_NOTHING = new Set([
	...["createToken", "findAvailableNumbers", "getVoicemailInfo", "getVoicemailStatus"],
	...["getWebhookSecret", "testWebhook"],
]);
/** Their examples find everything as they want it, and change nothing: tried with something to change below. */
const ALREADY_SO = new Set(["reactivateNumber", "reactivateNumberAsInGuide", "transferSubscriber"]);

let api: TestApi;
let seen = 0;
beforeAll(async () => {
	api = await openTestApi();
	await addExampleThings(api);
	await addExamplePool(api);
	await newEntries();
});
afterAll(() => api[Symbol.asyncDispose]());

/** Those since the last call. */
async function newEntries(): Promise<readonly AuditView[]> {
	const all = await readAudit(api.store.db, { limit: 10_000 });
	const entries = all.slice(0, all.length - seen);
	seen = all.length;
	return entries;
}

function expectWritten(id: string, entries: readonly AuditView[]): void {
	expect(entries, id).not.toEqual([]);
	for (const entry of entries) {
		const who = { accountKey: api.operator.accountKey, distributorId: api.operator.distributorId };
		expect(entry, id).toMatchObject({ ...who, address: "127.0.0.1", operation: id });
		expect(entry.number ?? entry.thing, id).toBeTruthy();
		expect(entry.before ?? entry.after, id).not.toBeNull();
		if (/^(?:update|rotate|transfer|reactivate)/.test(id)) {
			expect(entry.before, id).not.toBeNull();
			expect(entry.after, id).not.toBeNull();
		}
	}
}

test("each mutation leaves entries that say who did what to which thing, from where, before and after", async () => {
	let walked = 0;
	for (const { id, method, path, example, inQuery } of allOperations(api.deps)) {
		if (method === "GET" || KEEPS_NOTHING.has(id)) continue;
		api.advance(1);
		const query = inQuery ? `?${new URLSearchParams(example.request as Record<string, string>)}` : "";
		const { status, body } = await api.post(`${path}${query}`, inQuery ? "" : example.request);
		expect({ id, status, body }).toMatchObject({ status: 200 });
		const entries = await newEntries();
		if (ALREADY_SO.has(id)) expect(entries, id).toEqual([]);
		else expectWritten(id, entries);
		walked++;
	}
	expect(walked).toBeGreaterThan(40);
});

test("so do those whose examples change nothing, and an order for a later day, where they do change something", async () => {
	const AccountId = EXAMPLE_ACCOUNT;
	const { body: other } = await api.post("/v1.0/account/create", { AccountName: "Other" });
	const subscriber = { Name: "Ann", Email: "ann@example.com", Role: "Subscriber", Password: "1234567890" };
	const { body: made } = await api.post("/v1.0/subscribers/create", { ...subscriber, PhoneNumbers: [], AccountId });
	const number = "+18018018011";
	const status = (StatusChange: string, EffectiveDate: string) =>
		api.post("/v1.0/numbers/status", { StatusChange, EffectiveDate, PhoneNumbers: [number] });
	await newEntries();
	expect((await status("cancel", "1/1/2020")).status).toBe(200);
	expectWritten("changeNumberStatus", await newEntries());
	expect((await api.post("/v1.0/numbers/reactivate", { PhoneNumber: number, AccountId })).status).toBe(200);
	expectWritten("reactivateNumber", await newEntries());
	const way = { SubscriberId: made.SubscriberId, FromAccountId: AccountId, ToAccountId: other.AccountId };
	expect((await api.post("/v1.0/subscribers/transfer", way)).status).toBe(200);
	const transferred = await newEntries();
	expectWritten("transferSubscriber", transferred);
	expect(transferred.map((entry) => entry.accountId).sort()).toEqual([AccountId, String(other.AccountId)].sort());
	const tomorrow = new Date(api.deps.clock.now().getTime() + 86_400_000).toISOString();
	expect((await status("park", tomorrow)).body.OrderStatus).toBe("Pending");
	const ordered = await newEntries();
	expectWritten("changeNumberStatus", ordered);
	expect(ordered).toMatchObject([{ number, accountId: AccountId, after: { StatusChange: "park" } }]);
});
