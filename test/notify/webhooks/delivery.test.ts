/** From a fact to a receiver, over the real database, queue and sockets. */
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { anyNumber } from "../../directory/support.ts";
import { openWebhookPlatform } from "./platform.ts";
import { openReceiver, status, verifies } from "./receiver.ts";

let p: Awaited<ReturnType<typeof openWebhookPlatform>>;
beforeAll(async () => {
	p = await openWebhookPlatform();
});
afterAll(() => p[Symbol.asyncDispose]());

const settled = async (deliveries: () => Promise<readonly { readonly status: string }[]>, count = 1) =>
	expect
		.poll(async () => (await deliveries()).filter((one) => one.status !== "Pending").length, { timeout: 10_000 })
		.toBe(count);

describe("a new message", () => {
	test("is told in the contract's envelope, signed, without transcript, audio or secret", async () => {
		await using receiver = await openReceiver();
		const t = await p.tenant("envelope");
		const webhook = await t.webhook(receiver.url, {
			authenticationType: "Basic",
			username: "me",
			password: "pässword",
		});
		const messageId = await t.leaveMessage();
		const [got] = await receiver.until(1);
		expect(Object.keys(got!.body)).toEqual([
			"EventId",
			"Event",
			"EventDate",
			"WebhookId",
			"AccountId",
			"PhoneNumber",
			"SubscriberId",
			"Data",
			"Counts",
		]);
		expect(got!.body).toMatchObject({
			EventId: expect.stringMatching(/^EVID-[0-9a-f-]{36}$/),
			Event: "Voicemail_New",
			EventDate: p.clock.now().toISOString(),
			WebhookId: webhook.webhookId,
			AccountId: t.accountId,
			PhoneNumber: t.phoneNumber,
			SubscriberId: null,
			Counts: { NewMessages: 1, HeardMessages: 0, SavedMessages: 0 },
		});
		expect(got!.body.Data).toEqual({
			MessageId: messageId,
			PhoneNumber: t.phoneNumber,
			From: "+18015551234",
			FromName: "Jane Roe",
			ReceivedOn: p.clock.now().toISOString(),
			DurationSeconds: 2.3,
			SizeBytes: expect.any(Number),
			Status: "New",
			Urgent: false,
			Private: false,
			Filtered: false,
			Attestation: null,
			RedirectReason: "NoAnswer",
			MailboxSource: "Diversion",
			Silent: false,
			HeardOn: null,
			DeletedOn: null,
			ExpiresOn: expect.any(String),
		});
		expect(got!.headers["webhook-id"]).toBe(got!.body.EventId);
		expect(Buffer.from(got!.headers.authorization!.replace("Basic ", ""), "base64").toString()).toBe("me:pässword");
		const { secret } = await p.webhooks.secret(t.who, webhook.webhookId);
		expect(await verifies(secret, got!, p.clock.now().getTime())).toBe(true);
		await settled(() => t.deliveries(webhook.webhookId));
		expect(await t.deliveries(webhook.webhookId)).toMatchObject([
			{
				event: "Voicemail_New",
				status: "Delivered",
				nextAttemptOn: null,
				attempts: [{ attempt: 1, httpStatus: 204, message: "delivered" }],
			},
		]);
	});

	test("is written down with the message or not at all, and costs nothing where nobody listens", async () => {
		const t = await p.tenant("quiet");
		await t.leaveMessage();
		const events = await p.store.db
			.selectFrom("webhookEvents")
			.select("id")
			.where("accountId", "=", t.accountId)
			.execute();
		expect(events).toEqual([]);
		await t.webhook("http://127.0.0.1:9/", { events: "Order_Update" });
		await t.leaveMessage();
		expect(
			await p.store.db.selectFrom("webhookEvents").select("id").where("accountId", "=", t.accountId).execute(),
		).toEqual([]);
	});

	test("of another account is none of this account's business", async () => {
		await using mine = await openReceiver();
		await using theirs = await openReceiver();
		const [a, b] = [await p.tenant("iso-a"), await p.tenant("iso-b")];
		await a.webhook(mine.url);
		const webhook = await b.webhook(theirs.url);
		await b.leaveMessage();
		await theirs.until(1);
		await settled(() => b.deliveries(webhook.webhookId));
		await a.leaveMessage();
		expect((await mine.until(1)).map(({ body }) => body.AccountId)).toEqual([a.accountId]);
		expect(theirs.received).toHaveLength(1);
	});
});

