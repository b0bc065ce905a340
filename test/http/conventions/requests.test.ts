/** The conventions as a client meets them, on every operation alike. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LIMITS } from "../../../src/domain/index.ts";
import { allOperations } from "../../../src/http/index.ts";
import { openTestApi, SECRET, type TestApi } from "../../support/http-api.ts";

let api: TestApi;
let PhoneNumber: string;
beforeAll(async () => {
	api = await openTestApi();
	PhoneNumber = await api.number();
});
afterAll(() => api[Symbol.asyncDispose]());

const INFO = "/v1.0/numbers/voicemail/info";

describe("paths", () => {
	test.each([
		["/V1.0/NUMBERS/VOICEMAIL/INFO"],
		["/v1.0/Numbers/Voicemail/Info/"],
		["/v1.0/v1.0/numbers/voicemail/info"],
		["/V1.0/v1.0/numbers/VoiceMail/info/"],
		["http://api.telegent.com/v1.0/v1.0/numbers/voicemail/info"],
	])("%s is served", async (path) => {
		expect((await api.post(path, { PhoneNumber })).status).toBe(200);
	});

	test.each([
		["/v1.0/v1.0/v1.0/numbers/voicemail/info"],
		["/numbers/voicemail/info"],
		["/v1.0/numbers/port-in"],
		["/x"],
	])("%s is 404", async (path) => {
		const { status, body } = await api.post(path, { PhoneNumber });
		expect(body).toEqual({ StatusCode: 404, Message: expect.stringMatching(/^Not found: /) });
		expect(status).toBe(404);
	});

	test.each([["/%zz"], ["/v1.0/%"], ["/%00"], ["/..%2f..%2fetc/passwd"], ["/docs/static/..%2f..%2f..%2fpackage.json"]])(
		"%s is an error of the contract, whatever it tries",
		async (url) => {
			const response = await api.app.inject({ url });
			expect([400, 403, 404]).toContain(response.statusCode);
			expect(Object.keys(response.json())).toEqual(["StatusCode", "Message"]);
		},
	);
});

describe("methods", () => {
	test("a known path with another method is 405 with Allow, with and without a token", async () => {
		const served = Map.groupBy(allOperations(api.deps), ({ path }) => path);
		for (const [path, operations] of served) {
			const methods: string[] = operations.map(({ method }) => method);
			for (const wrong of ["GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"] as const) {
				if (methods.includes(wrong)) continue;
				const response = await api.app.inject({ method: wrong as "PUT", url: path });
				expect(response.json(), `${wrong} ${path}`).toEqual({
					StatusCode: 405,
					Message: expect.stringMatching(/^Method not allowed: /),
				});
				expect(response.statusCode).toBe(405);
				const allow = [...methods, ...(methods.includes("GET") ? ["HEAD"] : []), "OPTIONS"];
				expect(String(response.headers.allow).split(", ").sort()).toEqual(allow.sort());
			}
		}
	});

	test("OPTIONS names the methods", async () => {
		const response = await api.app.inject({ method: "OPTIONS", url: "/V1.0/numbers/voicemail/INFO/" });
		expect([response.statusCode, response.headers.allow, response.body]).toEqual([204, "POST, OPTIONS", ""]);
	});
});

describe("bodies", () => {
	test("property names are taken in any case and unknown ones ignored", async () => {
		for (const body of [
			{ phonenumber: PhoneNumber },
			{ PHONENUMBER: PhoneNumber, Unknown: { deep: [1] } },
			{ phoneNumber: PhoneNumber, accountId: null },
		]) {
			expect((await api.post(INFO, body)).body.PhoneNumber).toBe(PhoneNumber);
		}
	});

	test.each([
		["application/json"],
		["application/json; charset=utf-8"],
		["text/json"],
		["application/merge-patch+json"],
		["Application/JSON;charset=UTF-8"],
	])("Content-Type %s is taken, with a byte order mark too", async (type) => {
		const body = JSON.stringify({ PhoneNumber });
		expect((await api.post(INFO, body, { "content-type": type })).status).toBe(200);
		expect((await api.post(INFO, `\ufeff${body}`, { "content-type": type })).status).toBe(200);
	});

	test.each([
		["text/plain"],
		["application/xml"],
		["application/x-www-form-urlencoded"],
		["application/json; charset=utf-16"],
		[";;"],
		["x"],
	])("Content-Type %s is 415", async (type) => {
		const { status, body } = await api.post(INFO, { PhoneNumber }, { "content-type": type });
		expect(body).toEqual({ StatusCode: 415, Message: expect.stringMatching(/^Unsupported media type: /) });
		expect(status).toBe(415);
	});

	test("a body without Content-Type is 415, none at all is 400", async () => {
		const headers = { authorization: `Bearer ${await api.token()}` };
		const bare = await api.app.inject({ method: "POST", url: INFO, headers, payload: Buffer.from("{}") });
		expect(bare.statusCode).toBe(415);
		const none = await api.app.inject({ method: "POST", url: INFO, headers });
		expect(none.json()).toMatchObject({ StatusCode: 400, Message: expect.stringContaining("body is missing") });
	});

	test.each([
		["", "body is missing"],
		["   ", "body is missing"],
		["null", "body is missing"],
		["[]", "not a JSON object"],
		['"text"', "not a JSON object"],
		["{", "not valid JSON"],
		['{"PhoneNumber":"+11234567890",}', "not valid JSON"],
		['{"PhoneNumber":"+15","PhoneNumber":"+16"}', "the same property twice"],
		['{"PhoneNumber":"+15","phonenumber":"+16"}', "PhoneNumber is given more than once"],
		['{"PhoneNumber":"\\u0000"}', "PhoneNumber must be Unicode text"],
		['{"PhoneNumber":"+1123456789\\ud800"}', "PhoneNumber must be Unicode text"],
		['{"__proto__":{"PhoneNumber":"+11234567890"}}', "PhoneNumber is required"],
		['{"constructor":{"prototype":{"PhoneNumber":"+11234567890"}}}', "PhoneNumber is required"],
		[`{"a":${"[".repeat(100_000)}`, "nests deeper"],
		[`{"PhoneNumber":${'{"a":'.repeat(5_000)}1${"}".repeat(5_000)}}`, "nests deeper"],
	])("%# is 400 and says why: %s", async (body, why) => {
		const answer = await api.post(INFO, body);
		expect(answer.body).toEqual({ StatusCode: 400, Message: expect.stringContaining(why) });
		expect(answer.status).toBe(400);
	});

	test("a body over the bound is 413, announced or not", async () => {
		const huge = JSON.stringify({ PhoneNumber, Filler: "x".repeat(LIMITS.requestBodyBytesMax) });
		const { status, body } = await api.post(INFO, huge);
		expect(body).toEqual({ StatusCode: 413, Message: expect.stringMatching(/^Content too large: /) });
		expect(status).toBe(413);
		const full = JSON.stringify({ PhoneNumber }).padEnd(LIMITS.requestBodyBytesMax, " ");
		expect((await api.post(INFO, full)).status).toBe(200);
	});
});

describe("answers", () => {
	test.each([
		["text/plain", "text/plain; charset=utf-8"],
		["text/json", "text/json; charset=utf-8"],
		["application/json", "application/json; charset=utf-8"],
		["*/*", "application/json; charset=utf-8"],
		["image/png", "application/json; charset=utf-8"],
	])("Accept: %s is answered in %s, on success and on error, with the same text", async (accept, type) => {
		const good = await api.post(INFO, { PhoneNumber }, { accept });
		const bad = await api.post(INFO, {}, { accept });
		const lost = await api.app.inject({ url: "/nowhere", headers: { accept } });
		expect([good.status, good.headers["content-type"]]).toEqual([200, type]);
		expect([bad.status, bad.headers["content-type"]]).toEqual([400, type]);
		expect([lost.statusCode, lost.headers["content-type"]]).toEqual([404, type]);
		expect(good.body).toEqual((await api.post(INFO, { PhoneNumber })).body);
	});

	test("each has its own request id in a header, none in the body, and the headers that keep browsers from harm", async () => {
		const one = await api.post(INFO, { PhoneNumber });
		const other = await api.post(INFO, {});
		for (const { headers, body } of [one, other]) {
			expect(headers["x-request-id"]).toMatch(/^[0-9a-f-]{36}$/);
			expect(JSON.stringify(body)).not.toContain(headers["x-request-id"]);
			expect(headers).toMatchObject({
				"cache-control": "no-store",
				"x-content-type-options": "nosniff",
				"content-security-policy": expect.stringContaining("default-src 'none'"),
			});
		}
		expect(one.headers["x-request-id"]).not.toBe(other.headers["x-request-id"]);
	});
});

