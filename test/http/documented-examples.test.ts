/** The examples of the contract, as its clients would send them: all must pass (contract 5.1). */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { allOperations } from "../../src/http/index.ts";
import { openTestApi, SECRET, type TestApi } from "../support/http-api.ts";

let api: TestApi;
beforeAll(async () => {
	api = await openTestApi();
	await api.store.db
		.updateTable("accountKeys")
		.set({ accountKey: "DID-1234567ab-1a2b-3cd4-...-..........." })
		.where("accountKey", "=", api.operator.accountKey)
		.execute();
	await api.store.db
		.updateTable("numbers")
		.set({ status: "Active", accountId: api.operator.accountId })
		.where("number", "=", "+11234567890")
		.execute();
});
afterAll(() => api[Symbol.asyncDispose]());

test("each documented request, as it stands in our document, is answered with the documented members", async () => {
	const credentials = { AccountKey: "DID-1234567ab-1a2b-3cd4-...-...........", AccountSecret: SECRET };
	const asked = await api.app.inject({ method: "POST", url: "/v1.0/oauth2/tokens", payload: credentials });
	const authorization = `Bearer ${asked.json().token}`;
	const imported = [{ number: "+18018018011" }];
	await api.deps.numbers.importPool(api.operator.distributorId, imported);
	await api.store.db
		.updateTable("numbers")
		.set({ status: "Active", accountId: api.operator.accountId })
		.where("number", "=", "+18018018011")
		.execute();
	await api.deps.numbers.importPool(api.operator.distributorId, [{ number: "+18016025346", zipCode: "84603" }]);

	for (const { method, path, example, auth } of allOperations(api.deps)) {
		const request = auth === "none" ? { ...example.request, ...credentials } : example.request;
		const answer =
			method === "POST"
				? await api.post(path, request, { authorization })
				: await api.get(`${path}?${new URLSearchParams(request as Record<string, string>)}`, { authorization });
		expect(answer, `${path} ${JSON.stringify(answer.body)}`).toMatchObject({ status: 200 });
		expect(Object.keys(answer.body), path).toEqual(Object.keys(example.response));
		for (const [name, value] of Object.entries(example.response)) {
			const given = answer.body[name];
			if (given !== null && value !== null) expect(typeof given, `${path} ${name}`).toBe(typeof value);
		}
	}
});

describe("values of examples that strict validators refuse", () => {
	test.each([
		["+11234567890", "1234"],
		["+1234567890", "5678"],
		["+112324567890", "0000"],
	])("the number %s and the PIN %s are taken", async (PhoneNumber, PIN) => {
		await api.deps.numbers.importPool(api.operator.distributorId, [{ number: PhoneNumber }]);
		await api.store.db
			.updateTable("numbers")
			.set({ status: "Active", accountId: api.operator.accountId })
			.where("number", "=", PhoneNumber)
			.execute();
		for (const AccountId of [api.operator.accountId, api.operator.distributorId]) {
			const authorization = `Bearer ${await tokenOfExampleKey()}`;
			const answer = await api.post(
				"/v1.0/numbers/voicemail/activate",
				{ PhoneNumber, PIN, AccountId },
				{ authorization },
			);
			expect(answer.body).toEqual({ PhoneNumber, VoicemailActivated: true, Successful: true });
		}
	});
});

async function tokenOfExampleKey(): Promise<string> {
	const { token } = await api.deps.tokens.issue("DID-1234567ab-1a2b-3cd4-...-...........", SECRET, undefined);
	return token;
}
