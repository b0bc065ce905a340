import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { newId } from "../../../src/domain/index.ts";
import { openTestApi, type TestApi } from "../../support/http-api.ts";
import { addWebhook } from "../../support/webhooks.ts";

const DAY_MS = 86_400_000;
let api: TestApi;
beforeAll(async () => {
	api = await openTestApi();
	await api.deps.numbers.importPool(api.operator.distributorId, [
		...Array.from({ length: 40 }, (_, i) => ({ number: `+1201555${1000 + i}`, areaCode: "201", zipCode: "07001" })),
		...Array.from({ length: 20 }, (_, i) => ({ number: `+1801555${1000 + i}`, zipCode: "84603" })),
	]);
});
afterAll(() => api[Symbol.asyncDispose]());

const status = (StatusChange: string, PhoneNumbers: unknown[], more: object = {}) =>
	api.post("/v1.0/numbers/status", { StatusChange, PhoneNumbers, ...more });
const voicemail = (verb: string, PhoneNumber: string, more: object = {}) =>
	api.post(`/v1.0/numbers/voicemail/${verb}`, { PhoneNumber, ...more });
const statusOf = async (number: string) =>
	(await api.get(`/v1.0/numbers?Number=${encodeURIComponent(number)}`)).body.Status;

/** A call that left two seconds of a tone. */
async function leaveMessage(phoneNumber: string): Promise<{ messageId: string; mailboxId: string }> {
	const { mailboxId } = (await api.calls.find([phoneNumber]))[0]!.mailbox!;
	const messageId = newId("message");
	const result = await api.calls.deposit({
		facts: {
			messageId,
			mailboxId,
			phoneNumber,
			from: "+18015551234",
			fromName: null,
			receivedOn: api.deps.clock.now().toISOString(),
			redirectReason: "NoAnswer",
			mailboxSource: "Diversion",
			minMessageMs: 1000,
			filtered: false,
			attestation: null,
			callId: newId("call"),
		},
		audio: { encoding: "PCMU", samples: new Uint8Array(16_000).fill(7) },
		durationMs: 2000,
		speechMs: 2000,
	});
	expect(result).toBe("stored");
	return { messageId, mailboxId };
}

