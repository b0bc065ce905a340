import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { EXAMPLE_ACCOUNT, openTestApi, type TestApi } from "../../support/http-api.ts";

let api: TestApi;
beforeAll(async () => {
	api = await openTestApi();
});
afterAll(() => api[Symbol.asyncDispose]());

const issue = async (AccountKey: unknown, AccountSecret: unknown) => {
	const payload = { AccountKey, AccountSecret };
	return (await api.app.inject({ method: "POST", url: "/v1.0/oauth2/tokens", payload })).statusCode;
};

describe("keys over the API", () => {
	test("create, list, rotate with overlap, delete", async () => {
		// Oldest first: the first key is the older one by a moment.
		api.advance(1);
		const made = await api.post("/v1.0/keys/create", {
			Name: "Billing",
			AccountId: EXAMPLE_ACCOUNT,
			Rights: ["voicemailADMIN"],
		});
		expect(made.body).toEqual({
			AccountKey: expect.stringMatching(/^DID-[0-9a-f-]{36}$/),
			AccountId: EXAMPLE_ACCOUNT,
			Name: "Billing",
			Rights: ["VoicemailAdmin"],
			CreatedOn: api.deps.clock.now().toISOString(),
			RotatedOn: null,
			PreviousSecretExpiry: null,
			AccountSecret: expect.stringMatching(/^[\w-]{43}$/),
		});
		const { AccountKey, AccountSecret, ...shown } = made.body;
		const listed = (await api.get("/v1.0/keys")).body;
		expect(listed).toMatchObject({ TotalResults: 2, Keys: [{ Name: "First key" }, { AccountKey, ...shown }] });
		expect(JSON.stringify(listed)).not.toContain(AccountSecret);

		const rotated = (await api.post("/v1.0/keys/rotate", { AccountKey, OverlapMinutes: 5 })).body;
		expect(rotated.PreviousSecretExpiry).toBe(new Date(api.deps.clock.now().getTime() + 300_000).toISOString());
		expect([await issue(AccountKey, AccountSecret), await issue(AccountKey, rotated.AccountSecret)]).toEqual([
			200, 200,
		]);
		api.advance(300_000);
		expect([await issue(AccountKey, AccountSecret), await issue(AccountKey, rotated.AccountSecret)]).toEqual([
			401, 200,
		]);

		expect((await api.post("/v1.0/keys/delete", { AccountKey })).body).toEqual({ AccountKey, Successful: true });
		api.advance(3_000);
		expect(await issue(AccountKey, rotated.AccountSecret)).toBe(401);
		expect((await api.post("/v1.0/keys/delete", { AccountKey })).status).toBe(404);
	});

	test.each([
		["create", {}, "Name is required"],
		["create", { Name: "A", Rights: ["King"] }, "Rights[0] must be one of KeyAdmin, VoicemailAdmin"],
		["create", { Name: "A", AccountId: "AID-nobody" }, "Invalid AccountId"],
		["rotate", { AccountKey: "DID-1", OverlapMinutes: 43_201 }, "OverlapMinutes must be at most 43200"],
		["delete", {}, "AccountKey is required"],
	])("%s refuses %j", async (verb, request, complaint) => {
		const { status, body } = await api.post(`/v1.0/keys/${verb}`, request);
		expect(status).toBe(400);
		expect(body.Message).toContain(complaint);
	});

	test("a key without the right is told so: 403", async () => {
		const made = (await api.post("/v1.0/keys/create", { Name: "Plain" })).body;
		const { token } = await api.deps.tokens.issue(made.AccountKey as string, made.AccountSecret as string, undefined);
		const { status, body } = await api.post("/v1.0/keys/create", { Name: "B" }, { authorization: `Bearer ${token}` });
		expect(status).toBe(403);
		expect(body.Message).toMatch(/^Forbidden: your token does not have permission to manage keys/);
	});
});