describe("every fact of a mailbox", () => {
	test("is told under its name, with the counts after it", async () => {
		await using receiver = await openReceiver();
		const t = await p.tenant("facts");
		await t.webhook(receiver.url);
		const { mailboxes } = p;
		await mailboxes.activate(t.who, t.phoneNumber, undefined, {}); // nothing to change: no fact
		await mailboxes.update(t.who, t.phoneNumber, undefined, {
			pin: "731946",
			firstName: "Ann",
			email: "ann@example.com",
		});
		const messageId = await t.leaveMessage();
		const mailboxId = await t.mailboxIdOf();
		for (const to of ["Heard", "Heard", "Saved", "Deleted", "Saved", "New"] as const) {
			p.clock.advance(1_000);
			await mailboxes.setStatus(mailboxId, messageId, to);
		}
		for (let i = 0; i < 5; i++) await mailboxes.checkPin(t.phoneNumber, "000000", "own");
		await mailboxes.notifyFailed(messageId, t.phoneNumber, "mailServerRefused");
		await p.store.db.updateTable("mailboxes").set({ maxMessages: 2 }).where("id", "=", mailboxId).execute();
		await t.leaveMessage();
		await mailboxes.remove(t.who, t.phoneNumber, undefined);
		await mailboxes.activate(t.who, t.phoneNumber, undefined, { lastName: "Lee", pin: "731946" });
		const got = await receiver.until(12);
		const inOrder = [...got].sort((a, b) => (a.body.EventId < b.body.EventId ? -1 : 1)).map(({ body }) => body);
		const counts = (body: { Counts: Record<string, number> }) => Object.values(body.Counts).join("/");
		const lines = inOrder.map((body) => `${body.Event} ${counts(body)}`);
		// Two facts of one moment: their ids are in no order.
		lines.splice(8, 2, ...lines.slice(8, 10).sort().reverse());
		expect(lines).toEqual([
			"Voicemail_Updated 0/0/0",
			"Voicemail_New 1/0/0",
			"Voicemail_Heard 0/1/0",
			"Voicemail_Saved 0/0/1",
			"Voicemail_Deleted 0/0/0",
			"Voicemail_Restored 0/0/1",
			"Voicemail_Locked 1/0/0",
			"Voicemail_Notify_Failed 1/0/0",
			"Voicemail_New 2/0/0",
			"Voicemail_Full 2/0/0",
			"Voicemail_Removed 0/0/0",
			"Voicemail_Activated 0/0/0",
		]);
		const data = Object.fromEntries(inOrder.map((body) => [body.Event, body.Data]));
		expect(inOrder[0].Data).toEqual({ FirstName: "Ann", Email: "ann@example.com", PinChanged: true });
		expect(data.Voicemail_Heard).toMatchObject({ MessageId: messageId, Status: "Heard", HeardOn: expect.any(String) });
		expect(data.Voicemail_Deleted).toMatchObject({ Status: "Deleted", ExpiresOn: expect.any(String) });
		expect(data.Voicemail_Locked).toEqual({ LockedUntil: expect.any(String), FailedAttempts: 5 });
		expect(data.Voicemail_Notify_Failed).toMatchObject({ Channel: "Email", Reason: "mailServerRefused" });
		expect(data.Voicemail_Full).toEqual({ TotalMessages: 2, MaxMessages: 2 });
		expect(data.Voicemail_Removed).toEqual({ MessagesDeleted: 2 });
		expect(data.Voicemail_Activated).toEqual({ LastName: "Lee", PinChanged: true });
		expect(got.map(({ text }) => text).join()).not.toMatch(/731946|000000|argon2|[Tt]ranscript|AudioUrl/);
	});

	test("reaches only webhooks that subscribe to it; an order is told too", async () => {
		await using orders = await openReceiver();
		await using heard = await openReceiver();
		const t = await p.tenant("some");
		await t.webhook(orders.url, { events: "order_update" });
		await t.webhook(heard.url, { events: " Voicemail_heard ,voicemail_HEARD" });
		const messageId = await t.leaveMessage();
		await p.mailboxes.setStatus(await t.mailboxIdOf(), messageId, "Heard");
		const { orderId, number } = await p.numbers.provision(t.who, anyNumber);
		expect((await heard.until(1)).map(({ body }) => body.Event)).toEqual(["Voicemail_Heard"]);
		const [order] = await orders.until(1);
		expect(order!.body).toMatchObject({ Event: "Order_Update", PhoneNumber: number.number, Counts: null });
		expect(order!.body.Data).toEqual({
			OrderId: orderId,
			OrderType: "provision",
			OrderStatus: "Complete",
			OrderDate: p.clock.now().toISOString(),
			StatusMessage: null,
			PhoneNumbers: [number.number],
		});
		expect([orders.received.length, heard.received.length]).toEqual([1, 1]);
	});
});

