/** Real calls of sipp become messages: how many, how long, whose, and every sample of them. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Phones, startPhones } from "../support/phone.ts";
import { type ListedMessage, type Platform, startPlatform } from "../support/platform.ts";
import { leaveBySipp, type SippCallers } from "../support/sipp-caller.ts";
import { match, pcmOf, speechSignal } from "../support/speech-signal.ts";
import { hasTool } from "../support/tools.ts";

let platform: Platform;
let phones: Phones;
/** How many messages each mailbox is to have in the end. */
const expected = new Map<string, number>();

beforeAll(async () => {
	platform = await startPlatform();
	phones = await startPhones(platform.sipPort);
});
afterAll(async () => {
	await phones?.[Symbol.asyncDispose]();
	await platform?.stop();
});

/** The beep lasts 0.3 s; until then nothing is recorded. */
const BEFORE_SPEECH_MS = 800;
const AFTER_SPEECH_MS = 200;

type Invited = Pick<SippCallers, "user" | "toUser" | "headers">;

const diverted = (number: string, reason = "no-answer"): Invited => ({
	user: "voicemail",
	headers: [`Diversion: <sip:${number}@127.0.0.1>;reason=${reason}`],
});

async function leave(callers: Partial<SippCallers> & Pick<SippCallers, "user" | "speech">) {
	const sipp = await leaveBySipp({
		sipPort: platform.sipPort,
		beforeSpeechMs: BEFORE_SPEECH_MS,
		afterSpeechMs: AFTER_SPEECH_MS,
		...callers,
	});
	expect({ exitCode: sipp.exitCode, failed: sipp.failed, errors: sipp.errors }).toMatchObject({
		exitCode: 0,
		failed: 0,
		...(callers.more?.includes("-lost") || callers.repeated ? {} : { errors: "" }),
	});
	return sipp;
}

async function messagesOf(number: string, count: number): Promise<ListedMessage[]> {
	expected.set(number, count);
	return platform.messages(number, count);
}

/** Every sample that was sent stands in the message, in one piece, and nothing but a little silence around it. */
async function expectWhole(message: ListedMessage, speech: Uint8Array, aroundMs = 1500): Promise<void> {
	const found = match(pcmOf(speech), await platform.audio(message.MessageId));
	expect(found.correlation).toBeGreaterThan(0.99);
	expect(found.missingStartMs).toBeLessThanOrEqual(100);
	expect(found.missingEndMs).toBeLessThanOrEqual(100);
	expect(found.beforeMs + found.behindMs).toBeLessThanOrEqual(aroundMs);
}

