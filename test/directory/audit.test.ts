import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { audit, eraseAudit, readAudit } from "../../src/directory/index.ts";
import { anyNumber, openDirectory, type TestDirectory } from "./support.ts";

describe("the audit log", () => {
	let d: TestDirectory;
	beforeAll(async () => {
		d = await openDirectory();
	});
	afterAll(() => d[Symbol.asyncDispose]());

	const write = (number: string, fields: { before?: Record<string, unknown>; after?: Record<string, unknown> }) =>
		d.store.transaction((tx) =>
			audit(tx, { who: { ...d.who, operation: "x" }, at: d.clock.now(), accountId: null, number, ...fields }),
		);
	const read = (number: string) => readAudit(d.store.db, { number, limit: 10 });

	test("says when, who, by what, from where, which number, before and after", async () => {
		await d.store.transaction((tx) =>
			audit(tx, {
				who: { ...d.who, operation: "updateVoicemail", address: "192.0.2.7" },
				at: d.clock.now(),
				accountId: d.first.accountId,
				number: "+15550000001",
				thing: "TSUID-1",
				before: { Email: "a@b.cd" },
				after: { Email: "e@f.gh" },
			}),
		);
		expect(await read("+15550000001")).toEqual([
			{
				at: d.clock.now(),
				distributorId: d.first.distributorId,
				accountId: d.first.accountId,
				accountKey: d.first.accountKey,
				operation: "updateVoicemail",
				number: "+15550000001",
				thing: "TSUID-1",
				address: "192.0.2.7",
				before: { Email: "a@b.cd" },
				after: { Email: "e@f.gh" },
			},
		]);
	});

	test.each([
		["PIN", { PIN: "4711" }, undefined, { PIN: "set" }],
		["PIN", { PIN: "4711" }, { PIN: "0815" }, { PIN: "changed" }],
		["PIN", { PIN: null }, { PIN: "0815" }, { PIN: null }],
		["PortOutPin", { PortOutPin: 4711 }, {}, { PortOutPin: "set" }],
		["MessagePasswordToken", { MessagePasswordToken: { a: "4711" } }, {}, { MessagePasswordToken: "set" }],
		["nested", { Routes: [{ Password: "4711" }] }, { Routes: [{}] }, { Routes: [{ Password: "set" }] }],
		["flags", { PinChangeRequired: true, PinSet: true }, {}, { PinChangeRequired: true, PinSet: true }],
	])("of secrets only that they are there: %s", async (_name, after, before, expected) => {
		const number = "+15550001000";
		await write(number, { after, ...(before && { before }) });
		const [entry] = await read(number);
		expect(entry!.after).toEqual(expected);
		expect(JSON.stringify(entry)).not.toMatch(/4711|0815/);
	});

	test("can be neither changed nor shortened, not even by the platform's own database user", async () => {
		await write("+15550000002", { after: { A: 1 } });
		const { db } = d.store;
		await expect(db.updateTable("auditEntries").set({ operation: "y" }).execute()).rejects.toThrow(/append-only/);
		await expect(db.deleteFrom("auditEntries").execute()).rejects.toThrow(/append-only/);
		await expect(sql`truncate audit_entries`.execute(db)).rejects.toThrow(/append-only/);
		expect(await read("+15550000002")).toHaveLength(1);
	});

	test("a number whose life has ended is really erased from it, and no other", async () => {
		await write("+15550000003", { after: { A: 1 } });
		await write("+15550000003", { after: { A: 2 } });
		await write("+15550000004", { after: { A: 1 } });
		expect(await d.store.transaction((tx) => eraseAudit(tx, "+15550000003"))).toBe(2);
		expect(await read("+15550000003")).toEqual([]);
		expect(await read("+15550000004")).toHaveLength(1);
		const careless = d.store.transaction(async (tx) => {
			await eraseAudit(tx, "+15550000003");
			await tx.deleteFrom("auditEntries").where("number", "=", "+15550000004").execute();
		});
		await expect(careless).rejects.toThrow(/append-only/);
		expect(await read("+15550000004")).toHaveLength(1);
	});

	test("what is rolled back was never written down; a provisioning is", async () => {
		const entries = () => readAudit(d.store.db, { accountKey: d.who.accountKey, limit: 1000 });
		const before = (await entries()).length;
		const failing = d.store.transaction(async (tx) => {
			await audit(tx, { who: d.who, at: d.clock.now(), accountId: null, operation: "z" });
			throw new Error("later step failed");
		});
		await expect(failing).rejects.toThrow("later step failed");
		expect(await entries()).toHaveLength(before);
		const { number } = await d.numbers.provision({ ...d.who, address: "192.0.2.9" }, anyNumber);
		expect((await entries())[0]).toMatchObject({
			operation: "provisionNumber",
			number: number.number,
			accountId: d.first.accountId,
			address: "192.0.2.9",
			after: { ProductType: "Sms+Data+Voice" },
		});
	});

	test("thousands of entries of one change are written in batches", async () => {
		const entries = Array.from({ length: 4500 }, (_, i) => ({
			who: d.who,
			at: d.clock.now(),
			accountId: "AID-many",
			number: `+1666${i}`,
			operation: "many",
		}));
		await d.store.transaction((tx) => audit(tx, ...entries));
		expect(await readAudit(d.store.db, { accountId: "AID-many", limit: 10_000 })).toHaveLength(4500);
	});
});
