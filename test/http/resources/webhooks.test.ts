import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Principal } from "../../../src/domain/index.ts";
import { openTestApi, type TestApi } from "../../support/http-api.ts";
import { addDelivery } from "../../support/webhooks.ts";

const NOT_FOUND = "Not found: the requested resource does not exist or belongs to a different account.";
const URL_GIVEN = "https://hooks.example.com/afterbeep?of=us";

let api: TestApi;
beforeAll(async () => {
	api = await openTestApi();
});
afterAll(() => api[Symbol.asyncDispose]());

const create = (fields: object = {}) =>
	api.post("/v1.0/webhook/create", { WebhookUrl: URL_GIVEN, SubscribedEvents: "Order_Update", ...fields });

describe("a webhook", () => {
	test("is created with the contract's defaults, and answered with exactly its members", async () => {
		const { status, body } = await create();
		expect(status).toBe(200);
		expect(body).toEqual({
			AccountId: api.operator.accountId,
			WebhookUrl: URL_GIVEN,
			Method: "POST",
			DataFormat: "json",
			AuthenticationType: "None",
			AuthenticationUsername: null,
			AuthenticationPassword: null,
			AuthenticationToken: null,
			SubscribedEvents: "Order_Update",
			WebhookId: expect.stringMatching(/^WID-[0-9a-f-]{36}$/),
			Active: true,
		});
		const got = await api.get(`/v1.0/webhook?WebhookId=${body.WebhookId}`);
		expect(got.body).toEqual(body);
		const other = String(body.WebhookId).toUpperCase().replace("WID-", "WHID-");
		expect((await api.get(`/V1.0/v1.0/Webhook/?webhookid=${other}`)).body).toEqual(body);
		const list = await api.get(`/v1.0/account/webhooks?AccountId=${api.operator.accountId}`);
		expect(list.body).toEqual([body]);
	});

	test("is read in any case, from text/json, with blanks and nulls for what is absent", async () => {
		const body = JSON.stringify({
			webhookurl: URL_GIVEN,
			METHOD: "put",
			dataFormat: "",
			authenticationtype: "TOKEN",
			AuthenticationToken: "t0k3n",
			AuthenticationUsername: null,
			subscribedEvents: " order_update ,VOICEMAIL_*,New_SMS,Order_Update",
		});
		const answer = await api.post("/v1.0/webhook/create", body, { "content-type": "text/json" });
		expect(answer.body).toMatchObject({
			Method: "PUT",
			DataFormat: "json",
			AuthenticationType: "Token",
			AuthenticationToken: null,
			SubscribedEvents: "Order_Update,Voicemail_*,New_Sms",
		});
	});

	test("changes only what is sent; credentials stay where the kind of authentication does", async () => {
		const { body } = await create({
			AuthenticationType: "Basic",
			AuthenticationUsername: "me",
			AuthenticationPassword: "s3cr3t-one",
		});
		const { WebhookId } = body;
		const update = (fields: object) => api.post("/v1.0/webhook/update", { WebhookId, ...fields });
		expect((await update({ Method: "PUT" })).body).toEqual({ ...body, Method: "PUT" });
		expect((await update({})).body).toEqual({ ...body, Method: "PUT" });
		expect((await update({ AuthenticationUsername: "you" })).body).toMatchObject({
			AuthenticationType: "Basic",
			AuthenticationUsername: "you",
		});
		expect(await update({ AuthenticationType: "Bearer" })).toMatchObject({
			status: 400,
			body: { Message: expect.stringContaining("AuthenticationToken is required") },
		});
		expect((await update({ AuthenticationType: "Bearer", AuthenticationToken: "t" })).body).toMatchObject({
			AuthenticationType: "Bearer",
			AuthenticationUsername: null,
		});
		expect((await update({ AuthenticationType: "None" })).body).toMatchObject({ AuthenticationType: "None" });
		expect((await update({ AuthenticationType: "Token" })).status).toBe(400);
		expect(api.logLines.join()).not.toContain("s3cr3t-one");
	});

	test("is deleted with the contract's answer, and then is as if it had never been", async () => {
		const { WebhookId } = (await create()).body;
		const deleted = await api.post("/v1.0/webhook/delete", { WebhookId, AccountId: api.operator.accountId });
		expect(deleted.body).toEqual({ WebhookId, WebhookStatus: "Deleted" });
		for (const path of ["delete", "update", "secret", "secret/rotate", "test"]) {
			expect((await api.post(`/v1.0/webhook/${path}`, { WebhookId })).status, path).toBe(404);
		}
	});

	test.each([
		["without a URL", { WebhookUrl: null }, "WebhookUrl is required"],
		["without events", { SubscribedEvents: " , " }, "SubscribedEvents is required"],
		["with an unknown event", { SubscribedEvents: "Order_Update,Voicemail_Lost" }, "Voicemail_New"],
		["in XML", { DataFormat: "XML" }, "DataFormat xml is not supported"],
		["by another method", { Method: "GET" }, "Method must be one of POST, PUT"],
		["over http", { WebhookUrl: "http://example.com/" }, "WebhookUrl is not https"],
		["over ftp", { WebhookUrl: "ftp://example.com/" }, "WebhookUrl is not an HTTPS URL"],
		["with credentials in the URL", { WebhookUrl: "https://me:pw@example.com/" }, "user name or password"],
		["to a loopback literal", { WebhookUrl: "https://127.0.0.1/" }, "private or local address"],
		["to one in disguise", { WebhookUrl: "https://0x7f.1/" }, "private or local address"],
		["to an IPv4-mapped one", { WebhookUrl: "https://[::ffff:10.0.0.1]/" }, "private or local address"],
		["to a metadata service", { WebhookUrl: "https://169.254.169.254/latest" }, "private or local address"],
		["to this machine", { WebhookUrl: "https://api.LOCALHOST./" }, "private or local address"],
		["with a line break", { WebhookUrl: "https://example.com/\r\nX: y" }, "WebhookUrl"],
		["with a long URL", { WebhookUrl: `https://example.com/${"x".repeat(255)}` }, "at most 255"],
		[
			"with Basic and no password",
			{ AuthenticationType: "Basic", AuthenticationUsername: "a" },
			"AuthenticationPassword",
		],
		["with Basic and no name", { AuthenticationType: "Basic", AuthenticationPassword: "a" }, "AuthenticationUsername"],
		["with Token and none", { AuthenticationType: "Token" }, "AuthenticationToken is required"],
		[
			"with a token that breaks headers",
			{ AuthenticationType: "Bearer", AuthenticationToken: "a\r\nb" },
			"AuthenticationToken",
		],
		[
			"with a colon in the name",
			{ AuthenticationType: "Basic", AuthenticationUsername: "a:b", AuthenticationPassword: "c" },
			"colon",
		],
		["for a foreign account", { AccountId: "AID-of-somebody" }, "Invalid AccountId"],
	])("is refused %s", async (_, fields, complaint) => {
		const answer = await create(fields);
		expect(answer.status).toBe(400);
		expect(answer.body.Message).toContain(complaint);
		expect(Object.keys(answer.body)).toEqual(["StatusCode", "Message"]);
	});

	test("of an account is one of at most fifty", async () => {
		await using own = await openTestApi();
		const made = await Promise.all(
			Array.from({ length: 55 }, () =>
				own.post("/v1.0/webhook/create", { WebhookUrl: URL_GIVEN, SubscribedEvents: "Order_Update" }),
			),
		);
		expect(made.filter(({ status }) => status === 200)).toHaveLength(50);
		expect(made.find(({ status }) => status === 400)?.body.Message).toContain("limit");
	});
});