describe("parking and cancelling", () => {
	test("a parked number keeps taking messages; activate brings it back", async () => {
		const number = await api.number();
		await voicemail("activate", number, { PIN: "4821" });
		const { status: code, body } = await status("park", [{ Number: number }], { EffectiveDate: "12/31/2023" });
		expect(code).toBe(200);
		expect(body).toEqual({
			OrderId: expect.stringMatching(/^JNUOID-/),
			OrderDate: expect.stringMatching(/Z$/),
			OrderStatus: "Complete",
			ChangeType: "park",
			EffectiveDate: "2023-12-31T00:00:00.000Z",
			Numbers: [{ Number: number, QrCode: null, PreviousNumber: number }],
		});
		expect(await statusOf(number)).toBe("Parked");
		await leaveMessage(number);
		expect((await status("ACTIVATE", [number])).body.OrderStatus).toBe("Complete");
		expect(await statusOf(number)).toBe("Active");
	});

	test("a cancelled number is closed at once: to calls, to retrieval that is under way, to the API", async () => {
		const number = await api.number();
		await voicemail("activate", number, { PIN: "4821" });
		const { mailboxId, messageId } = await leaveMessage(number);
		const since = api.deps.clock.now();
		expect(await api.calls.stillOpen(mailboxId, since)).toBe(true);
		expect((await status("cancel", [number])).status).toBe(200);
		expect(await api.calls.find([number])).toEqual([]);
		expect(await api.calls.stillOpen(mailboxId, since)).toBe(false);
		expect((await api.calls.checkPin(number, "4821", "own")).result).toBe("wrong");
		expect(await api.deps.mailboxes.notice(messageId, number)).toBeUndefined();
		for (const verb of ["activate", "info", "update", "delete", "status", "unlock", "pin/reset"]) {
			expect((await voicemail(verb, number)).status, verb).toBe(404);
		}
		expect((await status("park", [number])).status).toBe(404);
		expect(await statusOf(number)).toBe("Cancelled");

		api.advance(29 * DAY_MS);
		await api.deps.numbers.runDue();
		const back = await api.post("/v1.0/numbers/reactivation", { PhoneNumber: number });
		expect(back.body).toEqual({
			PhoneNumber: number,
			AccountId: api.operator.accountId,
			Status: "Active",
			StatusMessage: "",
		});
		expect((await api.calls.messages(mailboxId)).messages.map((each) => each.messageId)).toEqual([messageId]);
		expect((await api.calls.checkPin(number, "4821", "own")).result).toBe("right");
	});

	test("after 30 days everything is erased, and the next owner hears nothing", async () => {
		const number = await api.number();
		await addWebhook(api.store.db, api.masterKey, "WID-of-the-last", api.operator.accountId, ["Voicemail_*"]);
		await voicemail("activate", number, { PIN: "4821", Email: "old@example.com", FirstName: "Old" });
		const { mailboxId, messageId } = await leaveMessage(number);
		const row = await api.store.db
			.selectFrom("messages")
			.select("blobKey")
			.where("id", "=", messageId)
			.executeTakeFirstOrThrow();
		await api.calls.setGreeting(mailboxId, "name", { encoding: "PCMU", samples: new Uint8Array(8000) });
		await status("cancel", [number]);
		api.advance(30 * DAY_MS + 1000);
		const late = await api.post("/v1.0/numbers/reactivate", { PhoneNumber: number });
		expect(late).toMatchObject({ status: 400, body: { Message: expect.stringContaining("30 days") } });
		expect((await status("activate", [number])).status).toBe(400);
		const nodes = await Promise.all([api.deps.numbers.runDue(), api.deps.numbers.runDue()]);
		expect(nodes[0].released + nodes[1].released).toBeGreaterThanOrEqual(1);
		expect(await api.store.blobs.get(row.blobKey)).toBeUndefined();
		expect(await statusOf(number)).toBeUndefined();
		for (const table of ["messages", "mailboxes"] as const) {
			const left = await api.store.db.selectFrom(table).select("id").where("phoneNumber", "=", number).execute();
			expect(left, table).toEqual([]);
		}
		const greetings = await api.store.db
			.selectFrom("greetings")
			.selectAll()
			.where("mailboxId", "=", mailboxId)
			.execute();
		expect(greetings).toEqual([]);
		const log = await api.store.db.selectFrom("auditEntries").selectAll().where("number", "=", number).execute();
		expect(JSON.stringify(log)).not.toContain("old@example.com");
		const events = await api.store.db
			.selectFrom("webhookEvents")
			.selectAll()
			.where("phoneNumber", "=", number)
			.execute();
		expect(events).toMatchObject([
			{ event: "Voicemail_Removed", accountId: api.operator.accountId, data: { MessagesDeleted: 1 } },
		]);
		await api.store.db.deleteFrom("webhooks").where("id", "=", "WID-of-the-last").execute();
		// Who had it hears that it is too late, not that it never was.
		const gone = await api.post("/v1.0/numbers/reactivate", { PhoneNumber: number });
		expect(gone).toMatchObject({ status: 400, body: late.body });

		await api.store.db.deleteFrom("numbers").where("status", "=", "Pool").where("number", "!=", number).execute();
		expect(await api.number()).toBe(number);
		expect((await voicemail("info", number)).body).toMatchObject({ VoicemailEnabled: false, Email: null });
		await voicemail("activate", number);
		const next = (await api.calls.find([number]))[0]!.mailbox!;
		expect(next).toMatchObject({ pinSet: false, full: false });
		expect((await api.calls.messages(next.mailboxId)).messages).toEqual([]);
		expect(await api.calls.greetings(next.mailboxId)).toEqual({});
		await api.deps.numbers.importPool(api.operator.distributorId, [
			...Array.from({ length: 40 }, (_, i) => ({ number: `+1201556${1000 + i}`, zipCode: "07001" })),
			...Array.from({ length: 20 }, (_, i) => ({ number: `+1801556${1000 + i}` })),
		]);
	});

	test("reactivating what was never cancelled is Active; a stranger's number is 404", async () => {
		const number = await api.number();
		const { status: code, body } = await api.post("/v1.0/numbers/reactivate", { PhoneNumber: number });
		expect([code, body.Status]).toEqual([200, "Active"]);
		expect((await api.post("/v1.0/numbers/reactivate", { PhoneNumber: "+19999999999" })).status).toBe(404);
		expect((await api.post("/v1.0/numbers/reactivate", { PhoneNumber: "" })).status).toBe(400);
	});
});

