import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openTestApi, PROVISION, type TestApi } from "../../support/http-api.ts";

let api: TestApi;
beforeAll(async () => {
	api = await openTestApi();
});
afterAll(() => api[Symbol.asyncDispose]());

const ASKED = { NumberType: "mobile", MessageEnabled: false, VoiceEnabled: true };

describe("POST /v1.0/numbers/import and /availability", () => {
	test("an import fills the pool; what is held already is named; availability shows its areas", async () => {
		const imported = await api.post("/v1.0/numbers/import", {
			Numbers: [
				{ Number: "+12015550001", ZipCode: "07001" },
				{ Number: "+18015550001", AreaCode: "801", ZipCode: "84603" },
				{ Number: "+18015550002", AreaCode: "801", ZipCode: "84603" },
				{ Number: "+18015550002" },
			],
		});
		expect(imported.body).toEqual({
			OrderId: expect.stringMatching(/^JNUOID-/),
			OrderStatus: "Complete",
			Imported: 3,
			Skipped: ["+18015550002"],
		});
		const order = await api.get(`/v1.0/numbers/order?OrderId=${imported.body.OrderId}`);
		expect(order.body).toMatchObject({ OrderType: "import", OrderStatus: "Complete" });

		const { body } = await api.post("/v1.0/numbers/availability", ASKED);
		expect(body).toEqual({
			RequestId: expect.stringMatching(/^T-/),
			RequestDate: expect.stringMatching(/Z$/),
			NumberType: "mobile",
			VoiceEnabled: true,
			MessageEnabled: false,
			AreaCode: "",
			ZipCode: "",
			PageNumber: 1,
			ResultsTotal: 2,
			AvailableNumberAreas: [
				{ NGP: "OWN", AreaCode: 201, Zipcode: "07001" },
				{ NGP: "OWN", AreaCode: 801, Zipcode: "84603" },
			],
		});
		const areas = async (more: object) =>
			(
				(await api.post("/v1.0/numbers/availability", { ...ASKED, ...more })).body.AvailableNumberAreas as {
					AreaCode: number;
				}[]
			).map((each) => each.AreaCode);
		expect(await areas({ AreaCode: "201", ZipCode: "84603" })).toEqual([201]);
		expect(await areas({ AreaCode: "999", ZipCode: "84603" })).toEqual([801]);
		expect(await areas({ AreaCode: "999" })).toEqual([]);
		// As the answer names it, an integer: a client hands on what it was given.
		expect(await areas({ AreaCode: 801 })).toEqual([801]);
		expect(await areas({ PageNumber: 2 })).toEqual([]);
	});

	test("Provision assigns at once", async () => {
		const { body } = await api.post("/v1.0/numbers/import", {
			Numbers: [{ Number: "+4930123456", AccountId: api.operator.accountId }],
			Provision: true,
		});
		expect(body).toMatchObject({ Imported: 1 });
		const read = await api.get("/v1.0/numbers?Number=%2B4930123456");
		expect(read.body).toMatchObject({
			Status: "Active",
			Classification: "MVNO",
			VoiceEnabled: true,
			OrderId: body.OrderId,
		});
	});

	test.each([
		[{ Numbers: [{ Number: "030" }] }, 400],
		[{ Numbers: [] }, 400],
		[{ Numbers: [{ Number: "+4930123457", AccountId: "AID-nobody" }], Provision: true }, 400],
	])("%j is refused and imports nothing", async (body, expected) => {
		expect((await api.post("/v1.0/numbers/import", body)).status).toBe(expected);
		expect((await api.get("/v1.0/numbers?Number=%2B4930123457")).status).toBe(404);
	});

	test.each([
		[{ NumberType: "voip" }, "NumberType must be one of mobile"],
		[{ MessageEnabled: undefined }, "MessageEnabled is required"],
		[{ PageNumber: 0 }, "PageNumber must be at least 1"],
		[{ ZipCode: "1" }, "ZipCode must be 5 digits"],
	])("availability with %j is 400: %s", async (change, message) => {
		const { body } = await api.post("/v1.0/numbers/availability", { ...ASKED, ...change });
		expect(body).toEqual({ StatusCode: 400, Message: expect.stringContaining(message) });
	});
});

