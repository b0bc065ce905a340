/** Workgroups, their activities and schedules (contract 3.8), and whose mailbox takes their calls. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createCallRules } from "../../../src/routing/index.ts";
import { openTestApi, type TestApi } from "../../support/http-api.ts";

let api: TestApi;
let groupNumber: string;
beforeAll(async () => {
	api = await openTestApi();
	await api.store.db.insertInto("distributors").values({ id: "DID-other", name: "Other" }).execute();
	await api.store.db
		.insertInto("accounts")
		.values({ id: "AID-other", distributorId: "DID-other", name: "Other" })
		.execute();
	for (const table of ["workgroups", "schedules"] as const) {
		await api.store.db
			.insertInto(table)
			.values({ id: "WID-foreign", accountId: "AID-other", document: "{}" })
			.execute();
	}
	await api.store.db
		.insertInto("workgroupActivities")
		.values({ id: "WAID-foreign", workgroupId: "WID-foreign", document: "{}" })
		.execute();
});
afterAll(() => api[Symbol.asyncDispose]());
beforeEach(async () => {
	groupNumber = await api.number();
});

const schedule = async (times: object) =>
	(await api.post("/v1.0/schedules", { Name: "Office", ...times })).body.ScheduleId as string;
const create = (more: object = {}) => api.post("/v1.0/workgroups", { Name: "Sales", Type: "ivr", ...more });
const equipped = async () => {
	const number = await api.number();
	await api.post("/v1.0/numbers/voicemail/activate", { PhoneNumber: number });
	return number;
};
const standIn = async (at = "2026-06-01T12:00:00Z") => {
	const clock = { now: () => new Date(at) };
	const rules = createCallRules({ db: api.store.db, clock, keptOut: "message", timeZone: "UTC" });
	return (await (await rules.find([groupNumber])).standIn(groupNumber))?.phoneNumber;
};

describe("a workgroup", () => {
	test("comes back with all of its members, and in brief when it is read", async () => {
		const { status, body } = await create({
			TelegentPhone: groupNumber,
			OffHoursType: "VOICEMAIL",
			RecordCalls: "true",
		});
		expect(status).toBe(200);
		expect(body).toMatchObject({
			WorkgroupId: expect.stringMatching(/^WID-/),
			Type: "IVR",
			TelegentPhone: groupNumber,
			OffHoursType: "voicemail",
			RecordCalls: true,
			AccountId: api.operator.accountId,
		});
		const read = await api.get(`/v1.0/workgroups?WorkgroupId=${body.WorkgroupId}`);
		const { WorkgroupId, AccountId } = body;
		const brief = { WorkgroupId, Name: "Sales", Type: "IVR", AccountId, Active: true, ScheduleId: null };
		expect(read.body).toEqual(brief);
		const list = await api.get(`/v1.0/account/workgroups?AccountId=${AccountId}`);
		expect(list.body.Results).toContainEqual(brief);
	});

	test.each([
		[{ TimeZone: "Mars/Base" }, "TimeZone"],
		[{ TelegentPhone: "+15550001111" }, "Phone number does not belong to account"],
		[{ ScheduleId: "SID-nobody" }, "ScheduleId"],
		[{ ScheduleId: "WID-foreign" }, "ScheduleId"],
		[{ Type: "sometimes" }, "Type"],
	])("with %j is refused", async (more, words) => {
		const { status, body } = await create(more);
		expect([status, body.Message]).toEqual([400, expect.stringContaining(words)]);
	});

	test("is deleted by its id in the query, or in a body", async () => {
		for (const post of [
			(id: unknown) => api.post(`/v1.0/workgroups/delete?workgroupid=${id}`, ""),
			(id: unknown) => api.post("/v1.0/workgroups/delete", { WorkgroupId: id }),
		]) {
			const { WorkgroupId } = (await create()).body;
			expect((await post(WorkgroupId)).body).toEqual({ WorkgroupId, Successful: true });
			expect((await post(WorkgroupId)).status).toBe(404);
		}
		expect((await api.post("/v1.0/workgroups/delete", "")).status).toBe(400);
	});

	test("has activities, which go with it", async () => {
		const { WorkgroupId } = (await create()).body;
		const made = await api.post("/v1.0/workgroups/activity", { WorkgroupId, Type: "user", DigitOrder: "1" });
		const { WorkgroupActivityId } = made.body;
		expect(made.body).toEqual({
			WorkgroupActivityStatus: "Created",
			WorkgroupActivityId: expect.stringMatching(/^WAID-/),
		});
		const updated = await api.post("/v1.0/workgroups/activity/update", { WorkgroupActivityId, DigitOrder: "2" });
		expect(updated.body).toEqual({ WorkgroupActivityStatus: "Updated", WorkgroupActivityId });
		await api.post(`/v1.0/workgroups/delete?WorkgroupId=${WorkgroupId}`, "");
		expect((await api.post("/v1.0/workgroups/activity/delete", { WorkgroupActivityId })).status).toBe(404);
	});

	test("of somebody else answers like one that does not exist", async () => {
		const answers = [];
		for (const id of ["foreign", "nobody"]) {
			answers.push(await api.get(`/v1.0/workgroups?WorkgroupId=WID-${id}`));
			answers.push(await api.post("/v1.0/workgroups/update", { WorkgroupId: `WID-${id}`, Name: "x" }));
			answers.push(await api.post("/v1.0/workgroups/delete", { WorkgroupId: `WID-${id}` }));
			answers.push(await api.post("/v1.0/workgroups/activity", { WorkgroupId: `WID-${id}`, Type: "User" }));
			answers.push(await api.post("/v1.0/workgroups/activity/update", { WorkgroupActivityId: `WAID-${id}` }));
			answers.push(await api.post("/v1.0/workgroups/activity/delete", { WorkgroupActivityId: `WAID-${id}` }));
		}
		expect(new Set(answers.map(({ status, body }) => `${status} ${JSON.stringify(body)}`)).size).toBe(1);
		expect(answers[0]?.status).toBe(404);
	});
});

describe("a schedule", () => {
	test("comes back with all days, closed ones empty", async () => {
		const sent = { Name: "Office", MondayStartTime: "8:00 AM", MondayEndTime: "5:00 PM" };
		const { body } = await api.post("/v1.0/schedules", sent);
		expect(body).toMatchObject({
			...sent,
			ScheduleId: expect.stringMatching(/^SID-/),
			Active: true,
			SundayEndTime: "",
		});
		expect((await api.get("/v1.0/account/schedules")).body.Results).toContainEqual(body);
	});

	test.each([[{ MondayStartTime: "8:00 AM" }], [{ MondayStartTime: "25:00", MondayEndTime: "5:00 PM" }]])(
		"with %j is refused",
		async (times) => expect((await api.post("/v1.0/schedules", { Name: "x", ...times })).status).toBe(400),
	);
});

describe("a call to the number of a workgroup", () => {
	test("goes to the mailbox that the hour in the workgroup's zone points to", async () => {
		const [on, off] = [await equipped(), await equipped()];
		const ScheduleId = await schedule({ MondayStartTime: "8:00 AM", MondayEndTime: "5:00 PM" });
		await create({
			TelegentPhone: groupNumber,
			TimeZone: "America/Denver",
			ScheduleId,
			OnHoursId: on,
			OffHoursId: off,
		});
		// Monday noon in Denver is 18:00 UTC in summer.
		expect(await standIn("2026-06-01T18:00:00Z")).toBe(on);
		expect(await standIn("2026-06-01T12:00:00Z")).toBe(off);
	});

	test("finds the mailbox by number, by NID-, by TNID- and by TSUID-, in any case", async () => {
		const number = await equipped();
		const { body } = await api.get(`/v1.0/numbers?Number=${number}`);
		await api.store.db
			.updateTable("numbers")
			.set({ assignedSubscriberId: "TSUID-Group" })
			.where("number", "=", number)
			.execute();
		const uuid = String(body.TNID).slice("TNID-".length);
		const { WorkgroupId } = (await create({ TelegentPhone: groupNumber })).body;
		for (const OnHoursId of [number, `NID-${uuid}`, `tnid-${uuid.toUpperCase()}`, "tsuid-group"]) {
			await api.post("/v1.0/workgroups/update", { WorkgroupId, OnHoursId });
			expect(await standIn(), OnHoursId).toBe(number);
		}
	});

	test("finds none where nothing is named, the number has no voicemail, or is another account's", async () => {
		const number = await equipped();
		const { WorkgroupId } = (await create({ TelegentPhone: groupNumber })).body;
		for (const OnHoursId of ["", await api.number(), "NID-nobody", "TSUID-nobody"]) {
			await api.post("/v1.0/workgroups/update", { WorkgroupId, OnHoursId });
			expect(await standIn(), OnHoursId).toBeUndefined();
		}
		await api.post("/v1.0/workgroups/update", { WorkgroupId, OnHoursId: number });
		expect(await standIn()).toBe(number);
		await api.store.db.updateTable("numbers").set({ accountId: "AID-other" }).where("number", "=", number).execute();
		expect(await standIn()).toBeUndefined();
	});
});
