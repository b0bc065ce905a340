import { randomBytes } from "node:crypto";
import { decodeJwt, decodeProtectedHeader, SignJWT, UnsecuredJWT } from "jose";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createTokens } from "../../src/directory/index.ts";
import { codeOf, openDirectory, type TestDirectory } from "./support.ts";

const PATH = "/v1.0/numbers/voicemail/info";

describe("bearer tokens", () => {
	let d: TestDirectory;
	beforeAll(async () => {
		d = await openDirectory();
	});
	afterAll(() => d[Symbol.asyncDispose]());
	// Each test begins with empty caches, later than the one before.
	beforeEach(() => d.clock.advance(10 * 60_000));

	const issue = (endpoint?: string) => d.tokens.issue(d.first.accountKey, d.first.accountSecret, endpoint);

	test("one without ApiEndpoint is good for all endpoints, and says who the bearer is", async () => {
		const { token } = await issue();
		for (const path of [PATH, "/v1.0/v1.0/NUMBERS", "/"]) {
			expect(await d.tokens.verify(token, path)).toEqual(d.who);
		}
	});

	test("the JWT names its key, its issuer, its subject and its operator; its exp is what the answer says", async () => {
		const { token, expiresOn } = await issue("https://api.telegent.com/v1.0/numbers/provision");
		expect(decodeProtectedHeader(token)).toMatchObject({ alg: "HS256", kid: expect.any(String) });
		const claims = decodeJwt(token);
		expect(claims).toMatchObject({
			iss: "afterbeep",
			sub: d.first.accountKey,
			did: d.first.distributorId,
			scope: "/numbers/provision",
			iat: d.clock.now().getTime() / 1000,
			exp: expiresOn.getTime() / 1000,
		});
		expect(expiresOn.getTime() - d.clock.now().getTime()).toBe(10 * 60_000);
		const other = await issue();
		expect(decodeJwt(other.token).jti).not.toBe(claims.jti);
	});

	test("one with ApiEndpoint is good for that endpoint in any spelling, and forbidden elsewhere", async () => {
		const { token } = await issue("https://api.telegent.com/v1.0/numbers/provision?x=1");
		expect(await codeOf(d.tokens.verify(token, "/v1.0/V1.0/Numbers/Provision/"))).toBe("fine");
		expect(await codeOf(d.tokens.verify(token, "/v1.0/numbers"))).toBe("forbidden");
		expect(await codeOf(d.tokens.verify(token, "/v1.0/numbers/provision/x"))).toBe("forbidden");
	});

	test("a wrong secret and an unknown key are refused alike", async () => {
		const refused = async (key: string, secret: string) => {
			const error = await d.tokens.issue(key, secret, undefined).catch((thrown: unknown) => thrown);
			return { ...(error as { code: string; mend: string }), text: (error as Error).message };
		};
		const wrong = await refused(d.first.accountKey, `${d.first.accountSecret}x`);
		expect(wrong.code).toBe("unauthorized");
		expect(await refused("DID-nobody", d.first.accountSecret)).toEqual(wrong);
		expect(await refused("DID-\u0000", "")).toEqual(wrong);
		expect(await refused("x".repeat(101), "")).toEqual(wrong);
	});

	test("a wrong secret is refused before its ApiEndpoint is judged", async () => {
		expect(await codeOf(d.tokens.issue(d.first.accountKey, "no", "/"))).toBe("unauthorized");
		expect(await codeOf(issue("/"))).toBe("badInput");
	});

	test("the AccountKey is taken in either case", async () => {
		const { token } = await d.tokens.issue(d.first.accountKey.toUpperCase(), d.first.accountSecret, undefined);
		expect((await d.tokens.verify(token, PATH)).accountKey).toBe(d.first.accountKey);
	});

	test("one is void a few seconds after its expiry, not before", async () => {
		const { token } = await issue();
		d.clock.advance(10 * 60_000 + 4_000);
		expect(await codeOf(d.tokens.verify(token, PATH))).toBe("fine");
		d.clock.advance(2_000);
		expect(await codeOf(d.tokens.verify(token, PATH))).toBe("unauthorized");
	});

	test("a forged, changed or unsigned one is refused", async () => {
		const { token } = await issue("/numbers");
		const [header, payload, signature] = token.split(".") as [string, string, string];
		const { scope: _, ...claims } = decodeJwt(token);
		const wider = Buffer.from(JSON.stringify(claims)).toString("base64url");
		const kid = decodeProtectedHeader(token).kid!;
		const sign = (alg: string, key: Uint8Array, keyId: string) =>
			new SignJWT(claims).setProtectedHeader({ alg, kid: keyId }).sign(key);
		const forged = [
			"",
			"x",
			"a.b.c",
			`${header}.${wider}.${signature}`,
			`${header}.${payload}.`,
			`${header}.${payload}`,
			new UnsecuredJWT(claims).encode(),
			await sign("HS256", randomBytes(32), kid),
			await sign("HS512", randomBytes(64), kid),
			await sign("HS256", randomBytes(32), "other"),
			await new SignJWT(claims).setProtectedHeader({ alg: "HS256" }).sign(randomBytes(32)),
			`${token}${"a".repeat(5000)}`,
		];
		for (const each of forged) expect(await codeOf(d.tokens.verify(each, "/numbers")), each).toBe("unauthorized");
	});

	test("a revoked key is noticed within three seconds, for tokens out already and for new ones", async () => {
		const { token } = await issue();
		await d.tokens.verify(token, PATH);
		const revoke = (revokedOn: Date | null) =>
			d.store.db.updateTable("accountKeys").set({ revokedOn }).where("accountKey", "=", d.first.accountKey).execute();
		await revoke(d.clock.now());
		d.clock.advance(3_000);
		expect(await codeOf(d.tokens.verify(token, PATH))).toBe("unauthorized");
		expect(await codeOf(issue())).toBe("unauthorized");
		await revoke(null);
		expect(await codeOf(d.tokens.verify(token, PATH))).toBe("fine");
	});

	test("a key of one account makes a principal of that account", async () => {
		const { sub, did } = { sub: "DID-second", did: d.first.distributorId };
		const given = await d.store.db.selectFrom("accountKeys").select("secretHash").executeTakeFirstOrThrow();
		await d.store.db
			.insertInto("accountKeys")
			.values({
				accountKey: sub,
				distributorId: did,
				accountId: d.first.accountId,
				name: "second",
				secretHash: given.secretHash,
				rights: ["VoicemailAdmin"],
			})
			.execute();
		const { token } = await d.tokens.issue(sub, d.first.accountSecret, undefined);
		expect(decodeJwt(token).aid).toBe(d.first.accountId);
		expect(await d.tokens.verify(token, PATH)).toEqual({
			accountKey: sub,
			distributorId: did,
			accountId: d.first.accountId,
			rights: ["VoicemailAdmin"],
		});
	});

	test("another node checks and makes tokens with the same key, also when both start at once", async () => {
		await d.store.db.deleteFrom("tokenKeys").execute();
		d.clock.advance(60_000);
		const nodes = Array.from({ length: 4 }, () =>
			createTokens({ db: d.store.db, masterKey: d.masterKey, clock: d.clock, tokenMinutes: 10 }),
		);
		const issued = await Promise.all(
			nodes.map((node) => node.issue(d.first.accountKey, d.first.accountSecret, undefined)),
		);
		expect(new Set(issued.map(({ token }) => decodeProtectedHeader(token).kid)).size).toBe(1);
		for (const { token } of issued) {
			for (const node of [...nodes, d.tokens]) expect(await codeOf(node.verify(token, PATH))).toBe("fine");
		}
	});

	test("a retired key signs no more, but the tokens it signed live on", async () => {
		const { token } = await issue();
		const kid = decodeProtectedHeader(token).kid!;
		await d.store.db.updateTable("tokenKeys").set({ retiredOn: d.clock.now() }).where("kid", "=", kid).execute();
		d.clock.advance(60_000);
		expect(decodeProtectedHeader((await issue()).token).kid).not.toBe(kid);
		expect(await codeOf(d.tokens.verify(token, PATH))).toBe("fine");
	});

	test("a master key of another database is told at once, and by name", async () => {
		const other = createTokens({
			db: d.store.db,
			masterKey: new Uint8Array(randomBytes(32)),
			clock: d.clock,
			tokenMinutes: 10,
		});
		expect(await codeOf(other.prepare())).toBe("configInvalid");
		expect(await codeOf(d.tokens.prepare())).toBe("fine");
	});

	test.each([0, 61, Number.NaN])("a lifetime out of bounds is refused: %s minutes", (tokenMinutes) => {
		const make = () => createTokens({ db: d.store.db, masterKey: d.masterKey, clock: d.clock, tokenMinutes });
		expect(make).toThrow("Tokens can not live");
	});

	test("neither secrets nor signing keys stand readable in the database", async () => {
		const rows = JSON.stringify([
			await d.store.db.selectFrom("accountKeys").selectAll().execute(),
			await d.store.db.selectFrom("tokenKeys").selectAll().execute(),
		]);
		expect(rows).not.toContain(d.first.accountSecret);
		const { wrappedKey } = await d.store.db.selectFrom("tokenKeys").select("wrappedKey").executeTakeFirstOrThrow();
		expect(wrappedKey.length).toBe(12 + 16 + 32);
	});

	test("a lost database is not a verdict on a token", async () => {
		const { token } = await issue();
		const cold = createTokens({ db: d.store.db, masterKey: d.masterKey, clock: d.clock, tokenMinutes: 10 });
		await d.store.db.schema.alterTable("token_keys").renameTo("token_keys_away").execute();
		try {
			await expect(cold.verify(token, PATH)).rejects.toThrow(/token_keys/);
		} finally {
			await d.store.db.schema.alterTable("token_keys_away").renameTo("token_keys").execute();
		}
	});
});
