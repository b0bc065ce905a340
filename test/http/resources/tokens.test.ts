import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { HTTP_LIMITS } from "../../../src/http/limits.ts";
import { openTestApi, SECRET, type TestApi } from "../../support/http-api.ts";

let api: TestApi;
beforeAll(async () => {
	api = await openTestApi();
});
afterAll(() => api[Symbol.asyncDispose]());

const ask = (body: object, headers: Record<string, string> = {}) =>
	api.app.inject({ method: "POST", url: "/v1.0/oauth2/tokens", payload: body, headers });
const credentials = () => ({ AccountKey: api.operator.accountKey, AccountSecret: SECRET });

describe("POST /v1.0/oauth2/tokens", () => {
	test("answers token, successful and tokenExpiry, and nothing else", async () => {
		const response = await ask(credentials());
		expect(response.statusCode).toBe(200);
		expect(Object.keys(response.json())).toEqual(["token", "successful", "tokenExpiry"]);
		expect(response.json()).toMatchObject({
			token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
			successful: true,
			tokenExpiry: expect.stringMatching(/^\d\d\/\d\d\/\d{4} \d\d:\d\d:\d\d [AP]M$/),
		});
	});

	test("tokenExpiry is the exp of the token, in UTC", async () => {
		const { token, tokenExpiry } = (await ask(credentials())).json();
		const { exp } = JSON.parse(Buffer.from(token.split(".")[1], "base64url").toString());
		expect(Date.parse(`${tokenExpiry} UTC`)).toBe(exp * 1000);
	});

	test("wrong secret and unknown key are answered alike, with 401", async () => {
		const wrong = await ask({ ...credentials(), AccountSecret: "wrong-secret" });
		const unknown = await ask({ ...credentials(), AccountKey: "DID-nobody" });
		expect(wrong.statusCode).toBe(401);
		expect(wrong.body).toBe(unknown.body);
		expect(wrong.json().Message).toMatch(/^Unauthorized: /);
	});

	test.each([
		[{}],
		[{ AccountKey: "DID-1" }],
		[{ AccountSecret: "x" }],
		[{ AccountKey: null, AccountSecret: null }],
		[{ AccountKey: "", AccountSecret: "" }],
		[{ AccountKey: 1, AccountSecret: true }],
		[{ AccountKey: "x".repeat(101), AccountSecret: "x" }],
		[{ AccountKey: "DID-1", AccountSecret: "x".repeat(201) }],
		[{ AccountKey: "DID-1", AccountSecret: "x", ApiEndpoint: 5 }],
		[{ AccountKey: "DID-1", AccountSecret: "x", ApiEndpoint: `/${"x".repeat(2048)}` }],
	])("%j is 400", async (body) => {
		const response = await ask(body);
		expect(response.json()).toMatchObject({ StatusCode: 400, Message: expect.stringMatching(/^Bad request: /) });
	});

	test.each([
		["/v1.0/numbers/voicemail/info"],
		["https://api.telegent.com/v1.0/numbers/voicemail/info"],
		["https://api.telegent.com/v1.0/v1.0/Numbers/Voicemail/INFO/?x=1"],
	])("a token for %s opens that endpoint and no other", async (ApiEndpoint) => {
		const { token } = (await ask({ ...credentials(), ApiEndpoint })).json();
		const use = (path: string) =>
			api.app.inject({
				method: "POST",
				url: path,
				payload: { PhoneNumber: "+19999999999" },
				headers: { authorization: `Bearer ${token}` },
			});
		expect((await use("/v1.0/numbers/voicemail/info")).statusCode).toBe(404);
		expect((await use("/V1.0/v1.0/numbers/voicemail/info/")).statusCode).toBe(404);
		const elsewhere = await use("/v1.0/numbers/voicemail/update");
		expect(elsewhere.json()).toEqual({
			StatusCode: 403,
			Message: "Forbidden: your token does not have permission to access this resource. Check the ApiEndpoint scope.",
		});
	});

	test.each([["nonsense"], ["https://api.telegent.com/v1.0/numbers/voicemail/activat"], ["/v1.0/numbers/{id}"]])(
		"a token for %s, which is no endpoint, is refused: every use of it would be 403",
		async (ApiEndpoint) => {
			const answer = await ask({ ...credentials(), ApiEndpoint });
			expect(answer.json()).toEqual({
				StatusCode: 400,
				Message: expect.stringMatching(/^Bad request: ApiEndpoint names no endpoint of this API/),
			});
			expect((await ask({ ...credentials(), AccountSecret: "wrong-secret", ApiEndpoint })).statusCode).toBe(401);
		},
	);

	test("a token for an operation of the contract that Afterbeep does not have is given: its use says why", async () => {
		const { token } = (await ask({ ...credentials(), ApiEndpoint: "/v1.0/message/outbound" })).json();
		const used = await api.post("/v1.0/message/outbound", {}, { authorization: `Bearer ${token}` });
		expect(used.body).toMatchObject({ StatusCode: 404, Message: expect.stringContaining("not part of Afterbeep") });
	});

	test("a blank ApiEndpoint is none: the token is good for all", async () => {
		const { token } = (await ask({ ...credentials(), ApiEndpoint: "" })).json();
		const response = await api.app.inject({
			url: "/v1.0/numbers?Number=%2B19999999999",
			headers: { authorization: `Bearer ${token}` },
		});
		expect(response.statusCode).toBe(404);
	});
});