describe("signing secrets, tests, deliveries", () => {
	test("the secret is shown where it is asked for, and nowhere else", async () => {
		const { WebhookId } = (await create()).body;
		const { body } = await api.post("/v1.0/webhook/secret", { WebhookId });
		expect(body).toEqual({ WebhookId, SigningSecret: expect.stringMatching(/^whsec_[A-Za-z0-9+/]{43}=$/) });
		const rotated = await api.post("/v1.0/webhook/secret/rotate", { WebhookId });
		expect(rotated.body.SigningSecret).not.toBe(body.SigningSecret);
		expect((await api.post("/v1.0/webhook/secret", { WebhookId })).body).toEqual(rotated.body);
		const audited = await api.store.db
			.selectFrom("auditEntries")
			.selectAll()
			.where("thing", "=", String(WebhookId))
			.execute();
		expect(audited.map(({ operation }) => operation)).toEqual(["createWebhook", "rotateWebhookSecret"]);
		expect(`${JSON.stringify(audited)}${api.logLines.join()}`).not.toContain("whsec_");
	});

	test("a test that reaches nobody says why, with 200", async () => {
		const { WebhookId } = (await create()).body;
		const { status, body } = await api.post("/v1.0/webhook/test", { WebhookId });
		expect([status, body]).toEqual([
			200,
			{ WebhookId, Successful: false, HttpStatus: null, Message: "the host name has no address" },
		]);
	});

	test("deliveries are listed newest first with their attempts, in pages", async () => {
		const WebhookId = String((await create()).body.WebhookId);
		for (let i = 0; i < 3; i++)
			await addDelivery(api.store.db, WebhookId, api.operator.accountId, `EVID-${WebhookId}-${i}`);
		const { body } = await api.get(`/v1.0/webhook/deliveries?WebhookId=${WebhookId}&PageNumber=1`);
		expect(body).toMatchObject({ WebhookId, PageNumber: 1, ResultsTotal: 3 });
		const list = body.Deliveries as { EventId: string; Status: string; Attempts: unknown }[];
		expect(list.map(({ EventId }) => EventId.at(-1))).toEqual(["2", "1", "0"]);
		expect(list[0]).toEqual({
			EventId: `EVID-${WebhookId}-2`,
			Event: "Voicemail_New",
			EventDate: "2026-05-28T17:03:35.120Z",
			PhoneNumber: "+11234567890",
			Status: "GivenUp",
			NextAttemptOn: null,
			Attempts: [
				{
					Attempt: 1,
					AttemptedOn: "2026-05-28T17:03:35.120Z",
					DurationMs: 12,
					HttpStatus: 500,
					Message: "HTTP 500",
				},
			],
		});
		const second = await api.get(`/v1.0/webhook/deliveries?WebhookId=${WebhookId}&PageNumber=2`);
		expect(second.body).toMatchObject({ ResultsTotal: 3, Deliveries: [] });
		const replayed = await api.post("/v1.0/webhook/deliveries/replay", { WebhookId, EventId: list[0]!.EventId });
		expect(replayed.body).toMatchObject({ EventId: list[0]!.EventId, Successful: true });
		const again = await api.get(`/v1.0/webhook/deliveries?WebhookId=${WebhookId}`);
		expect((again.body.Deliveries as { Status: string }[])[0]!.Status).toBe("Pending");
	});
});

