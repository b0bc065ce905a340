/**
 * All that the examples of our document name, as things of the first account: whoever owns them gets each example
 * answered, whoever does not must not see a trace of them. An operation whose example names something new adds it here.
 */
import type { TestApi } from "./http-api.ts";
import { addDelivery, addWebhook } from "./webhooks.ts";

/** One that is read and changed, one that is deleted. */
const FILTERS = ["CFID-3f0d2c52-7d0c-4f1e-9c26-0d5d5f3b8a11", "CFID-84a7a2f6-1d54-4b0b-8f0e-1b2f1f9a6c52"];

const GROUPS = ["WID-5e0c7a30-3c61-4d0b-8e55-0d1d5a4c9b21", "WID-6f1d8b41-4d72-4e1c-9f66-1e2e6b5dac32"];
const ACTIVITIES = ["WAID-7a2e9c52-5e83-4f2d-8a77-2f3f7c6ebd43", "WAID-8b3fad63-6f94-4a3e-9b88-3a4a8d7fce54"];

const WEBHOOK = "WID-0d2f8c1e-5b7a-4f63-9c10-6f2f1f0f4a11";
const EVENT = "EVID-0197c1f2-4f0a-7c31-8d52-2f6a1b9c3d4e";

export async function addExampleThings(api: TestApi): Promise<void> {
	for (const number of ["+11234567890", "+18018018011", "+1234567890", "+12016093801", "+12345678901"]) {
		await own(api, number);
	}
	await api.post("/v1.0/numbers/voicemail/activate", { PhoneNumber: "+18018018011", Email: "john@example.com" });
	const { store, operator } = api;
	await addExampleSubscriber(api);
	await store.db
		.insertInto("accountKeys")
		.values({
			accountKey: "DID-5b1d9c1e-8a52-4f0e-9d43-0c5d3f6f8f11",
			distributorId: operator.distributorId,
			name: "Billing system",
			secretHash: Buffer.alloc(32),
		})
		.execute();
	await store.db
		.insertInto("orders")
		.values({
			id: "JNUOID-12390e1f-d7a6-4489-b695-1ad363b8d596",
			distributorId: operator.distributorId,
			accountId: operator.accountId,
			orderType: "provision",
			orderStatus: "Complete",
			numbers: ["+12815703894"],
		})
		.execute();
	for (const id of GROUPS) {
		await store.db.insertInto("workgroups").values({ id, accountId: operator.accountId, document: "{}" }).execute();
	}
	for (const id of ACTIVITIES) {
		await store.db.insertInto("workgroupActivities").values({ id, workgroupId: GROUPS[0]!, document: "{}" }).execute();
	}
	for (const [i, id] of FILTERS.entries()) {
		const SubscriberId = "TSUID-1234567999";
		const phone = `+1801801802${i}`;
		const document = JSON.stringify({ FilterMode: "BLACKLIST", Phone: phone, SubscriberId });
		await store.db.insertInto("callFilters").values({ id, subscriberId: SubscriberId, phone, document }).execute();
	}
	await addWebhook(store.db, api.masterKey, WEBHOOK, operator.accountId);
	// Of a number whose mailbox no example deletes: with it would go what is kept of its events.
	await addDelivery(store.db, WEBHOOK, operator.accountId, EVENT, "+18018018011");
}

export async function addExampleSubscriber({ store, operator }: TestApi): Promise<void> {
	const { accountId } = operator;
	const subscriber = { name: "Jerome User 3", email: "jerome3@joonto.com", role: "Manager" };
	await store.db
		.insertInto("subscribers")
		.values({ id: "TSUID-1234567999", accountId, ...subscriber })
		.execute();
}

/** Numbers that provisioning gives out, in the pool that all accounts of the operator share. */
export async function addExamplePool(api: TestApi): Promise<void> {
	await api.deps.numbers.importPool(api.operator.distributorId, [
		{ number: "+18016025346", zipCode: "84603" },
		{ number: "+12016093802", zipCode: "07001" },
		...["+18016025347", "+18016025348", "+18016025349"].map((number) => ({ number })),
	]);
}

/** Puts a number into the pool and gives it out. */
export async function own(api: TestApi, number: string): Promise<void> {
	await api.deps.numbers.importPool(api.operator.distributorId, [{ number }]);
	await api.store.db
		.updateTable("numbers")
		.set({ status: "Active", accountId: api.operator.accountId })
		.where("number", "=", number)
		.execute();
}