describe("GET /v1.0/numbers/inventory", () => {
	test("lists by filter and page, in the contract's spelling, secrets null", async () => {
		const given = [(await api.post("/v1.0/numbers/provision", PROVISION)).body.PhoneNumberAssigned as string];
		given.push((await api.post("/v1.0/numbers/provision", PROVISION)).body.PhoneNumberAssigned as string);
		await api.post("/v1.0/numbers/status", { StatusChange: "cancel", PhoneNumbers: [given[1]] });
		const list = async (query: string) => (await api.get(`/v1.0/numbers/inventory${query}`)).body;
		const all = await list("");
		expect(all).toMatchObject({ AccountId: api.operator.accountId, TotalResults: 3, PageNumber: 1, Filter: "All" });
		expect(await list("?filter=active&PageNumber=1")).toMatchObject({ TotalResults: 2, Filter: "Active" });
		expect(await list("?Filter=Inactive")).toMatchObject({
			TotalResults: 1,
			PhoneNumbers: [{ Number: given[1], Status: "Cancelled" }],
		});
		const second = await list(`?PageNumber=2&TotalNumbersRequested=1&AccountId=${api.operator.accountId}`);
		expect(second).toMatchObject({ TotalResults: 3, PageNumber: 2 });
		expect(second.PhoneNumbers).toHaveLength(1);
		const [first] = all.PhoneNumbers as Record<string, unknown>[];
		expect(first).toMatchObject({ Tnid: expect.stringMatching(/^TNID-/), PortOutPin: null, NumberType: "mobile" });
	});

	test.each([["?PageNumber=x"], ["?Filter=Some"], ["?TotalNumbersRequested=10001"], ["?AccountId=AID-nobody"]])(
		"%s is 400",
		async (query) => {
			expect((await api.get(`/v1.0/numbers/inventory${query}`)).status).toBe(400);
		},
	);
});

describe("POST /v1.0/numbers/update", () => {
	test("changes what is sent, keeps the rest, clears what is empty", async () => {
		await api.post("/v1.0/numbers/import", { Numbers: [{ Number: "+12015550777" }], Provision: true });
		const update = (more: object) => api.post("/v1.0/numbers/update", { Number: "+12015550777", ...more });
		const { body } = await update({
			CnamFirstName: "Bob's",
			CnamLastName: "Shake Shack",
			Iccid: "8901240397190557414f",
			AssignedSubscriberId: "",
			Classification: "iot",
			ProductType: "SMS-ONLY",
		});
		expect(body).toEqual({
			Number: "+12015550777",
			Tnid: expect.stringMatching(/^TNID-/),
			UpdateOrderId: expect.stringMatching(/^JNUOID-/),
			UpdateOrderDate: expect.stringMatching(/Z$/),
			UpdateOrderStatus: "Complete",
			MessageType: "p2p",
			MessageEnabled: false,
			Classification: "IoT",
			VoiceEnabled: true,
			MessageRouteId: null,
			VoiceRouteId: null,
			Iccid: "8901240397190557414F",
			CnamFirstName: "Bob's",
			CnamLastName: "Shake Shack",
			ProductType: "Sms-Only",
			AssignedSubscriberId: null,
		});
		expect((await api.get(`/v1.0/numbers/order?OrderId=${body.UpdateOrderId}`)).body.OrderType).toBe("update");
		expect((await api.get("/v1.0/numbers?Number=%2B12015550777")).body.Cnam).toBe("Bob's Shake Shack");
		expect((await update({ CnamFirstName: "", Iccid: "" })).body).toMatchObject({ CnamFirstName: null, Iccid: null });
		expect((await update({ MessageType: "a2p" })).body.Message).toContain("NumberType / MessageType mismatch");
		expect((await update({ MessageEnabled: true })).body.Message).toContain("MessageRouteId is required");
		expect((await update({ VoiceRouteId: "CRID-nobody" })).status).toBe(400);
		const row = await api.store.db
			.selectFrom("auditEntries")
			.select(["operation", "after"])
			.where("number", "=", "+12015550777")
			.orderBy("id", "desc")
			.executeTakeFirst();
		expect(row).toMatchObject({ operation: "updateNumber", after: { CnamFirstName: null, Iccid: null } });
	});

	test("a number of nobody is 404", async () => {
		expect((await api.post("/v1.0/numbers/update", { Number: "+19999999999" })).status).toBe(404);
	});
});
