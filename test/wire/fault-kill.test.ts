/** `kill -9` at any moment: what callers said is a message at the next start, once, and its e-mail goes out once. */
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Phones, startPhones } from "../support/phone.ts";
import { type Platform, startPlatform, until } from "../support/platform.ts";
import { seededRandom } from "../support/seeded-random.ts";
import { match, pcmOf, speechSignal } from "../support/speech-signal.ts";

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

async function killAndStartAgain(): Promise<void> {
	await platform.kill();
	const dead = phones;
	platform = await platform.again();
	phones = await startPhones(platform.sipPort);
	void dead[Symbol.asyncDispose]();
}

const idsOf = (mails: readonly string[]): (string | undefined)[] =>
	mails.map((mail) => /^Message-ID: <(VMID-[^@]+)@/im.exec(mail)?.[1]).sort();

/** Waits until each message has its mail and no job is left, and that nothing came twice. */
async function expectOneMailEach(messageIds: readonly string[]): Promise<void> {
	await until("a mail for each message", 20_000, async () => (await platform.mails()).length >= messageIds.length);
	await until("no job is left", 20_000, async () => {
		const jobs = await platform.json<{ State: string }[]>("jobs", "list");
		return jobs.every((job) => job.State === "completed");
	});
	expect(idsOf(await platform.mails())).toEqual([...messageIds].sort());
}

test("killed during recordings: each is a message that lacks at most its last second", async () => {
	const number = await platform.activate({ Email: "jane@example.com" });
	const random = seededRandom(51);
	const calls = await Promise.all(
		Array.from({ length: 5 }, async (_, i) => {
			await wait(random.between(0, 900));
			const speech = speechSignal(10, 60 + i);
			const call = await phones.forwarded(number);
			await call.hearBeep();
			const startedAt = performance.now();
			void call.speak(speech);
			return { speech, startedAt };
		}),
	);
	await wait(3_000);
	const killedAt = performance.now();
	await killAndStartAgain();
	const messages = await platform.messages(number, calls.length);
	expect(messages).toHaveLength(calls.length);
	const audios = await Promise.all(messages.map((message) => platform.audio(message.MessageId)));
	for (const { speech, startedAt } of calls) {
		const spoken = pcmOf(speech.subarray(0, Math.floor(killedAt - startedAt) * 8));
		const found = audios.map((audio) => match(spoken, audio)).sort((a, b) => b.correlation - a.correlation)[0]!;
		expect(found.correlation).toBeGreaterThan(0.99);
		expect(found.missingStartMs).toBeLessThanOrEqual(100);
		expect(found.missingEndMs).toBeLessThanOrEqual(1_000);
	}
	await expectOneMailEach(messages.map((message) => message.MessageId));
}, 60_000);

test("killed around the hang-up, at many moments: one message and one e-mail each", async () => {
	const before = (await platform.allMessages()).map((message) => message.MessageId);
	const number = await platform.activate({ Email: "jane@example.com" });
	const rounds = 4;
	const callsEach = 6;
	for (let round = 1; round <= rounds; round++) {
		const random = seededRandom(round);
		const calls = await Promise.all(
			Array.from({ length: callsEach }, async (_, i) => {
				const call = await phones.forwarded(number);
				await call.hearBeep();
				await call.speak(speechSignal(1.6, round * 100 + i));
				return call;
			}),
		);
		// The kill falls into what follows a hang-up: stop, log, blob, transaction, job, mail.
		for (const call of calls) setTimeout(() => call.hangUp(), random.between(0, 250));
		await wait(random.between(0, 400));
		await killAndStartAgain();
		const messages = await platform.messages(number, round * callsEach);
		expect(messages, `round ${round}`).toHaveLength(round * callsEach);
	}
	const after = (await platform.messages(number, rounds * callsEach)).map((message) => message.MessageId);
	await expectOneMailEach([...before, ...after]);
}, 120_000);
