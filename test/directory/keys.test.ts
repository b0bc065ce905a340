import { decodeProtectedHeader } from "jose";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createKeys, createSigningKeys, createTokens, type Keys, readAudit } from "../../src/directory/index.ts";
import type { Principal } from "../../src/domain/index.ts";
import { codeOf, openDirectory, type TestDirectory } from "./support.ts";

const PATH = "/v1.0/numbers";
const MINUTE = 60_000;
let d: TestDirectory;
let keys: Keys;
beforeAll(async () => {
	d = await openDirectory();
	keys = createKeys(d);
	await d.addAccount("AID-a");
	await d.addAccount("AID-b");
});
afterAll(() => d[Symbol.asyncDispose]());
// Each test begins with empty caches, later than the one before.
beforeEach(() => d.clock.advance(10 * MINUTE));

const issue = (key: string, secret: string) => d.tokens.issue(key, secret, undefined);
const principalOf = async (made: { accountKey: string; accountSecret: string }) =>
	d.tokens.verify((await issue(made.accountKey, made.accountSecret)).token, PATH);
const make = (who: Principal = d.who, request: Partial<Parameters<Keys["create"]>[1]> = {}) =>
	keys.create(who, { name: "A key", rights: [], ...request });

describe("account keys", () => {
	test("a new key works at once, for all accounts or for one", async () => {
		expect(await principalOf(await make())).toMatchObject({ distributorId: d.who.distributorId, accountId: undefined });
		const ofOne = await make(d.who, { accountId: "aid-A", name: " Billing ", rights: ["voicemailadmin"] });
		expect(ofOne).toMatchObject({ accountId: "AID-a", name: "Billing", rights: ["VoicemailAdmin"] });
		expect(await principalOf(ofOne)).toMatchObject({ accountId: "AID-a", rights: ["VoicemailAdmin"] });
	});

	test("a key of one account sees and makes only keys of this account", async () => {
		const mine = await principalOf(await make(d.who, { accountId: "AID-a", rights: ["KeyAdmin"] }));
		const other = await make(d.who, { accountId: "AID-b" });
		expect(await codeOf(make(mine, { accountId: "AID-b" }))).toBe("badInput");
		expect((await make(mine)).accountId).toBe("AID-a");
		expect(new Set((await keys.list(mine)).map((key) => key.accountId))).toEqual(new Set(["AID-a"]));
		for (const key of [other.accountKey, d.first.accountKey, "DID-nobody", "\0", "x".repeat(101)]) {
			expect(await codeOf(keys.revoke(mine, key)), key).toBe("notFound");
			expect(await codeOf(keys.rotate(mine, key, 0)), key).toBe("notFound");
		}
	});

	test("only the first key and those with KeyAdmin make keys, and none gives rights that it has not", async () => {
		const plain = await principalOf(await make());
		for (const work of [make(plain), keys.rotate(plain, plain.accountKey, 1), keys.revoke(plain, plain.accountKey)]) {
			expect(await codeOf(work)).toBe("forbidden");
		}
		const admin = await principalOf(await make(d.who, { rights: ["KeyAdmin"] }));
		expect(await codeOf(make(admin, { rights: ["VoicemailAdmin"] }))).toBe("forbidden");
		expect(await codeOf(make(admin, { rights: ["Everything"] }))).toBe("badInput");
		expect(await codeOf(make(admin, { rights: ["KeyAdmin"] }))).toBe("fine");
	});

	test("a rotated key takes the new secret at once and the old one until the overlap ends", async () => {
		const made = await make();
		await issue(made.accountKey, made.accountSecret);
		const rotated = await keys.rotate(d.who, made.accountKey, 60);
		const tries = () =>
			Promise.all([
				codeOf(issue(made.accountKey, rotated.accountSecret)),
				codeOf(issue(made.accountKey, made.accountSecret)),
			]);
		expect(await tries()).toEqual(["fine", "fine"]);
		d.clock.advance(60 * MINUTE - 1);
		expect(await tries()).toEqual(["fine", "fine"]);
		d.clock.advance(1);
		expect(await tries()).toEqual(["fine", "unauthorized"]);
		expect((await keys.list(d.who)).find((key) => key.accountKey === made.accountKey)!.previousUntil).toBeNull();
	});

	test("without overlap the old secret is void at once; a second rotation voids the first secret of all", async () => {
		const made = await make();
		const second = await keys.rotate(d.who, made.accountKey.toUpperCase(), undefined);
		const third = await keys.rotate(d.who, made.accountKey, undefined);
		const codes = [made, second, third].map((each) => codeOf(issue(made.accountKey, each.accountSecret)));
		expect(await Promise.all(codes)).toEqual(["unauthorized", "fine", "fine"]);
		const fourth = await keys.rotate(d.who, made.accountKey, 0);
		d.clock.advance(3_000);
		expect(await codeOf(issue(made.accountKey, third.accountSecret))).toBe("unauthorized");
		expect(await codeOf(issue(made.accountKey, fourth.accountSecret))).toBe("fine");
	});

	test.each([-1, 43_201, Number.NaN])("an overlap of %s minutes is refused", async (overlap) => {
		expect(await codeOf(keys.rotate(d.who, d.who.accountKey, overlap))).toBe("badInput");
	});

	test("a revoked key and its tokens are void within three seconds, tokens verified before too", async () => {
		const made = await make();
		const { token } = await issue(made.accountKey, made.accountSecret);
		await d.tokens.verify(token, PATH);
		await keys.revoke(d.who, made.accountKey);
		d.clock.advance(3_000);
		expect(await codeOf(d.tokens.verify(token, PATH))).toBe("unauthorized");
		expect(await codeOf(issue(made.accountKey, made.accountSecret))).toBe("unauthorized");
		expect((await keys.list(d.who)).map((key) => key.accountKey)).not.toContain(made.accountKey);
		expect(await codeOf(keys.revoke(d.who, made.accountKey))).toBe("notFound");
	});

	test("a key can not revoke itself", async () => {
		expect(await codeOf(keys.revoke(d.who, d.who.accountKey))).toBe("badInput");
	});

	test("another operator's keys are those of nobody", async () => {
		const other = await d.operators.create({ accountKey: "cli:test" }, "Another");
		const them = await principalOf(other);
		expect(them).toMatchObject({ distributorId: other.distributorId, accountId: undefined });
		expect((await keys.list(them)).map((key) => key.accountKey)).toEqual([other.accountKey]);
		expect(await codeOf(keys.rotate(them, d.who.accountKey, 0))).toBe("notFound");
		expect(await codeOf(keys.revoke(d.who, other.accountKey))).toBe("notFound");
		expect(await codeOf(make(them, { accountId: "AID-a" }))).toBe("badInput");
		expect(await d.operators.list()).toContainEqual(
			expect.objectContaining({ distributorId: other.distributorId, name: "Another", accounts: 1, keys: 1 }),
		);
	});

	test("all of it is in the audit log, without secrets", async () => {
		const made = await make();
		const rotated = await keys.rotate(d.who, made.accountKey, 5);
		await keys.revoke(d.who, made.accountKey);
		const entries = (await readAudit(d.store.db, { limit: 100 })).filter((entry) => entry.thing === made.accountKey);
		expect(entries.map((entry) => entry.operation)).toEqual(["deleteKey", "rotateKey", "createKey"]);
		expect(entries[1]).toMatchObject({ after: { AccountSecret: "changed", OverlapMinutes: 5 } });
		const text = JSON.stringify(entries);
		for (const { accountSecret } of [made, rotated]) expect(text).not.toContain(accountSecret);
	});

	test.each(["", " ", "x".repeat(101), "a\nb"])("the name %j is refused", async (name) => {
		expect(await codeOf(make(d.who, { name }))).toBe("badInput");
		expect(await codeOf(d.operators.create({ accountKey: "cli:test" }, name))).toBe("badInput");
	});
});