describe("an order for a later day", () => {
	test("is told when it is placed and when it is done, to each account for its own numbers alone", async () => {
		await using first = await openReceiver();
		await using second = await openReceiver();
		const [a, b] = [await p.tenant("order-a"), await p.tenant("order-b")];
		await a.webhook(first.url, { events: "Order_Update" });
		await b.webhook(second.url, { events: "Order_Update" });
		const { orderId } = await p.numbers.changeStatus(
			{ ...a.who, accountId: undefined },
			{
				change: "park",
				effectiveOn: new Date(p.clock.now().getTime() + 86_400_000),
				areaCode: undefined,
				zipCode: undefined,
				numbers: [a, b].map(({ phoneNumber }) => ({ number: phoneNumber, iccid: undefined })),
			},
		);
		await first.until(1);
		p.clock.advance(86_400_001);
		await p.numbers.runDue();
		for (const [receiver, t] of [
			[first, a],
			[second, b],
		] as const) {
			const told = (await receiver.until(2)).map(({ body }) => [body.AccountId, body.Data]);
			expect(told).toMatchObject(
				["Pending", "Complete"].map((OrderStatus) => [
					t.accountId,
					{ OrderId: orderId, OrderStatus, OrderType: "status", PhoneNumbers: [t.phoneNumber] },
				]),
			);
		}
	});
});

