/** Voice and message routes (contract 3.4, 3.5), and the numbers that refer to them. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openTestApi, PROVISION, type TestApi } from "../../support/http-api.ts";

let api: TestApi;
beforeAll(async () => {
	api = await openTestApi();
	await api.store.db.insertInto("distributors").values({ id: "DID-other", name: "Other" }).execute();
	await api.store.db
		.insertInto("accounts")
		.values({ id: "AID-other", distributorId: "DID-other", name: "Other" })
		.execute();
	await api.store.db
		.insertInto("voiceRoutes")
		.values({ id: "CRID-foreign", accountId: "AID-other", document: "{}" })
		.execute();
});
afterAll(() => api[Symbol.asyncDispose]());

const voiceRoute = async (more: object = {}) =>
	(await api.post("/v1.0/voice/routes", { RouteName: "Main", RouteType: "trunk", ...more })).body;
const messageRoute = async (more: object = {}) =>
	(
		await api.post("/v1.0/message/routes", {
			RouteName: "Main",
			MessageUrl: "https://example.com/sms",
			MessageUrlMethod: "post",
			...more,
		})
	).body;

describe("a voice route", () => {
	test("comes back with the contract's misspelt priorities, whichever spelling was sent, and its two casings of the list", async () => {
		const made = await voiceRoute({
			Trunk1Priority: 3,
			trunk2priortiy: 4,
			TrunkPort1: "5061",
			IpWhiteList: [{ ipaddress: "20.87.87.87" }],
		});
		expect(made).toMatchObject({
			CallRouteId: expect.stringMatching(/^CRID-/),
			RouteType: "Trunk",
			Trunk1Priortiy: 3,
			Trunk2Priortiy: 4,
			TrunkPort1: "5061",
			IpWhiteList: [{ IpAddress: "20.87.87.87" }],
			RouteEnabled: true,
			TrunkIp1: null,
		});
		expect(made).not.toHaveProperty("Trunk1Priority");
		const read = await api.get(`/v1.0/voice/routes?CallRouteID=${made.CallRouteId}`);
		expect(read.body).toEqual(made);
		const { body: list } = await api.get("/v1.0/account/voice/routes");
		expect(list).toMatchObject({ AccountID: api.operator.accountId });
		const results = list.Results as Record<string, unknown>[];
		expect(list.TotalRoutes).toBe(results.length);
		expect(results.find((route) => route.CallRouteId === made.CallRouteId)).toMatchObject({
			CallRouteStatus: "Active",
			AccountID: api.operator.accountId,
			IpWhitelist: [{ IpAddress: "20.87.87.87" }],
		});
	});

	test("shows no credential and no callback, and keeps no password", async () => {
		const made = await voiceRoute({
			VoiceUsername: "u",
			VoicePasswordToken: "hush-hush",
			CallbackVoiceUrl: "https://a.example",
		});
		expect(Object.keys(made).filter((name) => /Password|Username|Callback/.test(name))).toEqual([]);
		const { document } = await api.store.db
			.selectFrom("voiceRoutes")
			.select("document")
			.where("id", "=", made.CallRouteId as string)
			.executeTakeFirstOrThrow();
		expect(JSON.stringify(document)).not.toContain("hush-hush");
	});

	test("is changed in what is sent alone; an empty text clears one member", async () => {
		const made = await voiceRoute({ TrunkIp1: "20.87.87.87", SymmetricRtp: true });
		const CallRouteId = String(made.CallRouteId).toLowerCase();
		const { body } = await api.post("/v1.0/voice/routes/update", { CallRouteId, RouteEnabled: "false", TrunkIp1: "" });
		expect(body).toEqual({ ...made, RouteEnabled: false, TrunkIp1: null });
	});

	test("of another account, and one that does not exist, are one and the same 404", async () => {
		const answers = [];
		for (const id of ["CRID-foreign", "CRID-nobody"]) {
			answers.push(await api.get(`/v1.0/voice/routes?CallRouteID=${id}`));
			answers.push(await api.post("/v1.0/voice/routes/update", { CallRouteId: id, RouteName: "x" }));
			answers.push(await api.post("/v1.0/voice/routes/delete", { CallRouteId: id }));
		}
		expect(new Set(answers.map(({ status, body }) => `${status} ${JSON.stringify(body)}`)).size).toBe(1);
		expect(answers[0]?.status).toBe(404);
	});

	test.each([
		["RouteType", "Carrier"],
		["VoiceUrl", "not an address"],
		["TrunkPort1", "50x"],
		["RouteName", " "],
		["AccountId", "AID-other"],
	])("with a wrong %s (%s) is refused, and the member named", async (field, wrong) => {
		const body = { RouteName: "Main", RouteType: "Trunk", [field]: wrong };
		const answer = await api.post("/v1.0/voice/routes", body);
		expect(answer.status).toBe(400);
		expect(answer.body.Message).toContain(field);
	});
});

describe("a message route", () => {
	test("comes back with its flags, its passwords as null", async () => {
		const made = await messageRoute({ MessagePasswordToken: "hush", InboundBypass: true });
		expect(made).toMatchObject({
			MessageRouteId: expect.stringMatching(/^MRID-/),
			MessageUrlMethod: "POST",
			MessageRouteEnabled: true,
			MessagePasswordToken: null,
			CallbackMessagePasswordToken: null,
			InboundBypass: true,
			OutboundBypass: false,
			IntelligentRouteEnabled: false,
			AccountId: api.operator.accountId,
		});
		const read = await api.get(`/v1.0/message/routes?MessageRouteID=${made.MessageRouteId}`);
		expect(read.body).toEqual(made);
	});

	test("is deleted under the contract's names, and is gone then", async () => {
		const { MessageRouteId } = await messageRoute();
		const { body } = await api.post("/v1.0/message/routes/delete", { MessageRouteId });
		expect(body).toEqual({ MessageRouteStatus: "Deleted", MRID: MessageRouteId });
		expect((await api.get(`/v1.0/message/routes?MessageRouteId=${MessageRouteId}`)).status).toBe(404);
	});
});

describe("provisioning", () => {
	test("refuses routes that the account does not have, foreign ones in the same words", async () => {
		const answers = [];
		for (const VoiceRouteId of ["CRID-foreign", "CRID-nobody"]) {
			answers.push(await api.post("/v1.0/numbers/provision", { ...PROVISION, VoiceRouteId }));
		}
		expect(answers[0]?.body).toEqual(answers[1]?.body);
		expect(answers[0]).toMatchObject({ status: 400, body: { Message: expect.stringContaining("VoiceRouteId is no") } });
		const { status, body } = await api.post("/v1.0/numbers/provision", {
			...PROVISION,
			MessageEnabled: true,
			MessageRouteId: "MRID-nobody",
		});
		expect([status, body.Message]).toEqual([400, expect.stringContaining("MessageRouteId is no")]);
	});

	test("holds its routes: while numbers refer to one it is not deleted, and their count is told", async () => {
		const { CallRouteId } = await voiceRoute();
		for (let i = 0; i < 2; i++) {
			const VoiceRouteId = String(CallRouteId).toUpperCase();
			const { body } = await api.post("/v1.0/numbers/provision", { ...PROVISION, VoiceRouteId });
			const number = await api.get(`/v1.0/numbers?Number=${body.PhoneNumberAssigned}`);
			expect(number.body.VoiceRouteId).toBe(CallRouteId);
		}
		const { status, body } = await api.post("/v1.0/voice/routes/delete", { CallRouteId });
		expect([status, body.Message]).toEqual([400, expect.stringContaining("in use by 2 numbers")]);
	});

	test("and the deletion of its route at the same time never leave a number without its route", async () => {
		for (let i = 0; i < 10; i++) {
			const { CallRouteId } = await voiceRoute();
			const [provisioned, deleted] = await Promise.all([
				api.post("/v1.0/numbers/provision", { ...PROVISION, VoiceRouteId: CallRouteId }),
				api.post("/v1.0/voice/routes/delete", { CallRouteId }),
			]);
			expect([provisioned.status, deleted.status].toSorted()).toEqual([200, 400]);
		}
	});
});

test("every change of a route is in the audit log, without its secrets", async () => {
	const { CallRouteId } = await voiceRoute({ VoicePasswordToken: "hush-hush" });
	await api.post("/v1.0/voice/routes/update", { CallRouteId, RouteName: "Other" });
	await api.post("/v1.0/voice/routes/delete", { CallRouteId });
	const rows = await api.store.db
		.selectFrom("auditEntries")
		.selectAll()
		.where("thing", "=", CallRouteId as string)
		.orderBy("id")
		.execute();
	expect(rows.map((row) => row.operation)).toEqual(["createVoiceRoute", "updateVoiceRoute", "deleteVoiceRoute"]);
	expect(rows[1]).toMatchObject({ before: { RouteName: "Main" }, after: { RouteName: "Other" } });
	expect(JSON.stringify(rows)).not.toContain("hush-hush");
});
