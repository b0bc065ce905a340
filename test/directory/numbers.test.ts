import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LIVE_STATUSES, ownedNumber } from "../../src/directory/index.ts";
import { anyNumber, codeOf, openDirectory, type TestDirectory } from "./support.ts";

const POOL_SIZE = 100;
const poolOf = (d: TestDirectory) =>
	d.store.db.selectFrom("numbers").select("number").where("status", "=", "Pool").orderBy("poolOrder").execute();

describe("provisioning", () => {
	let d: TestDirectory;
	beforeAll(async () => {
		d = await openDirectory();
		const route = (id: string) => ({ id, accountId: d.first.accountId, document: "{}" });
		await d.store.db.insertInto("messageRoutes").values(route("MRID-1")).execute();
		await d.store.db.insertInto("voiceRoutes").values(route("CRID-1")).execute();
	});
	afterAll(() => d[Symbol.asyncDispose]());

	test("the first number given out is the contract's own example", async () => {
		const given = await d.numbers.provision(d.who, { ...anyNumber, messageRouteId: "MRID-1", voiceRouteId: "CRID-1" });
		expect(given.number).toMatchObject({
			number: "+11234567890",
			status: "Active",
			accountId: d.first.accountId,
			orderId: given.orderId,
			numberType: "mvno",
			messageType: "p2p",
			voiceEnabled: true,
			messageEnabled: false,
			productType: "Sms+Data+Voice",
			messageRouteId: "MRID-1",
			voiceRouteId: "CRID-1",
			provisionedOn: d.clock.now(),
		});
		expect(given.orderId).toMatch(/^JNUOID-[0-9a-f-]{36}$/);
		expect(given.number.id).toMatch(/^[0-9a-f-]{36}$/);
		const order = await d.store.db.selectFrom("orders").selectAll().where("id", "=", given.orderId).executeTakeFirst();
		expect(order).toMatchObject({
			orderType: "provision",
			orderStatus: "Complete",
			accountId: d.first.accountId,
			numbers: ["+11234567890"],
			orderDate: given.orderDate,
		});
	});

	test("the next ones follow in the order of the pool", async () => {
		expect((await d.numbers.provision(d.who, anyNumber)).number.number).toBe("+11234567891");
	});

	test("a SIM's own number, then its area, then its zip code, then any", async () => {
		await d.numbers.importPool(d.first.distributorId, [
			{ number: "+4930100001" },
			{ number: "+4930100002", zipCode: "10115" },
			{ number: "+4930100003", areaCode: "030", zipCode: "10115" },
			{ number: "+4930100004", iccid: "8901240397190557414f" },
		]);
		const wish = { ...anyNumber, areaCode: "030", zipCode: "10115", iccid: "8901240397190557414F" };
		const order: (string | null)[] = [];
		for (let i = 0; i < 4; i++) order.push((await d.numbers.provision(d.who, wish)).number.number);
		expect(order).toEqual(["+4930100004", "+4930100003", "+4930100002", "+4930100001"]);
		expect(await codeOf(d.numbers.provision(d.who, wish))).toBe("numberPoolEmpty");
	});

	test("the pool of another operator is not touched", async () => {
		const other = await d.addOperator("poolless");
		await d.numbers.importPool(d.first.distributorId, [{ number: "+4930200001" }]);
		expect(await codeOf(d.numbers.provision(other, anyNumber))).toBe("numberPoolEmpty");
		expect(await poolOf(d)).toEqual([{ number: "+4930200001" }]);
	});

	test("with several accounts the AccountId is required, and must be one's own", async () => {
		await d.addAccount("AID-1234567");
		expect(await codeOf(d.numbers.provision(d.who, anyNumber))).toBe("badInput");
		expect(await codeOf(d.numbers.provision(d.who, { ...anyNumber, accountId: "AID-poolless" }))).toBe("badInput");
		const { number } = await d.numbers.provision(d.who, { ...anyNumber, accountId: "aid-1234567" });
		expect(number).toMatchObject({ number: "+4930200001", accountId: "AID-1234567" });
	});
});

