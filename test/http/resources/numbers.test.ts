import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { addExampleSubscriber } from "../../support/example-things.ts";
import { EXAMPLE_ACCOUNT, openTestApi, PROVISION, type TestApi } from "../../support/http-api.ts";

let api: TestApi;
beforeAll(async () => {
	api = await openTestApi();
});
afterAll(() => api[Symbol.asyncDispose]());

const provision = (body: object) => api.post("/v1.0/numbers/provision", body);

describe("POST /v1.0/numbers/provision", () => {
	test("the first number of a new platform is the contract's own example, and all members are there", async () => {
		const { status, body } = await provision(PROVISION);
		expect(status).toBe(200);
		expect(Object.keys(body)).toEqual([
			"OrderDate",
			"OrderId",
			"OrderStatus",
			"PhoneNumberAssigned",
			"PhoneNumberId",
			"QRCode",
			"ZipCode",
			"ICCID",
			"ErrorMessage",
			"SubscriberId",
		]);
		expect(body).toMatchObject({
			OrderDate: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
			OrderId: expect.stringMatching(/^JNUOID-[0-9a-f-]{36}$/),
			OrderStatus: "Complete",
			PhoneNumberAssigned: "+11234567890",
			PhoneNumberId: expect.stringMatching(/^NID-[0-9a-f-]{36}$/),
			QRCode: null,
			ZipCode: null,
			ICCID: null,
			ErrorMessage: null,
			SubscriberId: null,
		});
	});

	test("absent booleans are false", async () => {
		const { body } = await provision({ NumberType: "mvno", MessageType: "a2p", ProductType: "Data-Only" });
		const number = encodeURIComponent(body.PhoneNumberAssigned as string);
		const read = await api.get(`/v1.0/numbers?Number=${number}`);
		expect(read.body).toMatchObject({ MessageEnabled: false, VoiceEnabled: false });
	});

	test.each([
		[{ NumberType: "mobile" }, "NumberType must be one of mvno, iot"],
		[{ NumberType: undefined }, "NumberType is required"],
		[{ MessageType: undefined }, "MessageType is required"],
		[{ ProductType: undefined }, "ProductType is required"],
		[{ ProductType: "Sms" }, "ProductType must be one of Sms-Only, Data-Only, Sms+Data, Sms+Data+Voice"],
		[{ MessageEnabled: true }, "MessageRouteId is required"],
		[{ MessageEnabled: true, MessageRouteId: "" }, "MessageRouteId is required"],
		[{ NumberType: "iot", MessageType: "a2p" }, "NumberType / MessageType mismatch"],
		[{ NumberType: "IoT", MessageType: "A2P" }, "NumberType / MessageType mismatch"],
		[{ VoiceEnabled: "perhaps" }, "VoiceEnabled must be true or false"],
		[{ AreaCode: "80" }, "AreaCode must be 3 digits"],
		[{ AreaCode: 8.1 }, "AreaCode must be a text"],
		[{ AreaCode: 80 }, "AreaCode must be 3 digits"],
		[{ ZipCode: "8460x" }, "ZipCode must be 5 digits"],
		[{ ICCID: "89" }, "ICCID must be 18 to 20 digits"],
		[{ AccountId: "AID-nobody" }, "Invalid AccountId"],
		[{ AssignedSubscriberId: "x".repeat(101) }, "AssignedSubscriberId must be 1 to 100 printable characters"],
	])("%j is 400: %s", async (change, message) => {
		const { status, body } = await provision({ ...PROVISION, ...change });
		expect(body).toEqual({ StatusCode: 400, Message: expect.stringContaining(message) });
		expect(body.Message).toMatch(/^Bad request: /);
		expect(status).toBe(400);
	});

	test("enum values in any case come out canonical", async () => {
		const { body } = await provision({
			...PROVISION,
			NumberType: "IOT",
			MessageType: "P2P",
			ProductType: "sms+data+VOICE",
			MessageEnabled: "true",
			MessageRouteId: "MRID-73af1e73-d7b3-4696-bdd9-5b407c96fc8a",
		});
		const read = await api.get(`/v1.0/numbers?Number=${encodeURIComponent(String(body.PhoneNumberAssigned))}`);
		expect(read.body).toMatchObject({ Classification: "IoT", MessageType: "p2p", MessageEnabled: true });
		const [row] = await api.deps.numbers.list({ status: "Active", limit: 100 }).then((all) => all.slice(-1));
		expect(row?.productType).toBe("Sms+Data+Voice");
	});

	test("an empty pool is 400 and says so", async () => {
		await using small = await openTestApi();
		await small.store.db.deleteFrom("numbers").execute();
		const { status, body } = await small.post("/v1.0/numbers/provision", PROVISION);
		expect(status).toBe(400);
		expect(body.Message).toMatch(/^Bad request: .*pool/);
	});
});