describe.skipIf(!hasTool("sipp")).concurrent("a call of sipp", () => {
	test.each([
		["UDP", "u1", 1],
		["TCP", "t1", 2],
	] as const)("over %s leaves one message with every sample that was sent", async (_, transport, seed) => {
		const number = await platform.activate();
		const speech = speechSignal(4, seed);
		await leave({ ...diverted(number), speech, transport });
		const [message] = await messagesOf(number, 1);
		expect(message).toMatchObject({
			PhoneNumber: number,
			From: "+15551234567",
			Status: "New",
			RedirectReason: "NoAnswer",
			MailboxSource: "Diversion",
			Silent: false,
		});
		expect(message!.DurationSeconds).toBeGreaterThanOrEqual(4);
		expect(message!.DurationSeconds).toBeLessThan(5.5);
		await expectWhole(message!, speech);
	});

	test("that loses one SIP message in ten leaves one message, none twice", async () => {
		const number = await platform.activate();
		const speech = speechSignal(2, 3);
		const calls = 12;
		// Where each ACK is lost, the first RTP begins the greeting in its place.
		const sipp = await leave({ ...diverted(number), calls, speech, more: ["-lost", "10"] });
		expect(sipp.retransmissions).toBeGreaterThan(0);
		expect(await messagesOf(number, calls)).toHaveLength(calls);
	});

	test("with a late offer is recorded like any other", async () => {
		const number = await platform.activate();
		const speech = speechSignal(2, 4);
		await leave({ ...diverted(number), speech, lateOffer: true });
		await expectWhole((await messagesOf(number, 1))[0]!, speech);
	});

	test("that repeats its INVITE and its BYE leaves one message", async () => {
		const number = await platform.activate();
		const speech = speechSignal(2, 5);
		await leave({ ...diverted(number), speech, repeated: true });
		await expectWhole((await messagesOf(number, 1))[0]!, speech);
	});

	test("that is held and resumed while recording keeps what was said before and after", async () => {
		const number = await platform.activate();
		const speech = speechSignal(4, 6);
		await leave({ ...diverted(number), speech, holdMs: 1000 });
		const [message] = await messagesOf(number, 1);
		const received = await platform.audio(message!.MessageId);
		const sent = pcmOf(speech);
		const half = sent.length / 2;
		// The two ends of sipp's pause are not exact to the packet: compared without a tenth of a second around it.
		for (const part of [sent.subarray(0, half - 800), sent.subarray(half + 800)]) {
			const found = match(part, received);
			expect(found.correlation).toBeGreaterThan(0.99);
			expect(found.missingStartMs + found.missingEndMs).toBeLessThanOrEqual(100);
		}
		expect(message!.DurationSeconds).toBeLessThan(6.5);
	});

	test("goes to the mailbox that its INVITE names, and says by what and why", async () => {
		const n: string[] = [];
		for (let i = 0; i < 9; i++) n.push(await platform.activate());
		const speech = speechSignal(1.5, 7);
		const at = (number: string) => `sip:${number}@127.0.0.1`;
		const rows: Invited[] = [
			diverted(n[0]!, "user-busy"),
			{
				user: "voicemail",
				headers: [`History-Info: <${at(n[1]!)}>;index=1, <${at("voicemail")};cause=408>;index=1.1;mp=1`],
			},
			{ user: `voicemail;target=${at(n[2]!).replace("@", "%40")};cause=486` },
			{ user: n[3]! },
			{ user: "voicemail", toUser: n[4]! },
			{ user: "voicemail", headers: [`P-Called-Party-ID: <${at(n[5]!)}>`] },
			// The bottom Diversion is whom the caller called.
			{
				user: "voicemail",
				headers: [
					`Diversion: <${at("+15550009999")}>;reason=unconditional`,
					`Diversion: <${at(n[6]!)}>;reason=unavailable`,
				],
			},
			{
				user: "voicemail",
				headers: [`Diversion: <${at(n[7]!)}>;reason=unconditional`, "Privacy: id"],
			},
			{
				user: "voicemail",
				// National form, as an American PBX writes it.
				headers: [
					`Diversion: <${at(n[8]!.replace("+1", ""))}>;reason=no-answer`,
					"P-Asserted-Identity: <sip:5557654321@127.0.0.1>",
				],
			},
		];
		await Promise.all(rows.map((row) => leave({ ...row, speech })));
		const left = await Promise.all(n.map(async (number) => (await messagesOf(number, 1))[0]!));
		expect(left.map(({ MailboxSource, RedirectReason, From }) => [MailboxSource, RedirectReason, From])).toEqual([
			["Diversion", "Busy", "+15551234567"],
			["HistoryInfo", "NoAnswer", "+15551234567"],
			["Target", "Busy", "+15551234567"],
			["RequestUri", "Direct", "+15551234567"],
			["To", "Direct", "+15551234567"],
			["CalledParty", "Direct", "+15551234567"],
			["Diversion", "Unavailable", "+15551234567"],
			["Diversion", "Unconditional", null],
			["Diversion", "NoAnswer", "+15557654321"],
		]);
	});
});

test("a call that is cancelled around its answer leaves no message", async () => {
	const number = await platform.activate();
	const ends = await Promise.all(Array.from({ length: 24 }, (_, i) => phones.cancelled(number, i * 3)));
	expect(ends).toHaveLength(24);
	expect(await messagesOf(number, 0)).toEqual([]);
	await platform.untilIdle();
});

test("RTP that is lost, doubled and swapped on its way makes gaps, never a shift", async () => {
	const number = await platform.activate();
	const speech = speechSignal(6, 8);
	const call = await phones.forwarded(number, "+15551234567", { unreliable: { seed: 8, lossPart: 0.03 } });
	await call.hearBeep();
	await call.speak(speech);
	call.hangUp();
	const [message] = await messagesOf(number, 1);
	const received = await platform.audio(message!.MessageId);
	const found = match(pcmOf(speech), received);
	expect(found.missingStartMs).toBeLessThanOrEqual(100);
	expect(found.missingEndMs).toBeLessThanOrEqual(100);
	expect(found.correlation).toBeGreaterThan(0.9);
	// Both ends lie at the same place: what was lost in between was filled.
	const sent = pcmOf(speech);
	const [head, tail] = [match(sent.subarray(0, 8000), received), match(sent.subarray(-8000), received)];
	const apartMs = tail.beforeMs - tail.missingStartMs - (head.beforeMs - head.missingStartMs);
	expect(apartMs).toBeCloseTo(5000, 0);
});

test("a number that is not ours gets 404, one without voicemail 480, and no message", async () => {
	const number = await platform.provision();
	await expect(phones.forwarded("+15550001111")).rejects.toThrow("404");
	await expect(phones.forwarded(number)).rejects.toThrow("480");
});

test("in the end there are as many messages as there were calls that left one", async () => {
	await platform.untilIdle();
	const counts = new Map([...expected.keys()].map((number) => [number, 0]));
	for (const { PhoneNumber } of await platform.allMessages())
		counts.set(PhoneNumber, (counts.get(PhoneNumber) ?? 0) + 1);
	expect(counts).toEqual(expected);
});
