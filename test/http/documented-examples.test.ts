/** The examples of the contract, as its clients would send them: all must pass (contract 5.1). */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { allOperations } from "../../src/http/index.ts";
import { openTestApi, SECRET, type TestApi } from "../support/http-api.ts";

const EXAMPLE_KEY = "DID-1234567ab-1a2b-3cd4-...-...........";

/** One that is read and changed, one that is deleted. */
const FILTERS = ["CFID-3f0d2c52-7d0c-4f1e-9c26-0d5d5f3b8a11", "CFID-84a7a2f6-1d54-4b0b-8f0e-1b2f1f9a6c52"];

const GROUPS = ["WID-5e0c7a30-3c61-4d0b-8e55-0d1d5a4c9b21", "WID-6f1d8b41-4d72-4e1c-9f66-1e2e6b5dac32"];
const ACTIVITIES = ["WAID-7a2e9c52-5e83-4f2d-8a77-2f3f7c6ebd43", "WAID-8b3fad63-6f94-4a3e-9b88-3a4a8d7fce54"];

/** Names of the members; of a list those of its first element. */
function membersOf(answer: object): readonly string[] {
	if (!Array.isArray(answer)) return Object.keys(answer);
	return typeof answer[0] === "object" ? Object.keys(answer[0]) : ["a list"];
}

let api: TestApi;
beforeAll(async () => {
	api = await openTestApi({}, { accountKey: EXAMPLE_KEY });
	await own("+11234567890");
	await own("+18018018011");
	await own("+1234567890");
	const { store, operator } = api;
	await store.db
		.insertInto("subscribers")
		.values({
			id: "TSUID-1234567999",
			accountId: operator.accountId,
			name: "Jerome User 3",
			email: "jerome3@joonto.com",
			role: "Manager",
		})
		.execute();
	await store.db
		.insertInto("accountKeys")
		.values({
			accountKey: "DID-5b1d9c1e-8a52-4f0e-9d43-0c5d3f6f8f11",
			distributorId: operator.distributorId,
			name: "Billing system",
			secretHash: Buffer.alloc(32),
		})
		.execute();
	for (const id of GROUPS) {
		await store.db.insertInto("workgroups").values({ id, accountId: operator.accountId, document: "{}" }).execute();
	}
	for (const id of ACTIVITIES) {
		await store.db.insertInto("workgroupActivities").values({ id, workgroupId: GROUPS[0]!, document: "{}" }).execute();
	}
	for (const [i, id] of FILTERS.entries()) {
		const SubscriberId = "TSUID-1234567999";
		const phone = `+1801801802${i}`;
		const document = JSON.stringify({ FilterMode: "BLACKLIST", Phone: phone, SubscriberId });
		await store.db.insertInto("callFilters").values({ id, subscriberId: SubscriberId, phone, document }).execute();
	}
	await api.deps.numbers.importPool(api.operator.distributorId, [
		{ number: "+18016025346", zipCode: "84603" },
		...["+18016025347", "+18016025348", "+18016025349"].map((number) => ({ number })),
	]);
});
afterAll(() => api[Symbol.asyncDispose]());

/** Puts a number into the pool and gives it out. */
async function own(number: string): Promise<void> {
	await api.deps.numbers.importPool(api.operator.distributorId, [{ number }]);
	await api.store.db
		.updateTable("numbers")
		.set({ status: "Active", accountId: api.operator.accountId })
		.where("number", "=", number)
		.execute();
}

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
		await own(PhoneNumber);
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