describe("a receiver that fails", () => {
	test("is sent the same again after five seconds, under the same EventId", async () => {
		await using receiver = await openReceiver();
		receiver.answer(status(500));
		const t = await p.tenant("fails");
		const { webhookId } = await t.webhook(receiver.url);
		await t.leaveMessage();
		const job = await p.jobOf("retry", webhookId);
		expect(job.Error).toContain("HTTP 500");
		const waitMs = Date.parse(job.NextAttemptOn!) - Date.now();
		expect(waitMs).toBeGreaterThan(3_000);
		expect(waitMs).toBeLessThanOrEqual(7_000);
		const [pending] = await t.deliveries(webhookId);
		expect(pending).toMatchObject({ status: "Pending", attempts: [{ httpStatus: 500, message: "HTTP 500" }] });
		expect(pending!.nextAttemptOn!.getTime() - p.clock.now().getTime()).toBeGreaterThanOrEqual(5_000);
		receiver.answer(status(202));
		await p.runNow("retry", webhookId);
		const [first, second] = await receiver.until(2);
		expect(second!.text).toBe(first!.text);
		expect(second!.headers["webhook-id"]).toBe(first!.headers["webhook-id"]);
		await settled(() => t.deliveries(webhookId));
		expect(await t.deliveries(webhookId)).toMatchObject([
			{ status: "Delivered", attempts: [{ httpStatus: 500 }, { attempt: 2, httpStatus: 202 }] },
		]);
	});

	test("waits longer each time, is given up after the tenth wait, and an operator's retry begins anew", async () => {
		await using receiver = await openReceiver();
		receiver.answer(status(503));
		const t = await p.tenant("given-up");
		const { webhookId } = await t.webhook(receiver.url);
		await t.leaveMessage();
		await p.jobOf("retry", webhookId);
		const failBefore = (failures: number) =>
			p.store.db.updateTable("webhookDeliveries").set({ failures }).where("webhookId", "=", webhookId).execute();
		await failBefore(9);
		await p.runNow("retry", webhookId);
		await receiver.until(2);
		await expect
			.poll(async () => Date.parse((await p.jobOf("retry", webhookId)).NextAttemptOn!) - Date.now(), { timeout: 8_000 })
			.toBeGreaterThan(86_000_000);
		await p.runNow("retry", webhookId);
		const dead = await p.jobOf("dead", webhookId);
		expect(dead).toMatchObject({ Dead: true, Error: expect.stringContaining("HTTP 503") });
		expect(await t.deliveries(webhookId)).toMatchObject([{ status: "GivenUp", nextAttemptOn: null }]);
		await p.store.jobs.retry(dead.JobId);
		await receiver.until(4);
		const again = await p.jobOf("retry", webhookId);
		expect(Date.parse(again.NextAttemptOn!) - Date.now()).toBeLessThanOrEqual(7_000);
		expect(await t.deliveries(webhookId)).toMatchObject([{ status: "Pending" }]);
	});

	test("by redirecting is not followed, and tried again as any other", async () => {
		await using elsewhere = await openReceiver();
		await using receiver = await openReceiver();
		receiver.answer(status(302, { location: elsewhere.url }));
		const t = await p.tenant("redirect");
		const { webhookId } = await t.webhook(receiver.url);
		await t.leaveMessage();
		expect((await p.jobOf("retry", webhookId)).Error).toContain("redirects are not followed");
		expect(elsewhere.received).toEqual([]);
	});

	test("with 410 is turned off: nothing more is sent, until an update turns it on", async () => {
		await using receiver = await openReceiver();
		receiver.answer(status(410));
		const t = await p.tenant("gone");
		const { webhookId } = await t.webhook(receiver.url);
		await t.leaveMessage();
		await settled(() => t.deliveries(webhookId));
		expect(await t.deliveries(webhookId)).toMatchObject([{ status: "GivenUp", attempts: [{ httpStatus: 410 }] }]);
		expect(await p.webhooks.get(t.who, webhookId, undefined)).toMatchObject({ active: false });
		await t.leaveMessage();
		receiver.answer(status(204));
		expect(await p.webhooks.update(t.who, webhookId, undefined, {})).toMatchObject({ active: true, url: receiver.url });
		const third = await t.leaveMessage();
		expect((await receiver.until(2)).at(-1)!.body.Data.MessageId).toBe(third);
		const { rows } = await sql<{ operation: string; after: object }>`
			select operation, after from audit_entries where thing = ${webhookId} order by id`.execute(p.store.db);
		expect(rows).toMatchObject([
			{ operation: "createWebhook" },
			{ operation: "receiverGone", after: { Active: false } },
			{ operation: "updateWebhook", after: { Active: true } },
		]);
	});

	test("by being slow delays no other, and has no more than its own places", async () => {
		await using slow = await openReceiver();
		await using quick = await openReceiver();
		let open = 0;
		let most = 0;
		slow.answer((response) => {
			most = Math.max(most, ++open);
			response.on("close", () => open--);
		});
		const [a, b] = [await p.tenant("slow"), await p.tenant("quick")];
		const { webhookId } = await a.webhook(slow.url);
		await b.webhook(quick.url);
		for (let i = 0; i < 30; i++) await a.leaveMessage();
		await slow.until(4);
		const begunMs = performance.now();
		for (let i = 0; i < 5; i++) await b.leaveMessage();
		await quick.until(5);
		expect(performance.now() - begunMs).toBeLessThan(3_000);
		expect((await a.deliveries(webhookId)).filter((one) => one.status === "Delivered")).toEqual([]);
		expect((await p.jobOf("retry", webhookId)).Error).toContain("no answer within");
		expect(most).toBe(4);
		await p.webhooks.remove(a.who, webhookId, undefined);
	});
});