describe("rate limit", () => {
	test("after 50 requests of a key in a minute comes 429 with Retry-After; after that time it is served again", async () => {
		await using limited = await openTestApi({ rateLimitPerMinute: 50 });
		const ask = () => limited.get("/v1.0/numbers?Number=%2B19999999999");
		for (let i = 0; i < 50; i++) expect((await ask()).status).toBe(404);
		const refused = await ask();
		expect(refused).toMatchObject({
			status: 429,
			body: { StatusCode: 429, Message: expect.stringMatching(/^Too many requests: /) },
		});
		expect(Object.keys(refused.body)).toEqual(["StatusCode", "Message"]);
		limited.advance(Number(refused.headers["retry-after"]) * 1000);
		expect((await ask()).status).toBe(404);
	});

	test("a key with a limit of its own has that one", async () => {
		await using limited = await openTestApi({ rateLimitPerMinute: 50 });
		await limited.store.db.updateTable("accountKeys").set({ requestsPerMinute: 3 }).execute();
		const statuses = [];
		for (let i = 0; i < 4; i++) statuses.push((await limited.get("/v1.0/numbers?Number=%2B19999999999")).status);
		expect(statuses).toEqual([404, 404, 404, 429]);
	});

	test("token calls have a budget of their own, per key and address; wrong secrets use it up faster", async () => {
		await using limited = await openTestApi({ rateLimitPerMinute: 50, trustedProxies: ["127.0.0.1"] });
		const ask = (AccountSecret: string, from: string) =>
			limited.app.inject({
				method: "POST",
				url: "/v1.0/oauth2/tokens",
				payload: { AccountKey: limited.operator.accountKey, AccountSecret },
				headers: { "x-forwarded-for": from },
			});
		const statuses = [];
		for (let i = 0; i < 12; i++) statuses.push((await ask("wrong-secret", "192.0.2.1")).statusCode);
		expect(statuses).toEqual([...Array(10).fill(401), 429, 429]);
		expect((await ask(SECRET, "192.0.2.2")).statusCode).toBe(200);
		expect((await limited.get("/v1.0/numbers?Number=%2B19999999999")).status).toBe(404);
	});

	test("X-Forwarded-For is believed from trusted proxies only", async () => {
		await using limited = await openTestApi({ rateLimitPerMinute: 1, trustedProxies: ["192.0.2.0/24"] });
		const ask = (i: number) =>
			limited.app.inject({
				method: "POST",
				url: "/v1.0/oauth2/tokens",
				payload: { AccountKey: `DID-${i}`, AccountSecret: "wrong-secret" },
				headers: { "x-forwarded-for": `198.51.100.${i}` },
			});
		const statuses = [];
		for (let i = 0; i < 5; i++) statuses.push((await ask(i)).statusCode);
		expect(statuses).toEqual([401, 401, 401, 401, 429]);
	});
});
