import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createPhones, type Phones, readAudit } from "../../src/directory/index.ts";
import { silentLog } from "../../src/domain/index.ts";
import { createMailboxes } from "../../src/mailbox/index.ts";
import { numberHooks } from "../../src/platform/number-hooks.ts";
import { anyNumber, codeOf, openDirectory, type TestDirectory } from "./support.ts";

const realm = "example.com";
let d: TestDirectory;
let phones: Phones;
let number: string;
beforeAll(async () => {
	d = await openDirectory();
	phones = createPhones(d);
	number = await provision();
});
afterAll(() => d[Symbol.asyncDispose]());

const provision = async () => (await d.numbers.provision(d.who, anyNumber)).number.number;
const hash = (algorithm: string, text: string) => createHash(algorithm).update(text).digest("hex");

describe("a phone of a number", () => {
	test("has a user and a password of its own; both hashes for digest are those of the password that was shown", async () => {
		const phone = await phones.add(d.who, number, { realm, name: " Desk " });
		expect(phone).toMatchObject({ phoneNumber: number, name: "Desk", realm, rotatedOn: null });
		expect(phone.username).toMatch(new RegExp(`^${number.slice(1)}-[a-z2-9]{6}$`));
		expect(phone.password).toMatch(/^[a-z2-9]{24}$/);
		const a1 = `${phone.username}:${realm}:${phone.password}`;
		expect(await phones.credentials(phone.username.toUpperCase())).toEqual({
			username: phone.username,
			phoneNumber: number,
			realm,
			ha1Md5: hash("md5", a1),
			ha1Sha256: hash("sha256", a1),
		});
	});

	test("leaves no trace of its password or its hashes in the database and the audit log", async () => {
		const phone = await phones.add(d.who, number, { realm });
		const { ha1Md5, ha1Sha256 } = (await phones.credentials(phone.username))!;
		const row = await d.store.db.selectFrom("phones").selectAll().where("username", "=", phone.username).execute();
		const kept = Buffer.from(row[0]!.wrappedHa1).toString("hex");
		const log = JSON.stringify(await readAudit(d.store.db, { number, limit: 100 }));
		for (const secret of [phone.password, ha1Md5, ha1Sha256]) {
			expect(JSON.stringify(row) + kept + log).not.toContain(secret);
		}
		expect(log).toContain('"Password":"set"');
		const other = createPhones({ ...d, masterKey: new Uint8Array(32) });
		expect(await codeOf(other.credentials(phone.username))).toBe("configInvalid");
	});

	test("gets another password, and then the old one is void; removed, it is unknown", async () => {
		const { username, password } = await phones.add(d.who, number, { realm });
		const before = await phones.credentials(username);
		const rotated = await phones.rotate(d.who, username, { realm: "other.example.com" });
		expect(rotated).toMatchObject({ username, realm: "other.example.com", rotatedOn: d.clock.now() });
		expect(rotated.password).not.toBe(password);
		expect((await phones.credentials(username))!.ha1Md5).not.toBe(before!.ha1Md5);
		await phones.remove(d.who, username);
		expect(await phones.credentials(username)).toBeUndefined();
		expect(await codeOf(phones.remove(d.who, username))).toBe("notFound");
		const log = await readAudit(d.store.db, { number, limit: 2 });
		expect(log.map(({ thing }) => thing)).toEqual([username, username]);
	});

	test("is nobody's but its operator's", async () => {
		const { username } = await phones.add(d.who, number, { realm });
		const stranger = await d.addOperator("stranger");
		expect(await phones.list(stranger, undefined)).toEqual([]);
		expect(await codeOf(phones.list(stranger, number))).toBe("notFound");
		expect(await codeOf(phones.add(stranger, number, { realm }))).toBe("notFound");
		expect(await codeOf(phones.rotate(stranger, username, { realm }))).toBe("notFound");
		expect(await codeOf(phones.remove(stranger, username))).toBe("notFound");
		expect((await phones.list(d.who, number)).map((phone) => phone.username)).toContain(username);
	});

	test("is one of ten at most", async () => {
		const other = await provision();
		for (let i = 0; i < 10; i++) await phones.add(d.who, other, { realm, name: `Phone ${i}` });
		expect(await codeOf(phones.add(d.who, other, { realm }))).toBe("badInput");
		expect(await phones.list(d.who, other)).toHaveLength(10);
	});

	test("can not register while its number is cancelled, goes along with a swap and is gone when it is released", async () => {
		const defaults = { timeZone: "UTC", language: "en" };
		const hooks = numberHooks(createMailboxes({ ...d, log: silentLog, defaults }).numberHooks);
		const first = await provision();
		const second = await provision();
		const { username } = await phones.add(d.who, first, { realm });
		await d.store.transaction((tx) => hooks.onNumberMoved(tx, first, second));
		expect((await phones.credentials(username))?.phoneNumber).toBe(second);
		await d.store.db.updateTable("numbers").set({ status: "Cancelled" }).where("number", "=", second).execute();
		expect(await phones.credentials(username)).toBeUndefined();
		await d.store.transaction((tx) => hooks.onNumberReleased(tx, second));
		await d.store.db.updateTable("numbers").set({ status: "Active" }).where("number", "=", second).execute();
		expect(await phones.credentials(username)).toBeUndefined();
	});
});