describe("swap and replace", () => {
	test.each([["swap"], ["replace"]])("%s moves the mailbox along with its messages, PIN and SIM", async (change) => {
		const sim = change === "swap" ? "8901240397190195851" : "8901240397190195852";
		const provisioned = await api.post("/v1.0/numbers/provision", {
			NumberType: "mvno",
			MessageType: "p2p",
			VoiceEnabled: true,
			ProductType: "Sms+Data+Voice",
			AreaCode: "201",
			ICCID: sim,
		});
		const old = provisioned.body.PhoneNumberAssigned as string;
		await voicemail("activate", old, { PIN: "4821", Email: "jane@example.com" });
		const before = await leaveMessage(old);
		const { status: code, body } = await status(change, [{ Number: old }]);
		expect(code).toBe(200);
		const [{ Number: now, PreviousNumber }] = body.Numbers as [{ Number: string; PreviousNumber: string }];
		expect(PreviousNumber).toBe(old);
		expect(now).not.toBe(old);
		if (change === "swap") expect(now.slice(0, 5)).toBe("+1201");
		expect(await statusOf(old)).toBe("Cancelled");
		expect(await api.calls.find([old])).toEqual([]);
		expect((await voicemail("info", now)).body).toMatchObject({ VoicemailEnabled: true, Email: "jane@example.com" });
		expect((await api.calls.find([now]))[0]?.mailbox?.mailboxId).toBe(before.mailboxId);
		expect(await api.calls.audio(before.messageId, before.mailboxId)).toBeDefined();
		expect((await api.calls.checkPin(now, "4821", "own")).result).toBe("right");
		const read = await api.get(`/v1.0/numbers?ICCID=${sim}`);
		expect(read.body).toMatchObject({ Number: now, SwapsRemaining: change === "swap" ? 1 : 2 });
		// The mail of a message that was left just before finds it under its new number.
		expect(await api.deps.mailboxes.notice(before.messageId, old)).toMatchObject({ message: { phoneNumber: now } });
		const order = await api.get(`/v1.0/numbers/order?OrderId=${String(body.OrderId).toUpperCase()}`);
		expect(order.body).toMatchObject({ OrderType: "status", PhoneNumbersOrdered: [{ Number: now }] });
	});

	test("a message whose call began before the swap is kept, once", async () => {
		const old = await api.number();
		await voicemail("activate", old);
		const { mailboxId } = (await api.calls.find([old]))[0]!.mailbox!;
		const { body } = await status("replace", [old]);
		const now = (body.Numbers as { Number: string }[])[0]!.Number;
		const recording = {
			facts: {
				messageId: newId("message"),
				mailboxId,
				phoneNumber: old,
				from: null,
				fromName: null,
				receivedOn: api.deps.clock.now().toISOString(),
				redirectReason: "NoAnswer" as const,
				mailboxSource: "Diversion" as const,
				minMessageMs: 1000,
				filtered: false,
				attestation: null,
				callId: newId("call"),
			},
			audio: { encoding: "PCMU" as const, samples: new Uint8Array(16_000) },
			durationMs: 2000,
			speechMs: 2000,
		};
		expect(await api.calls.deposit(recording)).toBe("stored");
		expect(await api.calls.deposit(recording)).toBe("stored");
		expect((await api.calls.messages(mailboxId)).messages.map((each) => each.phoneNumber)).toEqual([now]);
	});

	test("a number is swapped twice in a period, then it is unavailable until the next", async () => {
		let number = await api.number();
		const swap = async () => {
			const answer = await status("swap", [number]);
			if (answer.status === 200) number = (answer.body.Numbers as { Number: string }[])[0]!.Number;
			return answer;
		};
		expect((await swap()).status).toBe(200);
		expect((await swap()).status).toBe(200);
		const third = await swap();
		expect(third.status).toBe(400);
		expect(third.body.Message).toContain("Number-swap is currently unavailable");
		expect((await api.get(`/v1.0/numbers?Number=${encodeURIComponent(number)}`)).body).toMatchObject({
			SwapsRemaining: 0,
			NextSwapResetDate: expect.stringMatching(/^\d{4}-.*Z$/),
		});
		api.advance(30 * DAY_MS + 1000);
		expect((await swap()).status).toBe(200);
	});

	test("swap-sim needs the new SIM", async () => {
		const number = await api.number();
		expect((await status("swap-sim", [{ Number: number }])).status).toBe(400);
		const sim = "8901240397190557414F";
		expect((await status("swap-sim", [{ Number: number, iccid: sim.toLowerCase() }])).status).toBe(200);
		expect((await api.get(`/v1.0/numbers?ICCID=${sim}`)).body.Number).toBe(number);
	});
});

