/** The examples of the contract, as its clients would send them: all must pass (contract 5.1). */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { allOperations } from "../../src/http/index.ts";
import { addExamplePool, addExampleThings, own } from "../support/example-things.ts";
import { openTestApi, SECRET, type TestApi } from "../support/http-api.ts";

const EXAMPLE_KEY = "DID-1234567ab-1a2b-3cd4-...-...........";

/** Names of the members; of a list those of its first element. */
function membersOf(answer: object): readonly string[] {
	if (!Array.isArray(answer)) return Object.keys(answer);
	return typeof answer[0] === "object" ? Object.keys(answer[0]) : ["a list"];
}

let api: TestApi;
beforeAll(async () => {
	api = await openTestApi({}, { accountKey: EXAMPLE_KEY });
	await addExampleThings(api);
	await addExamplePool(api);
});
afterAll(() => api[Symbol.asyncDispose]());

test("each request, as it stands in our document, is answered with the documented members", async () => {
	for (const { method, path, example, auth, inQuery } of allOperations(api.deps)) {
		// The first account stays the oldest, which a DID- value means.
		api.advance(1);
		const request = auth === "none" ? { ...example.request, AccountSecret: SECRET } : example.request;
		const query = new URLSearchParams(request as Record<string, string>);
		const answer =
			method === "GET"
				? await api.get(`${path}?${query}`)
				: await (inQuery ? api.post(`${path}?${query}`, "") : api.post(path, request));
		expect(answer, `${path} ${JSON.stringify(answer.body)}`).toMatchObject({ status: 200 });
		expect(membersOf(answer.body), path).toEqual(membersOf(example.response));
		if (Array.isArray(example.response)) continue;
		for (const [name, value] of Object.entries(example.response)) {
			const given = answer.body[name];
			if (given !== null && value !== null) expect(typeof given, `${path} ${name}`).toBe(typeof value);
		}
	}
});

test("the body of the page that describes activation is answered with the body that it shows", async () => {
	const { status, body } = await api.post("/v1.0/numbers/voicemail/activate", {
		PhoneNumber: "+11234567890",
		AccountId: "AID-ab12345-2725-45a1-bd5e-526ed19799xx",
		PIN: "1234",
		FirstName: "John",
		LastName: "Doe",
		Email: "john@example.com",
	});
	expect(body).toEqual({ PhoneNumber: "+11234567890", VoicemailActivated: true, Successful: true });
	expect(status).toBe(200);
});

describe("values of examples that strict validators refuse", () => {
	test.each([
		["+11234567890", "1234"],
		["+1234567890", "5678"],
		["+112324567890", "0000"],
	])("the number %s and the PIN %s are taken, for an AID- and for a DID- value", async (PhoneNumber, PIN) => {
		await own(api, PhoneNumber);
		for (const AccountId of [api.operator.accountId, EXAMPLE_KEY]) {
			const { body } = await api.post("/v1.0/numbers/voicemail/activate", { PhoneNumber, PIN, AccountId });
			expect(body).toEqual({ PhoneNumber, VoicemailActivated: true, Successful: true });
		}
	});

	test.each([["8901240397190195850"], ["8901240397190557414F"], ["12345678900987654321"]])(
		"the SIM %s is taken at provisioning and found again",
		async (ICCID) => {
			// Of two numbers with one SIM the newer counts.
			api.advance(1_000);
			const { body } = await api.post("/v1.0/numbers/provision", {
				NumberType: "mvno",
				MessageType: "a2p",
				ProductType: "Sms+Data",
				ICCID,
				VoiceRouteId: "CRID-4dec6beb-3985-444b-8c06-8baa5jjvawe",
				AssignedSubscriberId: "TSUID-1234567999",
				AccountId: api.operator.accountId,
			});
			expect(body).toMatchObject({ ICCID, SubscriberId: "TSUID-1234567999" });
			const found = await api.get(`/v1.0/numbers?ICCID=${ICCID}`);
			expect(found.body).toMatchObject({ Number: body.PhoneNumberAssigned, Iccid: ICCID });
		},
	);
});