test("an AssignedSubscriberId that is none of the account's is refused alike, and takes no number", async () => {
	await using own = await openTestApi();
	const { body: other } = await own.post("/v1.0/account/create", { AccountName: "Other" });
	const stranger = { id: "TSUID-other", accountId: String(other.AccountId), name: "O", email: "o@example.com" };
	await own.store.db
		.insertInto("subscribers")
		.values({ ...stranger, role: "Subscriber" })
		.execute();
	const mine = { ...PROVISION, AccountId: EXAMPLE_ACCOUNT };
	const { body: held } = await own.post("/v1.0/numbers/provision", mine);
	const free = () => own.store.db.selectFrom("numbers").select("number").where("status", "=", "Pool").execute();
	const before = await free();
	const update = { Number: held.PhoneNumberAssigned };
	for (const AssignedSubscriberId of ["TSUID-nobody", "TSUID-other"]) {
		for (const [path, request] of [
			["provision", mine],
			["update", update],
		] as const) {
			const { body } = await own.post(`/v1.0/numbers/${path}`, { ...request, AssignedSubscriberId });
			expect(body, path).toEqual({
				StatusCode: 400,
				Message: expect.stringMatching(/^Bad request: AssignedSubscriberId is no subscriber of this account/),
			});
		}
	}
	expect(await free()).toEqual(before);
});

describe("GET /v1.0/numbers", () => {
	const sim = "8901240397190557414F";
	let number: string;
	beforeAll(async () => {
		await addExampleSubscriber(api);
		const { body } = await provision({ ...PROVISION, ICCID: sim, AssignedSubscriberId: "tsuid-1234567999" });
		number = body.PhoneNumberAssigned as string;
	});
	const get = (query: string) => api.get(`/v1.0/numbers?${query}`);

	test("answers one object in the documented spelling", async () => {
		const { status, body } = await get(`Number=${encodeURIComponent(number)}`);
		expect(status).toBe(200);
		expect(Object.keys(body)).toEqual([
			"Number",
			"TNID",
			"OrderId",
			"NumberType",
			"MessageEnabled",
			"MessageRouteId",
			"VoiceEnabled",
			"Classification",
			"MessageType",
			"VoiceRouteId",
			"Status",
			"OriginalDatePurchased",
			"AssignedSubscriberId",
			"Iccid",
			"Cnam",
			"QrActivationLink",
			"SwapsRemaining",
			"NextSwapResetDate",
		]);
		expect(body).toMatchObject({
			Number: number,
			TNID: expect.stringMatching(/^TNID-/),
			NumberType: "mobile",
			Classification: "MVNO",
			MessageType: "p2p",
			Status: "Active",
			OriginalDatePurchased: expect.stringMatching(/^\d\d\/\d\d\/\d{4}$/),
			AssignedSubscriberId: "TSUID-1234567999",
			Iccid: sim,
		});
	});

	test.each([
		["Number=%2B{n}"],
		["Number=+{n}"],
		["Number=%20{n}"],
		["number=%2B{n}"],
		["PhoneNumber=%2B{n}"],
		["phonenumber=+{n}&NUMBER=+{n}"],
		["ICCID={s}"],
		["iccid={s}&Number=%2B{n}&Unknown=1&unknown=2"],
		["Number=%2B{n}&ICCID="],
	])("?%s finds it", async (query) => {
		const { status, body } = await get(query.replaceAll("{n}", number.slice(1)).replaceAll("{s}", sim));
		expect(body.Number).toBe(number);
		expect(status).toBe(200);
	});

	test.each([
		["", 400],
		["Number=", 400],
		["Number={n}", 400],
		["Number=%2B{n}&Number=%2B{n}", 400],
		["Number=%2B{n}&number=%2B{n}", 400],
		["Number=%00", 400],
		["Number=%ff%fe", 400],
		["ICCID=abc", 400],
		["Number=%2B19999999999", 404],
		["Number=%2B{n}&PhoneNumber=%2B19999999999", 404],
		["Number=%2B{n}&ICCID=8901240397190195850", 404],
	])("?%s is not found (%i: %i)", async (query, expected) => {
		const { status, body } = await get(query.replaceAll("{n}", number.slice(1)));
		expect(body.StatusCode).toBe(expected);
		expect(status).toBe(expected);
	});

	test("a number still in the pool answers exactly like one that does not exist", async () => {
		const pooled = await get("Number=%2B11234567989");
		const unknown = await get("Number=%2B19999999999");
		expect(pooled.body).toEqual(unknown.body);
		expect(pooled.status).toBe(404);
	});

	test("HEAD answers like GET, without a body", async () => {
		const response = await api.app.inject({
			method: "HEAD",
			url: `/v1.0/numbers?Number=+${number.slice(1)}`,
			headers: { authorization: `Bearer ${await api.token()}` },
		});
		expect(response.statusCode).toBe(200);
		expect(response.body).toBe("");
	});
});