test("of 100 provisions at once on 50 numbers, 50 get one each and 50 hear that the pool is empty", async () => {
	await using d = await openDirectory();
	await d.numbers.importPool(
		d.first.distributorId,
		Array.from({ length: 50 }, (_, i) => ({ number: `+49301000${10 + i}` })),
	);
	const results = await Promise.all(
		Array.from({ length: 100 }, () =>
			d.numbers.provision(d.who, anyNumber).then(
				(given) => given.number.number,
				(error: { code: string }) => error.code,
			),
		),
	);
	const given = results.filter((result) => result.startsWith("+"));
	expect(new Set(given).size).toBe(50);
	expect(results.filter((result) => result === "numberPoolEmpty")).toHaveLength(50);
	const orders = await d.store.db.selectFrom("orders").select("numbers").execute();
	expect(orders.flatMap((order) => order.numbers).sort()).toEqual(given.sort());
});

describe("a number is looked up", () => {
	let d: TestDirectory;
	beforeAll(async () => {
		d = await openDirectory();
		await d.numbers.provision(d.who, { ...anyNumber, iccid: "8901240397190557414f" });
	});
	afterAll(() => d[Symbol.asyncDispose]());

	test("by itself, by the ICCID of its SIM in either case, or by both when they agree", async () => {
		const number = "+11234567890";
		const byNumber = await d.numbers.get(d.who, { number });
		expect(byNumber).toMatchObject({ number, iccid: "8901240397190557414F" });
		expect(await d.numbers.get(d.who, { iccid: "8901240397190557414F" })).toEqual(byNumber);
		expect(await d.numbers.get(d.who, { number, iccid: "8901240397190557414f" })).toEqual(byNumber);
		expect(await codeOf(d.numbers.get(d.who, { number, iccid: "890124" }))).toBe("notFound");
	});

	test("of another operator, of another account, or still in the pool: like one that does not exist", async () => {
		const other = await d.addOperator("curious");
		await d.addAccount("AID-other");
		const failureOf = (who: typeof d.who, number: string) =>
			d.numbers.get(who, { number }).catch((error: Error) => ({ ...error, message: error.message }));
		const unknown = await failureOf(d.who, "+4930999999");
		expect(unknown).toMatchObject({ code: "notFound" });
		expect(await failureOf(other, "+11234567890")).toEqual(unknown);
		expect(await failureOf({ ...d.who, accountId: "AID-other" }, "+11234567890")).toEqual(unknown);
		expect(await failureOf(d.who, "+11234567899")).toEqual(unknown);
	});

	test("nothing, or what can be no number, is bad input; an odd ICCID is just not found", async () => {
		expect(await codeOf(d.numbers.get(d.who, {}))).toBe("badInput");
		expect(await codeOf(d.numbers.get(d.who, { number: "11234567890" }))).toBe("badInput");
		expect(await codeOf(d.numbers.get(d.who, { iccid: "89\u00001" }))).toBe("notFound");
	});

	test("all numbers are listed in order for the CLI, by status and up to a limit", async () => {
		const all = await d.numbers.list({ limit: 3 });
		expect(all.map((each) => each.number)).toEqual(["+11234567890", "+11234567891", "+11234567892"]);
		const active = await d.numbers.list({ status: "Active", limit: 10 });
		expect(active.map((each) => each.number)).toEqual(["+11234567890"]);
	});
});

