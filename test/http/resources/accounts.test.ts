import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readAudit } from "../../../src/directory/index.ts";
import { EXAMPLE_ACCOUNT, openTestApi, PROVISION, type TestApi } from "../../support/http-api.ts";

let api: TestApi;
beforeAll(async () => {
	api = await openTestApi();
});
afterAll(() => api[Symbol.asyncDispose]());

const NOWHERE = { Street1: null, Street2: null, City: null, State: null, Zip: null, Country: null };

/** A further account, a moment younger than those before. */
async function account(AccountName: string): Promise<string> {
	api.advance(1);
	const { body } = await api.post("/v1.0/account/create", { AccountName });
	return body.AccountId as string;
}

describe("accounts", () => {
	test("create, get and update answer with the whole account; AccountAdmin is kept and not shown", async () => {
		api.advance(1);
		const created = await api.post("/v1.0/account/create", {
			accountname: " Bob's Shake Shack ",
			AccountAdmin: "boss@example.com",
			BillingAddress: { Street1: "1 Main Street", ZIP: "84603", City: null, Planet: "Earth" },
			MailingAddress: null,
		});
		expect(created).toMatchObject({ status: 200 });
		const AccountId = created.body.AccountId as string;
		expect(created.body).toEqual({
			AccountId: expect.stringMatching(/^AID-[0-9a-f-]{36}$/),
			AccountName: "Bob's Shake Shack",
			TotalSubscribers: 0,
			BillingAddress: { ...NOWHERE, Street1: "1 Main Street", Zip: "84603" },
			MailingAddress: NOWHERE,
		});
		expect((await api.get(`/v1.0/account?accountid=${AccountId.toUpperCase()}`)).body).toEqual(created.body);
		const updated = await api.post("/v1.0/account/update", {
			AccountId,
			BillingAddress: { City: "Provo", Street1: "" },
		});
		expect(updated.body).toEqual({
			...created.body,
			BillingAddress: { ...NOWHERE, Zip: "84603", City: "Provo" },
		});
		const admin = await api.store.db.selectFrom("accounts").select("adminEmail").where("id", "=", AccountId).execute();
		expect(admin).toEqual([{ adminEmail: "boss@example.com" }]);
	});

	test("update without AccountId is for the only account; with several it is refused", async () => {
		await using lone = await openTestApi();
		const only = await lone.post("/v1.0/account/update", { AccountName: "Only one" });
		expect(only.body).toMatchObject({ AccountId: EXAMPLE_ACCOUNT, AccountName: "Only one" });
		await account("Another");
		const { body } = await api.post("/v1.0/account/update", { AccountName: "Which?" });
		expect(body).toMatchObject({ StatusCode: 400, Message: expect.stringContaining("AccountId is required") });
	});

	test.each([
		[{}, "AccountName is required"],
		[{ AccountName: " " }, "AccountName must not be empty"],
		[{ AccountName: "x".repeat(101) }, "AccountName must be at most 100 characters"],
		[{ AccountName: "a\nb" }, "AccountName must not hold control characters"],
		[{ AccountName: "A", AccountAdmin: "nobody" }, "AccountAdmin must be one mail address"],
		[{ AccountName: "A", BillingAddress: "1 Main Street" }, "BillingAddress must be an object"],
		[{ AccountName: "A", BillingAddress: { City: 5 } }, "BillingAddress.City must be a text"],
		[{ AccountName: "A", MailingAddress: { City: "x".repeat(201) } }, "MailingAddress.City must be at most 200"],
	])("create refuses %j", async (request, complaint) => {
		const { status, body } = await api.post("/v1.0/account/create", request);
		expect(status).toBe(400);
		expect(body.Message).toContain(complaint);
	});

	test("the operator's lists name its accounts in pages", async () => {
		const first = await api.get("/v1.0/distributor/accounts?TotalPerPage=1");
		expect(first.body).toMatchObject({
			DistributorId: api.operator.distributorId,
			Filter: "Active",
			PageNumber: 1,
			Results: [{ AccountId: EXAMPLE_ACCOUNT }],
		});
		const total = first.body.TotalAccounts as number;
		const second = await api.get("/v1.0/distributor/accounts?filter=all&PageNumber=2&TotalPerPage=1");
		expect(second.body).toMatchObject({ TotalAccounts: total, Filter: "All", PageNumber: 2 });
		expect(second.body.Results).not.toEqual(first.body.Results);
		const none = await api.get("/v1.0/distributor/accounts?Filter=Inactive");
		expect(none.body).toMatchObject({ TotalAccounts: 0, Results: [] });
		expect((await api.get("/v1.0/distributor")).body).toEqual({
			DistributorId: api.operator.distributorId,
			DistributorName: "First operator",
			TotalAccounts: total,
		});
	});

	test("a key of one account sees this account alone, and makes no other", async () => {
		const mine = await account("Mine");
		const made = (await api.post("/v1.0/keys/create", { Name: "Mine", AccountId: mine })).body;
		const { token } = await api.deps.tokens.issue(made.AccountKey as string, made.AccountSecret as string, undefined);
		const headers = { authorization: `Bearer ${token}` };
		expect((await api.get("/v1.0/distributor/accounts", headers)).body).toMatchObject({
			TotalAccounts: 1,
			Results: [{ AccountId: mine }],
		});
		const other = await api.get(`/v1.0/account?AccountId=${EXAMPLE_ACCOUNT}`, headers);
		const nobodys = await api.get("/v1.0/account?AccountId=AID-nobody", headers);
		expect(other).toMatchObject({ status: 404, body: nobodys.body });
		expect((await api.post("/v1.0/account/create", { AccountName: "No" }, headers)).status).toBe(403);
		expect((await api.post("/v1.0/numbers/provision", PROVISION, headers)).status).toBe(200);
	});

	test("changes are in the audit log with address, key and operation", async () => {
		const AccountId = await account("Audited");
		await api.post("/v1.0/account/update", { AccountId, AccountName: "Renamed" });
		const [update, create] = await readAudit(api.store.db, { accountId: AccountId, limit: 10 });
		expect(create).toMatchObject({ operation: "createAccount", after: { AccountName: "Audited" } });
		expect(update).toMatchObject({
			operation: "updateAccount",
			accountKey: api.operator.accountKey,
			address: "127.0.0.1",
			before: { AccountName: "Audited" },
			after: { AccountName: "Renamed" },
		});
	});
});