describe("an operator's means", () => {
	test("an event is sent again on demand, also one that was delivered, and jobs of the round before do nothing", async () => {
		await using receiver = await openReceiver();
		receiver.answer(status(500));
		const t = await p.tenant("replay");
		const { webhookId } = await t.webhook(receiver.url);
		await t.leaveMessage();
		const overtaken = await p.jobOf("retry", webhookId);
		const { eventId } = (await t.deliveries(webhookId))[0]!;
		receiver.answer(status(200));
		await p.webhooks.replay(t.who, webhookId, eventId.toUpperCase(), t.who);
		const [first, second] = await receiver.until(2);
		expect(second!.text).toBe(first!.text);
		await settled(() => t.deliveries(webhookId));
		await p.store.jobs.retry(overtaken.JobId);
		await expect
			.poll(async () => (await p.store.jobs.list({ limit: 1_000 })).find((job) => job.JobId === overtaken.JobId)?.State)
			.toBe("completed");
		expect(receiver.received).toHaveLength(2);
		await p.webhooks.replay(t.who, webhookId, eventId, t.who);
		await receiver.until(3);
		await expect.poll(async () => (await t.deliveries(webhookId))[0]!.attempts.length).toBe(3);
		const other = await p.tenant("replay-other");
		await expect(p.webhooks.replay(other.who, webhookId, eventId, other.who)).rejects.toMatchObject({
			code: "notFound",
		});
		await expect(p.webhooks.replay(t.who, webhookId, "EVID-x", t.who)).rejects.toMatchObject({ code: "notFound" });
	});

	test("for a day after a rotation both secrets verify, then the new one alone", async () => {
		await using receiver = await openReceiver();
		const t = await p.tenant("rotation");
		const { webhookId } = await t.webhook(receiver.url);
		const before = (await p.webhooks.secret(t.who, webhookId)).secret;
		const { secret: after } = await p.webhooks.rotateSecret(t.who, webhookId);
		expect(after).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
		expect(after).not.toBe(before);
		expect((await p.webhooks.secret(t.who, webhookId)).secret).toBe(after);
		const holds = async () => {
			const count = receiver.received.length;
			await t.leaveMessage();
			const got = (await receiver.until(count + 1)).at(-1)!;
			return Promise.all([before, after].map((secret) => verifies(secret, got, p.clock.now().getTime())));
		};
		expect(await holds()).toEqual([true, true]);
		p.clock.advance(86_400_000 - 1_000);
		expect(await holds()).toEqual([true, true]);
		p.clock.advance(1_000);
		expect(await holds()).toEqual([false, true]);
	});

	test("a test event says how the receiver answers, and is kept nowhere", async () => {
		await using receiver = await openReceiver();
		const t = await p.tenant("test");
		const { webhookId } = await t.webhook(receiver.url, { authenticationType: "Token", token: "t0k3n" });
		expect(await p.webhooks.test(t.who, webhookId)).toMatchObject({ webhookId, httpStatus: 204, message: "delivered" });
		const [got] = receiver.received;
		expect(got!.body).toMatchObject({ Event: "Webhook_Test", WebhookId: webhookId, Data: {}, Counts: null });
		expect(got!.headers.authorization).toBe("Bearer t0k3n");
		const { secret } = await p.webhooks.secret(t.who, webhookId);
		expect(await verifies(secret, got!, p.clock.now().getTime())).toBe(true);
		receiver.answer(status(404));
		expect(await p.webhooks.test(t.who, webhookId)).toMatchObject({ httpStatus: 404, message: "HTTP 404" });
		expect(await t.deliveries(webhookId)).toEqual([]);
	});

	test("credentials and secrets stand in no row in clear", async () => {
		const t = await p.tenant("sealed");
		const { webhookId } = await t.webhook("http://127.0.0.1:9/", {
			authenticationType: "Bearer",
			token: "v3ry-s3cr3t",
		});
		const { secret } = await p.webhooks.secret(t.who, webhookId);
		const { rows } = await sql<{ row: string }>`
			select webhooks::text || encode(wrapped_credential, 'escape') || encode(wrapped_secret, 'base64') as row from webhooks
			where id = ${webhookId}`.execute(p.store.db);
		expect(rows[0]!.row).not.toContain("v3ry-s3cr3t");
		expect(rows[0]!.row.replace(/\s/g, "")).not.toContain(secret.slice("whsec_".length, -1));
		expect(p.log.lines.join()).not.toMatch(/v3ry-s3cr3t|t0k3n|p.ssword|whsec_/);
	});

	test("what was told of a mailbox goes with it; what was not told yet is told", async () => {
		await using receiver = await openReceiver();
		const t = await p.tenant("erased");
		const { webhookId } = await t.webhook(receiver.url);
		await t.leaveMessage();
		await settled(() => t.deliveries(webhookId));
		receiver.answer(status(500));
		await t.leaveMessage();
		await p.jobOf("retry", webhookId);
		await p.mailboxes.remove(t.who, t.phoneNumber, undefined);
		await receiver.until(3);
		await expect
			.poll(async () => (await t.deliveries(webhookId)).map(({ event }) => event))
			.toEqual(["Voicemail_Removed", "Voicemail_New"]);
	});

	test("events are erased after thirty days, with their deliveries", async () => {
		await using receiver = await openReceiver();
		const t = await p.tenant("old");
		const { webhookId } = await t.webhook(receiver.url);
		await t.leaveMessage();
		await settled(() => t.deliveries(webhookId));
		p.clock.advance(29 * 86_400_000);
		await p.outbox.purge();
		expect(await t.deliveries(webhookId)).toHaveLength(1);
		p.clock.advance(86_400_001);
		expect(await p.outbox.purge()).toBeGreaterThan(0);
		expect(await t.deliveries(webhookId)).toEqual([]);
	});
});