describe("somebody else's webhook", () => {
	test("answers like one that does not exist: another operator's, another account's, in every operation", async () => {
		const WebhookId = String((await create()).body.WebhookId);
		const EventId = `EVID-${randomBytes(8).toString("hex")}`;
		await addDelivery(api.store.db, WebhookId, api.operator.accountId, EventId);
		const { db } = api.store;
		await db.insertInto("distributors").values({ id: "DID-other", name: "other" }).execute();
		const accounts = [
			{ id: "AID-other", distributorId: "DID-other", name: "other" },
			{ id: "AID-second", distributorId: api.operator.distributorId, name: "second" },
		];
		await db.insertInto("accounts").values(accounts).execute();
		const principals: Principal[] = [
			{ accountKey: "DID-other", distributorId: "DID-other", accountId: undefined, rights: [] },
			{ accountKey: "DID-second", distributorId: api.operator.distributorId, accountId: "AID-second", rights: [] },
		];
		const { webhooks } = api.deps;
		for (const who of principals) {
			const calls = (id: string) => [
				webhooks.get(who, id, undefined),
				webhooks.update(who, id, undefined, { method: "PUT" }),
				webhooks.remove(who, id, undefined),
				webhooks.secret(who, id),
				webhooks.rotateSecret(who, id),
				webhooks.test(who, id),
				webhooks.deliveries(who, id, 1),
				webhooks.replay(who, id, EventId, who),
			];
			const said = async (id: string) =>
				(await Promise.allSettled(calls(id))).map((one) => (one.status === "rejected" ? one.reason.message : "done"));
			const answers = await said(WebhookId);
			expect(answers).toEqual(await said("WID-00000000-0000-4000-8000-000000000000"));
			expect(new Set(answers)).toEqual(new Set([NOT_FOUND.slice("Not found: ".length, -1)]));
			expect(await webhooks.list(who, undefined)).toEqual([]);
			await expect(webhooks.list(who, api.operator.accountId)).rejects.toMatchObject({ code: "badInput" });
			await expect(webhooks.create(who, api.operator.accountId, {})).rejects.toMatchObject({ code: "badInput" });
		}
		// An account of one's own that is not the webhook's.
		const wrong = await api.get(`/v1.0/webhook?WebhookId=${WebhookId}&AccountId=AID-second`);
		expect(wrong.status).toBe(404);
		expect((await api.get(`/v1.0/webhook?WebhookId=${WebhookId}`)).status).toBe(200);
		await db.deleteFrom("accounts").where("id", "=", "AID-second").execute();
	});
});
