import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readAudit } from "../../../src/directory/index.ts";
import { EXAMPLE_ACCOUNT, openTestApi, PROVISION, type TestApi } from "../../support/http-api.ts";

let api: TestApi;
let other: string;
beforeAll(async () => {
	api = await openTestApi();
	api.advance(1);
	other = (await api.post("/v1.0/account/create", { AccountName: "Other" })).body.AccountId as string;
});
afterAll(() => api[Symbol.asyncDispose]());

let serial = 0;
const create = (members: object = {}, headers: Record<string, string> = {}) =>
	api.post(
		"/v1.0/subscribers/create",
		{ Name: "Jerome User 4", Email: `jerome${serial++}@joonto.com`, AccountId: EXAMPLE_ACCOUNT, ...members },
		headers,
	);
const number = async (AccountId = EXAMPLE_ACCOUNT) =>
	(await api.post("/v1.0/numbers/provision", { ...PROVISION, AccountId })).body.PhoneNumberAssigned as string;
const update = (members: object) => api.post("/v1.0/subscribers/update", members);
const get = (id: unknown) => api.get(`/v1.0/subscribers/get?SubscriberId=${id}`);
const info = async (PhoneNumber: string) => (await api.post("/v1.0/numbers/voicemail/info", { PhoneNumber })).body;

