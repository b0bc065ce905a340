import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { newId } from "../../../src/domain/index.ts";
import { openTestApi, type TestApi } from "../../support/http-api.ts";

let api: TestApi;
beforeAll(async () => {
	api = await openTestApi();
});
afterAll(() => api[Symbol.asyncDispose]());

const call = (verb: string, body: object) => api.post(`/v1.0/numbers/voicemail/${verb}`, body);
const VERBS = ["activate", "info", "update", "delete"];

describe("the voicemail family", () => {
	test("activate, info, update, info, delete, info: answers in the documented words", async () => {
		const PhoneNumber = await api.number();
		const empty = { PhoneNumber, VoicemailEnabled: false, Email: null, FirstName: null, LastName: null };
		expect((await call("info", { PhoneNumber })).body).toEqual(empty);

		const activated = await call("activate", {
			PhoneNumber,
			PIN: "1234",
			FirstName: " John ",
			LastName: "Doe",
			Email: "john@example.com",
		});
		expect(activated).toMatchObject({ status: 200, body: { PhoneNumber, VoicemailActivated: true, Successful: true } });
		expect(Object.keys(activated.body)).toEqual(["PhoneNumber", "VoicemailActivated", "Successful"]);
		const info = await call("info", { PhoneNumber });
		expect(info.body).toEqual({
			PhoneNumber,
			VoicemailEnabled: true,
			Email: "john@example.com",
			FirstName: "John",
			LastName: "Doe",
		});
		expect(Object.keys(info.body)).toEqual(["PhoneNumber", "VoicemailEnabled", "Email", "FirstName", "LastName"]);

		const updated = await call("update", { PhoneNumber, PIN: "5678", Email: "newemail@example.com" });
		expect(updated.body).toEqual({ PhoneNumber, Successful: true, Message: "Voicemail settings updated" });
		expect((await call("info", { PhoneNumber })).body).toMatchObject({
			Email: "newemail@example.com",
			FirstName: "John",
		});

		const removed = await call("delete", { PhoneNumber });
		expect(removed.body).toEqual({ PhoneNumber, Successful: true, Message: "Voicemail removed" });
		expect((await call("info", { PhoneNumber })).body).toEqual(empty);
	});

	test("all four are safe to repeat", async () => {
		const PhoneNumber = await api.number();
		for (const verb of VERBS) {
			const first = await call(verb, { PhoneNumber });
			const again = await call(verb, { PhoneNumber });
			expect(first.status, verb).toBe(200);
			expect(again.body).toEqual(first.body);
		}
	});

	test("activate again: sent fields replace, others stay; null changes nothing, an empty text clears", async () => {
		const PhoneNumber = await api.number();
		await call("activate", { PhoneNumber, FirstName: "John", LastName: "Doe", Email: "john@example.com" });
		await call("activate", { PhoneNumber, FirstName: "Jane", LastName: null, Email: "" });
		expect((await call("info", { PhoneNumber })).body).toMatchObject({
			FirstName: "Jane",
			LastName: "Doe",
			Email: null,
		});
	});

	test("update without voicemail is 404, without fields it changes nothing", async () => {
		const PhoneNumber = await api.number();
		expect((await call("update", { PhoneNumber })).status).toBe(404);
		await call("activate", { PhoneNumber, FirstName: "John" });
		expect((await call("update", { PhoneNumber })).status).toBe(200);
		expect((await call("info", { PhoneNumber })).body.FirstName).toBe("John");
	});

	test.each(VERBS)("%s of another's number answers exactly like a number that does not exist", async (verb) => {
		const foreign = "+15550001111";
		const distributorId = newId("distributor");
		const accountId = newId("account");
		await api.store.db.insertInto("distributors").values({ id: distributorId, name: "Other" }).execute();
		await api.store.db.insertInto("accounts").values({ id: accountId, distributorId, name: "Other" }).execute();
		await api.store.db
			.insertInto("numbers")
			.values({ number: foreign, id: crypto.randomUUID(), distributorId, accountId, status: "Active" })
			.onConflict((conflict) => conflict.doNothing())
			.execute();
		const theirs = await call(verb, { PhoneNumber: foreign, PIN: "4711" });
		const nobodys = await call(verb, { PhoneNumber: "+15550002222", PIN: "4711" });
		expect(theirs.body).toEqual(nobodys.body);
		expect(theirs).toMatchObject({
			status: 404,
			body: {
				StatusCode: 404,
				Message: expect.stringMatching(
					/^Not found: the requested resource does not exist or belongs to a different account\./,
				),
			},
		});
	});

	test.each(VERBS)("%s: AccountId may be the owner, the distributor's DID, blank or null; else 400", async (verb) => {
		const PhoneNumber = await api.number();
		await call("activate", { PhoneNumber });
		const { accountId, distributorId } = api.operator;
		for (const AccountId of [accountId, accountId.toUpperCase(), distributorId, "", null]) {
			expect((await call(verb, { PhoneNumber, AccountId })).status, String(AccountId)).toBe(200);
			await call("activate", { PhoneNumber });
		}
		const { body } = await call(verb, { PhoneNumber, AccountId: "AID-1234567" });
		expect(body).toEqual({ StatusCode: 400, Message: expect.stringMatching(/^Bad request: Invalid AccountId/) });
	});

	test.each([
		[{ PIN: "" }, "PIN must be 4 to 10 digits"],
		[{ PIN: "123" }, "PIN must be 4 to 10 digits"],
		[{ PIN: "12345678901" }, "PIN must be 4 to 10 digits"],
		[{ PIN: "12a4" }, "PIN must be 4 to 10 digits"],
		[{ PIN: 1234 }, "PIN must be a text"],
		[{ FirstName: "x".repeat(101) }, "FirstName must be at most 100 characters"],
		[{ LastName: "a\u0007b" }, "LastName must not hold control characters"],
		[{ Email: "nobody" }, "Email must be one mail address"],
		[{ Email: `${"a".repeat(250)}@b.cd` }, "Email must be at most 254 characters"],
		[{ Email: "a@b.cd\r\nBcc: x@y.z" }, "Email must be one mail address"],
		[{ Email: ["a@b.cd"] }, "Email must be one text"],
		[{ PhoneNumber: undefined }, "PhoneNumber is required"],
		[{ PhoneNumber: null }, "PhoneNumber is required"],
		[{ PhoneNumber: "1123" }, "PhoneNumber must be an E.164 number"],
		[{ PhoneNumber: " 11234567890" }, "PhoneNumber must be an E.164 number"],
	])("activate and update refuse %j", async (change, complaint) => {
		for (const verb of ["activate", "update"]) {
			const { body } = await call(verb, { PhoneNumber: "+11234567890", ...change });
			expect(body).toEqual({ StatusCode: 400, Message: expect.stringContaining(`Bad request: ${complaint}`) });
		}
	});

	test("a hundred activations of one number at once leave one mailbox", async () => {
		const PhoneNumber = await api.number();
		const answers = await Promise.all(
			Array.from({ length: 100 }, (_, i) => call("activate", { PhoneNumber, FirstName: `Name ${i}` })),
		);
		expect(answers.map(({ status }) => status)).toEqual(Array(100).fill(200));
		const rows = await api.store.db
			.selectFrom("mailboxes")
			.select("id")
			.where("phoneNumber", "=", PhoneNumber)
			.execute();
		expect(rows).toHaveLength(1);
	});
});