describe("the bearer token", () => {
	test.each([
		["none", undefined],
		["empty", "Bearer "],
		["of another scheme", "Basic dXNlcjpwYXNz"],
		["no JWT", "Bearer x"],
		["unsigned", `Bearer ${Buffer.from('{"alg":"none"}').toString("base64url")}.e30.`],
	])("%s is 401 and says how to get one", async (_what, authorization) => {
		const response = await api.app.inject({
			method: "POST",
			url: "/v1.0/numbers/voicemail/info",
			payload: { PhoneNumber: "+11234567890" },
			headers: authorization === undefined ? {} : { authorization },
		});
		expect(response.json()).toEqual({
			StatusCode: 401,
			Message:
				"Unauthorized: Bearer token is missing, expired, or invalid. Re-authenticate via POST /v1.0/oauth2/tokens.",
		});
		expect(response.headers["www-authenticate"]).toBe("Bearer");
	});

	test("its scheme is taken in any case", async () => {
		for (const scheme of ["Bearer", "bearer", "BEARER"]) {
			const answer = await api.get("/v1.0/numbers", { authorization: `${scheme} ${await api.token()}` });
			expect(answer.status).toBe(400);
		}
	});

	test("who asks is settled before what is asked: without token even a broken body is 401", async () => {
		const response = await api.app.inject({
			method: "POST",
			url: "/v1.0/numbers/voicemail/info",
			payload: "{broken",
			headers: { "content-type": "text/html" },
		});
		expect(response.statusCode).toBe(401);
	});

	test("ends with its time", async () => {
		const authorization = `Bearer ${await api.token()}`;
		expect((await api.get("/v1.0/numbers", { authorization })).status).toBe(400);
		api.advance(11 * 60_000);
		expect((await api.get("/v1.0/numbers", { authorization })).status).toBe(401);
	});
});

test("where ApiEndpoint is demanded, its absence is 400 with the words that clients look for", async () => {
	await using strict = await openTestApi({ requireApiEndpoint: true });
	const payload = { AccountKey: strict.operator.accountKey, AccountSecret: SECRET };
	const response = await strict.app.inject({ method: "POST", url: "/v1.0/oauth2/tokens", payload });
	expect(response.json()).toMatchObject({
		StatusCode: 400,
		Message: expect.stringContaining("The ApiEndpoint field is required."),
	});
});

describe("a flood of bad secrets", () => {
	test("is worked on a few at a time, and holds nobody up who has a token", async () => {
		const bearer = { authorization: `Bearer ${await api.token()}` };
		const opened = Promise.withResolvers<void>();
		const { issue } = api.deps.tokens;
		let running = 0;
		let mostRunning = 0;
		const spy = vi.spyOn(api.deps.tokens, "issue").mockImplementation(async (...given) => {
			mostRunning = Math.max(mostRunning, ++running);
			await opened.promise;
			running--;
			return issue(...given);
		});
		const flood = Array.from({ length: 30 }, () => ask({ ...credentials(), AccountSecret: "wrong-secret" }));
		await vi.waitFor(() => expect(running).toBe(HTTP_LIMITS.strangersAtOnce));
		const other = await api.app.inject({ method: "GET", url: "/v1.0/distributor", headers: bearer });
		expect(other.statusCode).toBe(200);
		opened.resolve();
		const answers = await Promise.all(flood);
		expect(new Set(answers.map(({ statusCode }) => statusCode))).toEqual(new Set([401]));
		expect(mostRunning).toBe(HTTP_LIMITS.strangersAtOnce);
		spy.mockRestore();
	});

	test("waits for its answers once it fails too often; a right secret is answered meanwhile", async () => {
		await using other = await openTestApi();
		const send = (AccountSecret: string) =>
			other.app.inject({
				method: "POST",
				url: "/v1.0/oauth2/tokens",
				payload: { AccountKey: other.operator.accountKey, AccountSecret },
			});
		const { burst, perSecond } = HTTP_LIMITS.strangersFailing;
		const begun = performance.now();
		const flood = Array.from({ length: burst + perSecond }, async () => (await send("wrong-secret")).statusCode);
		expect((await send(SECRET)).statusCode).toBe(200);
		expect(new Set(await Promise.all(flood))).toEqual(new Set([401]));
		// All beyond the burst at the pace: a slow machine only takes longer.
		expect(performance.now() - begun).toBeGreaterThan(900);
	});
});