describe("subscribers", () => {
	test("create and get answer in the documented words; the password is nowhere", async () => {
		const PhoneNumber = await number();
		const Email = "jerome4@joonto.com";
		const created = await create({
			Email,
			PhoneNumbers: [PhoneNumber],
			Role: "account admin",
			Password: "correct-horse-7",
		});
		expect(created.body).toEqual({
			SubscriberId: expect.stringMatching(/^TSUID-[0-9a-f-]{36}$/),
			Name: "Jerome User 4",
			Email,
			PhoneNumbers: [PhoneNumber],
			Role: "Account Admin",
			Account: { AccountId: EXAMPLE_ACCOUNT, CompanyName: "Default" },
		});
		expect((await get(String(created.body.SubscriberId).toUpperCase())).body).toEqual(created.body);
		const found = await api.get(`/v1.0/numbers?Number=${PhoneNumber}`);
		expect(found.body.AssignedSubscriberId).toBe(created.body.SubscriberId);
		const everything = JSON.stringify([
			await api.store.db.selectFrom("subscribers").selectAll().execute(),
			await readAudit(api.store.db, { limit: 1000 }),
			api.logLines,
		]);
		expect(everything).not.toContain("correct-horse-7");
	});

	test("numbers, role and password may be left out; an account only where there is one", async () => {
		expect((await create({ PhoneNumbers: null })).body).toMatchObject({ PhoneNumbers: [], Role: "Subscriber" });
		expect((await create({ AccountId: "" })).body.Message).toContain("AccountId is required");
		expect((await create({ AccountId: api.operator.distributorId })).body).toMatchObject({
			Account: { AccountId: EXAMPLE_ACCOUNT },
		});
	});

	test("refusals carry the words that clients look for", async () => {
		const message = async (members: object) => (await create(members)).body.Message;
		await create({ Email: "Taken@joonto.com" });
		expect(await message({ Email: "taken@JOONTO.com" })).toMatch(/^Bad request: Email already exists/);
		expect(await message({ AccountId: "AID-nobody" })).toMatch(/^Bad request: Invalid AccountId/);
		const foreign = await number(other);
		const unknown = await message({ PhoneNumbers: ["+15550009999"] });
		expect(unknown).toMatch(/^Bad request: Phone number does not belong to account/);
		expect(await message({ PhoneNumbers: [foreign] })).toBe(unknown);
		const used = await number();
		await create({ PhoneNumbers: [used] });
		expect(await message({ PhoneNumbers: [used] })).toMatch(/^Bad request: Phone number already in use/);
		expect(await message({ Name: "" })).toContain("Name must not be empty");
		expect(await message({ Email: "" })).toContain("Email must");
		expect(await message({ Role: "King" })).toContain("Role must be one of Subscriber, Manager, Account Admin");
	});

	test("a refused creation leaves nothing behind: the address is free again", async () => {
		const Email = "again@joonto.com";
		expect((await create({ Email, PhoneNumbers: ["+15550009999"] })).status).toBe(400);
		expect((await create({ Email })).status).toBe(200);
	});

	test("update replaces the list of numbers and leaves what is not sent", async () => {
		const [a, b] = [await number(), await number()] as [string, string];
		const { SubscriberId, Email } = (await create({ PhoneNumbers: [a] })).body;
		expect((await update({ SubscriberId, PhoneNumbers: [b], Role: "Manager" })).body).toMatchObject({
			Name: "Jerome User 4",
			Email,
			PhoneNumbers: [b],
			Role: "Manager",
		});
		expect((await create({ PhoneNumbers: [a] })).status).toBe(200);
		expect((await update({ SubscriberId, Name: "New Name", Email: "other@joonto.com" })).body).toMatchObject({
			Name: "New Name",
			Email,
			PhoneNumbers: [b],
		});
		expect((await update({ SubscriberId, PhoneNumbers: [] })).body.PhoneNumbers).toEqual([]);
	});

	test("fifty creations with one number at once: one has it, forty-nine are told", async () => {
		const PhoneNumber = await number();
		const answers = await Promise.all(Array.from({ length: 50 }, () => create({ PhoneNumbers: [PhoneNumber] })));
		expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
		const refused = answers.filter(({ status }) => status !== 200).map(({ body }) => String(body.Message));
		expect(refused.every((text) => text.startsWith("Bad request: Phone number already in use"))).toBe(true);
	});

	test("a new mailbox takes names and e-mail from the subscriber where the request leaves them out", async () => {
		const PhoneNumber = await number();
		const { body } = await create({ Name: "Ana Maria de Souza", PhoneNumbers: [PhoneNumber] });
		const activate = (members: object = {}) =>
			api.post("/v1.0/numbers/voicemail/activate", { PhoneNumber, ...members });
		await activate({ PIN: "1234" });
		expect(await info(PhoneNumber)).toMatchObject({ FirstName: "Ana", LastName: "Maria de Souza", Email: body.Email });
		await api.post("/v1.0/numbers/voicemail/update", { PhoneNumber, FirstName: "" });
		await activate();
		expect(await info(PhoneNumber)).toMatchObject({ FirstName: null, LastName: "Maria de Souza" });
		await api.post("/v1.0/numbers/voicemail/delete", { PhoneNumber });
		await activate({ FirstName: "Bo", Email: "" });
		expect(await info(PhoneNumber)).toMatchObject({ FirstName: "Bo", LastName: null, Email: null });
	});

	test("a number that names a subscriber of another account learns nothing of her", async () => {
		const PhoneNumber = await number();
		const { SubscriberId } = (await create({ AccountId: other })).body;
		await api.store.db
			.updateTable("numbers")
			.set({ assignedSubscriberId: String(SubscriberId) })
			.where("number", "=", PhoneNumber)
			.execute();
		await api.post("/v1.0/numbers/voicemail/activate", { PhoneNumber });
		expect(await info(PhoneNumber)).toMatchObject({ FirstName: null, LastName: null, Email: null });
		expect((await get(SubscriberId)).body.PhoneNumbers).toEqual([]);
	});

	test("a transfer takes numbers, mailboxes and messages along; both accounts find it in their log", async () => {
		const PhoneNumber = await number();
		const { SubscriberId } = (await create({ PhoneNumbers: [PhoneNumber] })).body;
		await api.post("/v1.0/numbers/voicemail/activate", { PhoneNumber, PIN: "4711" });
		const { db } = api.store;
		const mailbox = await db
			.selectFrom("mailboxes")
			.selectAll()
			.where("phoneNumber", "=", PhoneNumber)
			.executeTakeFirstOrThrow();
		const answer = await api.post("/v1.0/subscribers/transfer", {
			SubscriberId,
			FromAccountId: EXAMPLE_ACCOUNT,
			ToAccountId: other,
		});
		expect(answer.body).toMatchObject({
			SubscriberId,
			PhoneNumbers: [PhoneNumber],
			Account: { AccountId: other, CompanyName: "Other" },
		});
		const asked = { PhoneNumber, AccountId: other };
		expect((await api.post("/v1.0/numbers/voicemail/info", asked)).body.VoicemailEnabled).toBe(true);
		expect((await api.post("/v1.0/numbers/voicemail/info", { PhoneNumber, AccountId: EXAMPLE_ACCOUNT })).status).toBe(
			404,
		);
		expect(await db.selectFrom("mailboxes").selectAll().where("phoneNumber", "=", PhoneNumber).execute()).toEqual([
			{ ...mailbox, accountId: other },
		]);
		for (const accountId of [EXAMPLE_ACCOUNT, other]) {
			const entries = await readAudit(db, { accountId, limit: 50 });
			expect(entries.map((entry) => entry.operation)).toContain("transferSubscriber");
		}
		const again = { SubscriberId, FromAccountId: EXAMPLE_ACCOUNT, ToAccountId: other };
		expect((await api.post("/v1.0/subscribers/transfer", again)).status).toBe(404);
		const nowhere = { SubscriberId, FromAccountId: other, ToAccountId: "AID-nobody" };
		expect((await api.post("/v1.0/subscribers/transfer", nowhere)).body.Message).toContain("Invalid AccountId");
	});

	test("a transfer leaves the routes of the old account behind, and the log says so", async () => {
		const PhoneNumber = await number();
		const { SubscriberId } = (await create({ Email: "moves@joonto.com", PhoneNumbers: [PhoneNumber] })).body;
		const routes = {
			MessageRouteId: "MRID-2a9d1f04-51c7-4c0e-9f0b-6a1de2b7c3d5",
			VoiceRouteId: "CRID-4dec6beb-3985-444b-8c06-8baa5jjvawe",
		};
		const set = await api.post("/v1.0/numbers/update", { Number: PhoneNumber, MessageEnabled: true, ...routes });
		expect(set.body).toMatchObject(routes);
		const way = { SubscriberId, FromAccountId: EXAMPLE_ACCOUNT, ToAccountId: other };
		expect((await api.post("/v1.0/subscribers/transfer", way)).status).toBe(200);
		const found = (await api.get(`/v1.0/numbers?Number=${encodeURIComponent(PhoneNumber)}`)).body;
		const none = { MessageRouteId: null, VoiceRouteId: null, MessageEnabled: false };
		expect(found).toMatchObject({ ...none, AssignedSubscriberId: SubscriberId });
		const [entry] = await readAudit(api.store.db, { number: PhoneNumber, limit: 1 });
		expect(entry).toMatchObject({
			operation: "transferSubscriber",
			before: { AccountId: EXAMPLE_ACCOUNT, ...routes, MessageEnabled: true },
			after: { AccountId: other, ...none },
		});
	});

	test("the operator's list has all subscribers in pages, with no subscriptions", async () => {
		const first = (await api.get("/v1.0/distributor/subscribers")).body;
		expect(first.PageNumber).toBe(1);
		expect(first.Subscribers).toHaveLength(10);
		expect((first.Subscribers as object[])[0]).toMatchObject({ Email: "jerome4@joonto.com", Subscriptions: [] });
		const rest = (await api.get("/v1.0/distributor/subscribers?PageNumber=2&TotalPerPage=10")).body;
		expect(rest.TotalSubscribers).toBe(first.TotalSubscribers);
		const ofOther = (await api.get(`/v1.0/distributor/subscribers?AccountId=${other}&TotalPerPage=100`)).body;
		expect(ofOther.TotalSubscribers).toBe(3);
	});
});