describe("orders", () => {
	test("of a later day wait, and are done when it has come; all numbers or none", async () => {
		const [one, two] = [await api.number(), await api.number()];
		const day = new Date(api.deps.clock.now().getTime() + 5 * DAY_MS);
		const EffectiveDate = `${day.getUTCMonth() + 1}/${day.getUTCDate()}/${day.getUTCFullYear()}`;
		const foreign = await status("park", [one, "+19999999999"], { EffectiveDate });
		expect(foreign.status).toBe(404);
		const { body } = await status("park", [one, two], { EffectiveDate });
		expect(body).toMatchObject({ OrderStatus: "Pending", EffectiveDate: expect.stringMatching(/T00:00:00\.000Z$/) });
		const order = async () => (await api.get(`/v1.0/numbers/order?OrderId=${body.OrderId}`)).body;
		await api.deps.numbers.runDue();
		expect([(await order()).OrderStatus, await statusOf(one)]).toEqual(["Pending", "Active"]);
		api.advance(5 * DAY_MS);
		const done = await Promise.all([api.deps.numbers.runDue(), api.deps.numbers.runDue()]);
		expect(done[0].orders + done[1].orders).toBe(1);
		expect([(await order()).OrderStatus, await statusOf(one), await statusOf(two)]).toEqual([
			"Complete",
			"Parked",
			"Parked",
		]);
	});

	test("that can not be done any more end in Error and say why; the numbers stay as they are", async () => {
		const [one, two] = [await api.number(), await api.number()];
		const EffectiveDate = new Date(api.deps.clock.now().getTime() + DAY_MS).toISOString().slice(0, 10);
		const { body } = await status("park", [one, two], { EffectiveDate });
		await status("cancel", [two]);
		api.advance(DAY_MS);
		await api.deps.numbers.runDue();
		const order = await api.get(`/v1.0/numbers/order?OrderId=${body.OrderId}`);
		expect(order.body).toMatchObject({ OrderStatus: "Error", OrderStatusMessage: expect.stringContaining("exist") });
		expect(await statusOf(one)).toBe("Active");
	});

	test.each([
		[{ StatusChange: "explode" }, "StatusChange must be one of"],
		[{ PhoneNumbers: [] }, "PhoneNumbers must name at least one"],
		[{ PhoneNumbers: undefined }, "PhoneNumbers is required"],
		[{ PhoneNumbers: ["+12016093801", "+12016093801"] }, "names a number twice"],
		[{ PhoneNumbers: [{ Number: "2016093801" }] }, "PhoneNumbers[0].Number must be an E.164"],
		[{ PhoneNumbers: "+12016093801" }, "PhoneNumbers must be a list"],
		[{ EffectiveDate: "31/12/2026" }, "EffectiveDate must be a date"],
		[{ EffectiveDate: "2/30/2026" }, "EffectiveDate must be a date"],
		[{ AreaCode: "20" }, "AreaCode must be 3 digits"],
	])("%j is 400: %s", async (change, message) => {
		const { status: code, body } = await api.post("/v1.0/numbers/status", {
			StatusChange: "park",
			PhoneNumbers: [{ Number: "+12016093801" }],
			...change,
		});
		expect(body).toEqual({ StatusCode: 400, Message: expect.stringContaining(message) });
		expect(code).toBe(400);
	});

	test("of nobody are 404, without an OrderId 400", async () => {
		expect((await api.get("/v1.0/numbers/order?OrderId=JNUOID-1")).status).toBe(404);
		expect((await api.get("/v1.0/numbers/order")).status).toBe(400);
	});
});
