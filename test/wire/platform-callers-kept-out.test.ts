/** Call filters and workgroups decide about real calls: refused, marked without an alert, or let through. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Phones, startPhones } from "../support/phone.ts";
import { type Platform, startPlatform, until } from "../support/platform.ts";
import { speechSignal } from "../support/speech-signal.ts";

const FRIEND = "+18015551234";
const STRANGER = "+18015559999";
const BLOCKED = "+18015550000";

let platform: Platform;
let phones: Phones;
beforeAll(async () => {
	platform = await startPlatform();
	phones = await startPhones(platform.sipPort);
});
afterAll(async () => {
	await phones?.[Symbol.asyncDispose]();
	await platform?.stop();
});

async function leave(number: string, from: string): Promise<void> {
	const call = await phones.forwarded(number, from);
	await call.hearBeep();
	await call.speak(speechSignal(2, 1));
	call.hangUp();
	await call.over;
}

async function ask(path: string, body: object): Promise<Record<string, unknown>> {
	const answer = await platform.post(path, body);
	expect(answer, JSON.stringify(answer.body)).toMatchObject({ status: 200 });
	return answer.body;
}

test("a blocked caller hears 603, a stranger's message is marked and alerts nobody, a friend's is told by mail", async () => {
	const number = await platform.activate({ Email: "jane@example.com" });
	const subscriber = { Name: "Jane", Email: "jane@example.com", Role: "Subscriber", Password: "1234567890" };
	const { SubscriberId } = await ask("/v1.0/subscribers/create", { ...subscriber, PhoneNumbers: [number] });
	const { FilterId } = await ask("/v1.0/subscribers/call-filter", {
		SubscriberId,
		Phone: number,
		FilterMode: "WHITELIST",
		AllowedNumbers: [FRIEND],
		BlockedNumbers: [BLOCKED],
	});
	await ask("/v1.0/subscribers/guardian-features", { SubscriberId, EnableIntelligentGuardianCalls: true });

	await expect(phones.forwarded(number, BLOCKED)).rejects.toThrow("603");
	await leave(number, STRANGER);
	await leave(number, FRIEND);

	const messages = await platform.messages(number, 2);
	const marks = new Map(messages.map((message) => [message.From, "Filtered" in message && message.Filtered]));
	expect([marks.get(STRANGER), marks.get(FRIEND)]).toEqual([true, false]);
	// Jobs run in their order: when the friend's mail is there, the stranger's would be too.
	const mails = await until("the mail of the friend's message", 20_000, async () => {
		const found = await platform.mails();
		return found.length > 0 ? found : undefined;
	});
	expect(mails).toHaveLength(1);
	expect(mails[0]).not.toContain(STRANGER);

	const calls = await platform.json<{ CallId: string; Status: number; Why: string }[]>("calls", "list", "--json");
	const refused = calls.find((call) => call.Status === 603);
	expect(refused?.Why).toContain(String(FilterId));
});

test("a call to a workgroup's number without voicemail reaches the mailbox that it points to", async () => {
	const member = await platform.activate();
	const group = await platform.provision();
	await ask("/v1.0/workgroups", { Name: "Sales", Type: "IVR", TelegentPhone: group, OnHoursId: member });
	await leave(group, FRIEND);
	const [message] = await platform.messages(member, 1);
	expect(message).toMatchObject({ From: FRIEND, PhoneNumber: member });
});