describe("Idempotency-Key", () => {
	const provision = (key: string, members: object = {}) =>
		api.post(
			"/v1.0/numbers/provision",
			{ ...PROVISION, AccountId: EXAMPLE_ACCOUNT, ...members },
			{ "idempotency-key": key },
		);

	test("the same key with the same request gives the same answer and takes no second number", async () => {
		const first = await provision("key-1");
		expect(first.status).toBe(200);
		const again = await provision("key-1", { PRODUCTTYPE: "sms+data+voice", ProductType: undefined });
		expect(again.body).toEqual(first.body);
		expect(Object.keys(again.body)).toEqual(Object.keys(first.body));
		expect((await provision("key-2")).body.OrderId).not.toBe(first.body.OrderId);
		const members = { Email: "once@joonto.com" };
		const made = await create(members, { "idempotency-key": "key-3" });
		expect((await create(members, { "idempotency-key": "key-3" })).body).toEqual(made.body);
		expect((await create(members)).body.Message).toContain("Email already exists");
	});

	test("another request or operation under the same key is refused", async () => {
		await provision("key-4");
		const other = await provision("key-4", { DataEnabled: true });
		expect(other.body.Message).toContain("Idempotency-Key was used for another request");
		expect((await create({}, { "idempotency-key": "key-4" })).status).toBe(400);
	});

	test("twenty at once give one number", async () => {
		const answers = await Promise.all(Array.from({ length: 20 }, () => provision("key-5")));
		expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
		expect(answers[0]!.status).toBe(200);
	});

	test("of two requests at once under one key one is done, and only its repetitions get its answer", async () => {
		const answers = await Promise.all(
			Array.from({ length: 12 }, async (_, i) => ({
				i,
				...(await provision("key-8", { DataEnabled: i % 2 === 0 })),
			})),
		);
		const done = answers.filter(({ status }) => status === 200);
		expect(done.length).toBe(6);
		expect(new Set(done.map(({ i }) => i % 2)).size).toBe(1);
		expect(new Set(done.map(({ body }) => body.PhoneNumberAssigned)).size).toBe(1);
		for (const { status, body } of answers.filter((each) => each.status !== 200)) {
			expect(status).toBe(400);
			expect(body.Message).toContain("Idempotency-Key was used for another request");
		}
	});

	test("a refusal is not kept: mended, the same key works", async () => {
		const email = "late@joonto.com";
		const request = { Email: email, PhoneNumbers: [await number(other)] };
		expect((await create(request, { "idempotency-key": "key-6" })).status).toBe(400);
		expect((await create({ Email: email }, { "idempotency-key": "key-6" })).status).toBe(200);
	});

	test("it is forgotten after a day, and is no other AccountKey's", async () => {
		const first = await provision("key-7");
		const made = (await api.post("/v1.0/keys/create", { Name: "Second" })).body;
		const { token } = await api.deps.tokens.issue(made.AccountKey as string, made.AccountSecret as string, undefined);
		const elsewhere = await api.post(
			"/v1.0/numbers/provision",
			{ ...PROVISION, AccountId: EXAMPLE_ACCOUNT },
			{ "idempotency-key": "key-7", authorization: `Bearer ${token}` },
		);
		expect(elsewhere.body.OrderId).not.toBe(first.body.OrderId);
		api.advance(24 * 60 * 60_000 - 1);
		expect((await provision("key-7")).body).toEqual(first.body);
		api.advance(1);
		const late = await provision("key-7");
		expect(late.status).toBe(200);
		expect(late.body.OrderId).not.toBe(first.body.OrderId);
		const kept = await api.store.db.selectFrom("keptAnswers").select("idempotencyKey").execute();
		expect(kept.map((row) => row.idempotencyKey)).toEqual(["key-7"]);
	});

	test.each(["", " ", "two words", "x".repeat(256), "caf\u00e9"])("the key %j is refused", async (key) => {
		expect((await provision(key)).status).toBe(400);
	});
});
