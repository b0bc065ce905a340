/** The commands about what decides on calls, on a real data folder. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createOperators, loadMasterKey } from "../../src/directory/index.ts";
import { silentLog, systemClock } from "../../src/domain/index.ts";
import { openStore } from "../../src/store/index.ts";
import { run, runOn } from "./terminal-double.ts";

let data: string;
let accountId: string;
const hours = { Name: "Office", MondayStartTime: "8:00 AM", MondayEndTime: "5:00 PM" };

beforeAll(async () => {
	data = await mkdtemp(path.join(tmpdir(), "afterbeep-cli-routing-"));
	await using store = await openStore({
		databaseUrl: undefined,
		databaseDirectUrl: undefined,
		dataFolder: data,
		blobs: `file:${path.join(data, "blobs")}`,
		worker: false,
		log: silentLog,
	});
	const masterKey = await loadMasterKey({ file: undefined, dataFolder: data, create: true });
	accountId = (await createOperators({ store, masterKey, clock: systemClock }).bootstrap({}))!.accountId;
	const kept = (id: string, document: object) => ({ id, accountId, document: JSON.stringify(document) });
	await store.db
		.insertInto("voiceRoutes")
		.values(kept("CRID-1", { RouteName: "Main\u001b[2J", RouteType: "Trunk" }))
		.execute();
	await store.db
		.insertInto("messageRoutes")
		.values(kept("MRID-1", { RouteName: "Texts" }))
		.execute();
	await store.db.insertInto("schedules").values(kept("SID-1", hours)).execute();
	await store.db
		.insertInto("workgroups")
		.values(kept("WID-1", { Name: "Sales", Type: "IVR" }))
		.execute();
	const subscriber = { id: "TSUID-1", accountId, name: "Jane", email: "jane@example.com", role: "Subscriber" };
	await store.db.insertInto("subscribers").values(subscriber).execute();
	const document = { SubscriberId: "TSUID-1", Phone: "+11234567890", FilterMode: "WHITELIST" };
	const filter = { id: "CFID-1", subscriberId: "TSUID-1", phone: "+11234567890" };
	await store.db
		.insertInto("callFilters")
		.values({ ...filter, document: JSON.stringify(document) })
		.execute();
});
afterAll(() => rm(data, { recursive: true, force: true, maxRetries: 5 }));

describe("what decides about calls", () => {
	test.each([
		["routes", "RouteId", ["CRID-1", "MRID-1"]],
		["filters", "FilterId", ["CFID-1"]],
		["workgroups", "WorkgroupId", ["WID-1"]],
		["schedules", "ScheduleId", ["SID-1"]],
	])("%s are listed under the names of the API, and each is shown", async (noun, idName, ids) => {
		const listed = JSON.parse((await run(noun, "list", "--json", "--data", data)).stdout) as Record<string, unknown>[];
		expect(listed.map((view) => view[idName])).toEqual(ids);
		for (const view of listed) {
			expect(view.AccountId).toBe(accountId);
			const shown = await run(noun, "show", String(view[idName]).toLowerCase(), "--json", "--data", data);
			expect(JSON.parse(shown.stdout)).toEqual(view);
		}
		const missing = await run(noun, "show", "nobody", "--data", data);
		expect(missing).toMatchObject({ code: 1, stderr: expect.stringContaining(`afterbeep ${noun} list`) });
	});

	test("are tables for people, from which nothing moves the cursor", async () => {
		const { code, stdout } = await run("routes", "list", "--data", data);
		expect(code).toBe(0);
		expect(stdout).toContain("Main?[2J");
		expect(stdout).toMatch(/^RouteId +AccountId +Kind +RouteName +RouteType$/m);
	});
});

describe("afterbeep numbers provision", () => {
	const provision = async (...words: string[]) => {
		const ran = await run("numbers", "provision", ...words, "--json", "--data", data);
		return { ...ran, number: ran.code === 0 ? JSON.parse(ran.stdout) : undefined };
	};

	test("gives a number with calls on, and what the API's fields say besides", async () => {
		expect((await provision()).number).toMatchObject({ VoiceEnabled: true, MessageEnabled: false, Status: "Active" });
		const fields = [
			"VoiceRouteId=CRID-1",
			"messagerouteid=MRID-1",
			"MessageEnabled=true",
			"AssignedSubscriberId=TSUID-1",
		];
		const { number } = await provision("--type", "iot", ...fields, "ProductType=sms-only", "VoiceEnabled=false");
		expect(number).toMatchObject({
			NumberType: "iot",
			VoiceRouteId: "CRID-1",
			MessageRouteId: "MRID-1",
			AssignedSubscriberId: "TSUID-1",
			ProductType: "Sms-Only",
			VoiceEnabled: false,
			MessageEnabled: true,
		});
	});

	test("is refused in the words of the API, and as a wrong call where a word is no field", async () => {
		expect(await provision("VoiceRouteId=CRID-2")).toMatchObject({
			code: 1,
			stderr: expect.stringContaining("VoiceRouteId is no voice route of this account"),
		});
		expect(await provision("MessageEnabled=true")).toMatchObject({
			code: 1,
			stderr: expect.stringContaining("MessageRouteId is required"),
		});
		expect(await provision("MessageEnabled")).toMatchObject({
			code: 2,
			stderr: expect.stringContaining("not of the form Field=value"),
		});
	});
});

test("a list that is wider than the terminal is shown as a block for each row", async () => {
	const wide = await runOn({ interactive: true, columns: 300 }, "routes", "list", "--data", data);
	expect(wide.stdout.split("\n")).toHaveLength(4);
	const narrow = await runOn({ interactive: true, columns: 60 }, "routes", "list", "--data", data);
	expect(narrow.stdout).toMatch(/^RouteId {4}CRID-1\nAccountId {2}AID-\S+\n[\s\S]*\n\nRouteId {4}MRID-1\n/);
	for (const line of narrow.stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(60);
});
