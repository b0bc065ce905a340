import { afterAll, beforeAll, expect, test } from "vitest";
import { openTestApi, type TestApi } from "../../support/http-api.ts";

let api: TestApi;
let PhoneNumber: string;
beforeAll(async () => {
	api = await openTestApi();
	PhoneNumber = await api.number();
});
afterAll(() => api[Symbol.asyncDispose]());

const care = (verb: string, more: object = {}) => api.post(`/v1.0/numbers/voicemail/${verb}`, { PhoneNumber, ...more });

test("without voicemail: status says so, unlock and reset are 404", async () => {
	expect((await care("status")).body).toEqual({
		PhoneNumber,
		VoicemailEnabled: false,
		PinSet: false,
		PinChangeRequired: false,
		Locked: false,
		LockedUntil: null,
		FailedAttempts: 0,
		NewMessages: 0,
		TotalMessages: 0,
		MailboxFull: false,
	});
	expect((await care("unlock")).status).toBe(404);
	expect((await care("pin/reset")).status).toBe(404);
});

test("five wrong PINs lock, which status shows and unlock lifts", async () => {
	await care("activate", { PIN: "1234" });
	for (let i = 0; i < 5; i++) await api.calls.checkPin(PhoneNumber, "9999", "foreign");
	expect((await care("status")).body).toMatchObject({
		PinSet: true,
		PinChangeRequired: true,
		Locked: true,
		LockedUntil: expect.stringMatching(/Z$/),
		FailedAttempts: 5,
	});
	expect((await care("unlock")).body).toEqual({ PhoneNumber, Successful: true, Message: "Voicemail unlocked" });
	expect((await care("status")).body).toMatchObject({ Locked: false, LockedUntil: null, FailedAttempts: 0 });
	expect((await api.calls.checkPin(PhoneNumber, "1234", "foreign")).result).toBe("right");
});

test("a reset needs an Email; its PIN is in the mail's notice only, works, and must be changed", async () => {
	const refused = await care("pin/reset");
	expect(refused).toMatchObject({ status: 400, body: { Message: expect.stringContaining("no Email") } });
	await care("update", { Email: "jane@example.com" });
	const before = api.deps.clock.now();
	api.advance(1000);
	for (let i = 0; i < 5; i++) await api.calls.checkPin(PhoneNumber, "9999", "foreign");
	const { body } = await care("pin/reset");
	expect(body).toEqual({ PhoneNumber, Successful: true, Message: "New PIN sent by e-mail" });
	expect((await api.calls.checkPin(PhoneNumber, "1234", "foreign")).result).toBe("wrong");
	const { mailboxId } = (await api.calls.find([PhoneNumber]))[0]!.mailbox!;
	expect(await api.calls.stillOpen(mailboxId, before)).toBe(false);

	const [job] = await api.store.jobs.list({ name: "email.pin" });
	const { resetId } = job!.Data as { resetId: string };
	const notice = (await api.deps.mailboxes.pinNotice(mailboxId, resetId))!;
	expect(notice).toMatchObject({ email: "jane@example.com", pin: expect.stringMatching(/^\d{6}$/) });
	expect(await api.deps.mailboxes.pinNotice(mailboxId, resetId)).toEqual(notice);
	expect(await api.calls.checkPin(PhoneNumber, notice.pin, "foreign")).toEqual({
		result: "right",
		pinChangeRequired: true,
	});
	const everything = JSON.stringify([
		api.logLines,
		await api.store.db.selectFrom("auditEntries").selectAll().execute(),
		job,
	]);
	expect(everything).not.toContain(notice.pin);

	await care("update", { PIN: "5678" });
	expect(await api.deps.mailboxes.pinNotice(mailboxId, resetId)).toBeUndefined();
});
