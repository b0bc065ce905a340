/** Webhooks from the command line, on a real data folder and a real receiver. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createOperators, loadMasterKey } from "../../src/directory/index.ts";
import { systemClock as clock, silentLog } from "../../src/domain/index.ts";
import { openStore, type Store } from "../../src/store/index.ts";
import { openReceiver } from "../notify/webhooks/receiver.ts";
import { addDelivery, addWebhook } from "../support/webhooks.ts";
import { run } from "./terminal-double.ts";

const WEBHOOK = "WID-0d2f8c1e-5b7a-4f63-9c10-6f2f1f0f4a11";
const EVENT = "EVID-0197c1f2-4f0a-7c31-8d52-2f6a1b9c3d4e";

let data: string;
let store: Store;
let accountId: string;
const opened = new AsyncDisposableStack();
beforeAll(async () => {
	const parent = await mkdtemp(path.join(tmpdir(), "afterbeep-cli-"));
	opened.defer(() => rm(parent, { recursive: true, force: true, maxRetries: 5 }));
	data = path.join(parent, "data");
	// Kept open: the commands use the server that it runs.
	store = opened.use(
		await openStore({
			databaseUrl: undefined,
			databaseDirectUrl: undefined,
			dataFolder: data,
			blobs: `file:${path.join(data, "blobs")}`,
			worker: false,
			connectionsMax: 2,
			log: silentLog,
		}),
	);
	const masterKey = await loadMasterKey({ file: undefined, dataFolder: data, create: true });
	accountId = (await createOperators({ store, masterKey, clock }).bootstrap({}))!.accountId;
	await addWebhook(store.db, masterKey, WEBHOOK, accountId);
	await addDelivery(store.db, WEBHOOK, accountId, EVENT);
});
afterAll(() => opened.disposeAsync());

test("webhooks are listed, their deliveries shown, and one that was given up is sent again", async () => {
	const listed = await run("webhooks", "list", "--json", "--data", data);
	expect(JSON.parse(listed.stdout)).toMatchObject([{ WebhookId: WEBHOOK, AccountId: accountId, Active: true }]);
	const shown = await run("webhooks", "deliveries", WEBHOOK, "--data", data);
	expect(shown.stdout).toMatch(new RegExp(`${EVENT}.*GivenUp.*HTTP 500`));
	const replayed = await run("webhooks", "replay", WEBHOOK, EVENT, "--data", data);
	expect(replayed.code).toBe(0);
	const again = await run("webhooks", "deliveries", WEBHOOK, "--json", "--data", data);
	expect(JSON.parse(again.stdout)).toMatchObject([{ EventId: EVENT, Status: "Pending" }]);
	const jobs = await store.jobs.list({ name: "webhook.deliver" });
	expect(jobs).toMatchObject([{ State: "created", Data: { round: 1 } }]);
});

test("a test event is sent only where the operator allows it, and the exit code tells how it went", async () => {
	await using receiver = await openReceiver();
	await store.db.updateTable("webhooks").set({ url: receiver.url }).where("id", "=", WEBHOOK).execute();
	const refused = await run("webhooks", "test", WEBHOOK, "--data", data);
	expect(refused.code).toBe(1);
	expect(refused.stdout).toContain("not https");
	expect(receiver.received).toEqual([]);
	const { stdout } = await run("webhooks", "list", "--json", "--data", data);
	expect(stdout).not.toContain("whsec_");
});

test("what there is not is said to be missing", async () => {
	for (const words of [
		["deliveries", "WID-x"],
		["replay", WEBHOOK, "EVID-x"],
		["test", "WID-x"],
	]) {
		const { code, stderr } = await run("webhooks", ...words, "--data", data);
		expect({ words, code, stderr }).toMatchObject({ code: 1, stderr: expect.not.stringMatching(/^\s*$/) });
	}
});