describe("an import", () => {
	test("of the first real numbers removes the examples that nobody has, but not one that is among them", async () => {
		await using d = await openDirectory();
		await d.numbers.provision(d.who, anyNumber);
		expect(await poolOf(d)).toHaveLength(POOL_SIZE - 1);
		const result = await d.numbers.importPool(d.first.distributorId, [
			{ number: "+4930100001", areaCode: " ", zipCode: "10115" },
			{ number: "+11234567895", areaCode: "123" },
			{ number: "+11234567890" },
			{ number: "+4930100001" },
		]);
		expect(result).toEqual({ imported: 2, skipped: ["+11234567890", "+4930100001"] });
		expect(await poolOf(d)).toEqual([{ number: "+11234567895" }, { number: "+4930100001" }]);
		const kept = await d.numbers.list({ limit: 10 });
		expect(kept.map((each) => [each.number, each.status, each.areaCode, each.zipCode])).toEqual([
			["+11234567890", "Active", "123", null],
			["+11234567895", "Pool", "123", null],
			["+4930100001", "Pool", null, "10115"],
		]);
		// What was imported once is real: the next import does not take it for an example.
		await d.numbers.importPool(d.first.distributorId, [{ number: "+4930100002" }]);
		expect(await poolOf(d)).toHaveLength(3);
	});

	test("of nothing new changes nothing", async () => {
		await using d = await openDirectory();
		const other = await d.addOperator("owner");
		await d.numbers.importPool(other.distributorId, [{ number: "+4930100001" }]);
		const result = await d.numbers.importPool(d.first.distributorId, [{ number: "+4930100001" }]);
		expect(result).toEqual({ imported: 0, skipped: ["+4930100001"] });
		expect(await d.numbers.importPool(d.first.distributorId, [])).toEqual({ imported: 0, skipped: [] });
		expect(await d.numbers.list({ status: "Pool", limit: 1000 })).toHaveLength(POOL_SIZE + 1);
	});

	test("with a wrong row leaves the pool as it was and names the row", async () => {
		await using d = await openDirectory();
		const rows = [{ number: "+4930100001" }, { number: "030 100002" }];
		await expect(d.numbers.importPool(d.first.distributorId, rows)).rejects.toThrow("Row 2");
		const odd = [{ number: "+4930100001", iccid: "89\u0000" }];
		await expect(d.numbers.importPool(d.first.distributorId, odd)).rejects.toThrow("Row 1: ICCID");
		expect(await poolOf(d)).toHaveLength(POOL_SIZE);
	});

	test("of many batches keeps the order of the file", async () => {
		await using d = await openDirectory();
		const numbers = Array.from({ length: 4_500 }, (_, i) => ({ number: `+4930${900_000 - i}` }));
		const result = await d.numbers.importPool(d.first.distributorId, numbers);
		expect(result).toEqual({ imported: 4_500, skipped: [] });
		expect(await poolOf(d)).toEqual(numbers);
	});
});

describe("who may touch a number", () => {
	let d: TestDirectory;
	let number: string;
	beforeAll(async () => {
		d = await openDirectory();
		number = (await d.numbers.provision(d.who, anyNumber)).number.number;
		await d.addAccount("AID-second");
	});
	afterAll(() => d[Symbol.asyncDispose]());

	test("its operator, with its account in either case, the operator's DID, or no AccountId at all", async () => {
		const owned = { phoneNumber: number, accountId: d.first.accountId };
		for (const accountId of [undefined, "", d.first.accountId.toUpperCase(), d.first.distributorId, "DID-1234567"]) {
			expect(await ownedNumber(d.store.db, d.who, number, accountId)).toEqual(owned);
		}
	});

	test("an account that is not the principal's is bad input; another one of its own is not found", async () => {
		const other = await d.addOperator("foreigner");
		const asks = (who: typeof d.who, accountId?: string) => codeOf(ownedNumber(d.store.db, who, number, accountId));
		expect(await asks(d.who, "AID-unknown")).toBe("badInput");
		expect(await asks(d.who, "AID-foreigner")).toBe("badInput");
		expect(await asks(d.who, "AID-\u0000")).toBe("badInput");
		expect(await asks(d.who, "AID-second")).toBe("notFound");
		expect(await asks(other)).toBe("notFound");
		expect(await asks(other, d.first.accountId)).toBe("badInput");
		expect(await asks({ ...d.who, accountId: "AID-second" })).toBe("notFound");
		expect(await asks({ ...d.who, accountId: d.first.accountId })).toBe("fine");
	});

	test("a parked number is live, a cancelled one and one in the pool are nobody's", async () => {
		const statusIs = (status: string) =>
			d.store.db.updateTable("numbers").set({ status }).where("number", "=", number).execute();
		expect(LIVE_STATUSES).toEqual(["Active", "Parked"]);
		await statusIs("Parked");
		expect(await codeOf(ownedNumber(d.store.db, d.who, number, undefined))).toBe("fine");
		await statusIs("Cancelled");
		expect(await codeOf(ownedNumber(d.store.db, d.who, number, undefined))).toBe("notFound");
		expect(await codeOf(ownedNumber(d.store.db, d.who, "+11234567899", undefined))).toBe("notFound");
	});
});
