/** Call filters and guardian features (contract 3.7): stored, served, and obeyed by calls. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createCallRules } from "../../../src/routing/index.ts";
import { openTestApi, type TestApi } from "../../support/http-api.ts";

const FAMILY = "/v1.0/subscribers/call-filter";
const STRANGER = "+18015559999";
const FRIEND = "+18015551234";
let api: TestApi;
let phone: string;
let SubscriberId: string;
let serial = 0;

beforeAll(async () => {
	api = await openTestApi();
	await api.store.db.insertInto("distributors").values({ id: "DID-other", name: "Other" }).execute();
	await api.store.db
		.insertInto("accounts")
		.values({ id: "AID-other", distributorId: "DID-other", name: "Other" })
		.execute();
	await addSubscriber("TSUID-foreign", "AID-other");
	await api.store.db
		.insertInto("callFilters")
		.values({ id: "CFID-foreign", subscriberId: "TSUID-foreign", phone: "+15550001111", document: "{}" })
		.execute();
});
afterAll(() => api[Symbol.asyncDispose]());
beforeEach(async () => {
	phone = await api.number();
	SubscriberId = await addSubscriber(`TSUID-${++serial}`, api.operator.accountId);
});

async function addSubscriber(id: string, accountId: string): Promise<string> {
	await api.store.db
		.insertInto("subscribers")
		.values({ id, accountId, name: id, email: `${id}@example.com`, role: "Subscriber" })
		.execute();
	return id;
}

const create = (more: object = {}) =>
	api.post(FAMILY, { SubscriberId, Phone: phone, FilterMode: "blacklist", ...more });
const guardian = (calls: boolean) =>
	api.post("/v1.0/subscribers/guardian-features", { SubscriberId, EnableIntelligentGuardianCalls: calls });
const judge = async (number: string | null, keptOut: "message" | "reject" = "message") => {
	const rules = createCallRules({ db: api.store.db, clock: api.deps.clock, keptOut, timeZone: "UTC" });
	return (await rules.find([phone, "+15550009999"])).judge(phone, { number, asserted: [] }).result;
};

describe("a call filter", () => {
	test("comes back as it was stored, with the contract's own defaults", async () => {
		const { status, body } = await create({ FilterMode: undefined, TimeRestrictions: { after_hours: ["x"] } });
		expect(body).toEqual({
			FilterId: expect.stringMatching(/^CFID-/),
			SubscriberId,
			AccountId: api.operator.accountId,
			Phone: phone,
			FilterMode: "BLACKLIST",
			AllowedNumbers: [],
			BlockedNumbers: [],
			EnableTranscription: false,
			KeywordFilter: null,
			TranscriptionAction: null,
			WarningMessage: null,
			NotificationPhones: [],
			ApplyToOutbound: false,
			ApplyToInbound: false,
			BlockUnknownNumbers: false,
			BlockInternational: false,
			RecordFlaggedCalls: false,
			TimeRestrictions: { after_hours: ["x"] },
		});
		expect(status).toBe(200);
		expect((await api.get(`${FAMILY}?SubscriberId=${SubscriberId}&Phone=${phone}`)).body).toEqual([body]);
	});

	test("is one for each subscriber and number, also when two are made at once", async () => {
		const answers = await Promise.all([create(), create(), create()]);
		expect(answers.map((answer) => answer.status).toSorted()).toEqual([200, 400, 400]);
		expect(answers.find((answer) => answer.status === 400)?.body.Message).toContain(
			"Duplicate filter found for the same subscriber and phone number",
		);
	});

	test("is for numbers of the subscriber's account alone", async () => {
		const { status, body } = await create({ Phone: "+15550001111" });
		expect([status, body.Message]).toEqual([400, expect.stringContaining("Phone number does not belong to account")]);
	});

	test("of somebody else answers like one that does not exist, in every operation", async () => {
		const { body: mine } = await create();
		const answers = [];
		for (const [filter, subscriber] of [
			["CFID-foreign", "TSUID-foreign"],
			["CFID-nobody", "TSUID-nobody"],
			[mine.FilterId, "TSUID-nobody"],
		]) {
			const ids = { SubscriberId: subscriber, CallFilterId: filter, Numbers: [FRIEND] };
			const query = `SubscriberId=${subscriber}&CallFilterId=${filter}`;
			for (const list of ["allowed-numbers", "blocked-numbers"]) {
				answers.push(await api.get(`${FAMILY}/${list}?${query}`));
				answers.push(await api.post(`${FAMILY}/${list}/add`, ids));
				answers.push(await api.post(`${FAMILY}/${list}/remove`, ids));
			}
			answers.push(await api.get(`${FAMILY}/keywords?${query}`));
			answers.push(await create({ SubscriberId: subscriber }));
			answers.push(await api.get(`/v1.0/subscribers/guardian-features?SubscriberId=${subscriber}`));
			answers.push(await api.post("/v1.0/subscribers/guardian-features", { SubscriberId: subscriber }));
			if (filter === mine.FilterId) continue;
			answers.push(await api.post(`${FAMILY}/update`, { FilterId: filter, BlockInternational: true }));
			answers.push(await api.post(`${FAMILY}/delete`, { CallFilterId: filter }));
		}
		expect(new Set(answers.map(({ status, body }) => `${status} ${JSON.stringify(body)}`)).size).toBe(1);
		expect(answers[0]?.status).toBe(404);
		const all = (await api.get(FAMILY)).body as unknown as { FilterId: string }[];
		expect(all.map((one) => one.FilterId)).not.toContain("CFID-foreign");
	});

	test("has lists that grow and shrink, answered as bare arrays", async () => {
		const { body } = await create({ BlockedNumbers: [STRANGER] });
		const ids = { SubscriberId, CallFilterId: body.FilterId };
		for (let i = 0; i < 2; i++) {
			const added = await api.post(`${FAMILY}/blocked-numbers/add`, { ...ids, Numbers: [FRIEND, STRANGER] });
			expect(added.body).toEqual({ FilterId: body.FilterId, SubscriberId, BlockedNumbers: [STRANGER, FRIEND] });
		}
		const removed = await api.post(`${FAMILY}/blocked-numbers/remove`, { ...ids, Numbers: [STRANGER] });
		expect(removed.body.BlockedNumbers).toEqual([FRIEND]);
		const query = new URLSearchParams(ids as Record<string, string>);
		expect((await api.get(`${FAMILY}/blocked-numbers?${query}`)).body).toEqual([FRIEND]);
		expect((await api.get(`${FAMILY}/allowed-numbers?${query}`)).body).toEqual([]);
	});

	test("keeps what is changed at the same time in both lists", async () => {
		const { body } = await create();
		const ids = { SubscriberId, CallFilterId: body.FilterId };
		const numbers = Array.from({ length: 10 }, (_, i) => `+1801555000${i}`);
		await Promise.all(
			numbers.map((number, i) =>
				api.post(`${FAMILY}/${i % 2 ? "allowed" : "blocked"}-numbers/add`, { ...ids, Numbers: [number] }),
			),
		);
		const [after] = (await api.get(`${FAMILY}?Phone=${phone}`)).body as unknown as Record<string, string[]>[];
		expect([...after!.AllowedNumbers!, ...after!.BlockedNumbers!].toSorted()).toEqual(numbers);
	});

	test("reads its keywords back out of the JSON in its text, whatever that is", async () => {
		const { body } = await create({ KeywordFilter: '{"CustomKeywords":["prize"],"SeverityMap":{"prize":"high"}}' });
		const query = `SubscriberId=${SubscriberId}&CallFilterId=${body.FilterId}`;
		const keywords = async () => (await api.get(`${FAMILY}/keywords?${query}`)).body;
		expect(await keywords()).toEqual({ CustomKeywords: ["prize"], SystemKeywords: {}, SeverityMap: { prize: "high" } });
		for (const KeywordFilter of ["not JSON", "[1]", "null", '{"CustomKeywords":3}']) {
			await api.post(`${FAMILY}/update`, { FilterId: body.FilterId, KeywordFilter });
			expect(await keywords()).toEqual({ CustomKeywords: [], SystemKeywords: {}, SeverityMap: {} });
		}
	});

	test("is deleted under the contract's names", async () => {
		const { body } = await create();
		const deleted = await api.post(`${FAMILY}/delete`, { CallFilterId: body.FilterId });
		expect(deleted.body).toEqual({
			Status: "Deleted",
			FilterId: body.FilterId,
			DateDeleted: expect.stringMatching(/Z$/),
		});
		expect((await api.get(`${FAMILY}?Phone=${phone}`)).body).toEqual([]);
	});
});

describe("calls obey a filter", () => {
	test("only while guardian calls are on", async () => {
		await create({ BlockedNumbers: [STRANGER] });
		expect(await judge(STRANGER)).toBe("accept");
		expect((await guardian(true)).body).toEqual({
			SubscriberId,
			EnableIntelligentGuardianCalls: true,
			EnableIntelligentGuardianMessages: false,
		});
		expect(await judge(STRANGER)).toBe("refuse");
		expect(await judge(FRIEND)).toBe("accept");
		await guardian(false);
		expect(await judge(STRANGER)).toBe("accept");
	});

	test("that keeps out: a marked message, or a refusal where the operator chose that", async () => {
		await create({ FilterMode: "WHITELIST", AllowedNumbers: [FRIEND] });
		await guardian(true);
		expect([await judge(FRIEND), await judge(STRANGER), await judge(null)]).toEqual(["accept", "filter", "filter"]);
		expect(await judge(STRANGER, "reject")).toBe("refuse");
	});

	test("unless it is said not to act on calls that come in", async () => {
		const { body } = await create({ BlockedNumbers: [STRANGER], ApplyToInbound: true });
		await guardian(true);
		expect(await judge(STRANGER)).toBe("refuse");
		await api.post(`${FAMILY}/update`, { FilterId: body.FilterId, ApplyToInbound: false });
		expect(await judge(STRANGER)).toBe("accept");
	});

	test("no longer when the number is another account's", async () => {
		await create({ BlockedNumbers: [STRANGER] });
		await guardian(true);
		await api.store.db.updateTable("numbers").set({ accountId: "AID-other" }).where("number", "=", phone).execute();
		expect(await judge(STRANGER)).toBe("accept");
	});
});