describe("signing keys", () => {
	const newToken = () => issue(d.first.accountKey, d.first.accountSecret);
	const kidOf = ({ token }: { token: string }) => decodeProtectedHeader(token).kid;

	test("after a rotation two are active: the new one signs, the old one checks until its last token has expired", async () => {
		const signing = createSigningKeys(d);
		const tokens = createTokens({ ...d, db: d.store.db, tokenMinutes: 60 });
		const old = await tokens.issue(d.first.accountKey, d.first.accountSecret, undefined);
		const kid = await signing.rotate({ accountKey: "cli:test" }, { voidTokens: false });
		d.clock.advance(5_000);
		const fresh = await tokens.issue(d.first.accountKey, d.first.accountSecret, undefined);
		expect(kidOf(fresh)).toBe(kid);
		expect(kidOf(old)).not.toBe(kid);
		expect((await signing.list()).slice(0, 2).map(({ kid, use }) => [kid, use])).toEqual([
			[kid, "Signing"],
			[kidOf(old), "Checking"],
		]);
		d.clock.advance(59 * MINUTE);
		for (const { token } of [old, fresh]) expect(await codeOf(tokens.verify(token, PATH))).toBe("fine");
		d.clock.advance(2 * MINUTE);
		expect((await signing.list()).map((key) => key.kid)).toEqual([kid]);
	});

	test("a node that has not heard of the rotation yet signs with the old key, and its token is good everywhere", async () => {
		const slow = createTokens({ ...d, db: d.store.db, tokenMinutes: 10 });
		await slow.issue(d.first.accountKey, d.first.accountSecret, undefined);
		await createSigningKeys(d).rotate({ accountKey: "cli:test" }, { voidTokens: false });
		const late = await slow.issue(d.first.accountKey, d.first.accountSecret, undefined);
		const other = createTokens({ ...d, db: d.store.db, tokenMinutes: 10 });
		for (const node of [slow, other]) expect(await codeOf(node.verify(late.token, PATH))).toBe("fine");
		const early = await other.issue(d.first.accountKey, d.first.accountSecret, undefined);
		d.clock.advance(1_000);
		expect(await codeOf(slow.verify(early.token, PATH))).toBe("fine");
	});

	test("a leaked key is withdrawn: all tokens out are void within seconds, verified ones too", async () => {
		const leaked = await newToken();
		await d.tokens.verify(leaked.token, PATH);
		await createSigningKeys(d).rotate({ accountKey: "cli:test" }, { voidTokens: true });
		d.clock.advance(5_000);
		expect(await codeOf(d.tokens.verify(leaked.token, PATH))).toBe("unauthorized");
		const fresh = await newToken();
		expect(await codeOf(d.tokens.verify(fresh.token, PATH))).toBe("fine");
	});
});

describe("verified tokens", () => {
	test("one verified before is void at its expiry and forbidden outside its scope, as at first sight", async () => {
		const { token } = await d.tokens.issue(d.first.accountKey, d.first.accountSecret, PATH);
		for (let i = 0; i < 2; i++) {
			expect(await codeOf(d.tokens.verify(token, PATH))).toBe("fine");
			expect(await codeOf(d.tokens.verify(token, "/v1.0/account"))).toBe("forbidden");
		}
		d.clock.advance(10 * MINUTE + 4_000);
		expect(await codeOf(d.tokens.verify(token, PATH))).toBe("fine");
		d.clock.advance(1_000);
		expect(await codeOf(d.tokens.verify(token, PATH))).toBe("unauthorized");
	});

	test("one changed in a single character is not taken for the one verified before", async () => {
		const { token } = await issue(d.first.accountKey, d.first.accountSecret);
		await d.tokens.verify(token, PATH);
		const at = token.length - 10;
		const changed = token.slice(0, at) + (token[at] === "A" ? "B" : "A") + token.slice(at + 1);
		expect(await codeOf(d.tokens.verify(changed, PATH))).toBe("unauthorized");
	});
});
