/** The commands about what decides on calls, on a real data folder. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createOperators, loadMasterKey } from "../../src/directory/index.ts";
import { silentLog, systemClock } from "../../src/domain/index.ts";
import { openStore } from "../../src/store/index.ts";
import { run } from "./terminal-double.ts";

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
