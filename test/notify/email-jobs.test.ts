/** From a deposited message to a mail, over the real database, queue and blobs. */
import { randomBytes } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { simpleParser } from "mailparser";
import { SMTPServer } from "smtp-server";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { encodeWav } from "../../src/audio/index.ts";
import { createNumbers, createOperators } from "../../src/directory/index.ts";
import { newId, type Principal } from "../../src/domain/index.ts";
import { type CallMailboxes, createMailboxes, type Mailboxes } from "../../src/mailbox/index.ts";
import { createEmailNotifier, openOutbox } from "../../src/notify/index.ts";
import { namedRoutes } from "../../src/routing/index.ts";
import { anyNumber, movableClock } from "../directory/support.ts";
import { recordingLog } from "../mailbox/support.ts";
import { openTestStore, type TestStore } from "../support/store.ts";
import { toneAudio } from "./samples.ts";

const EMAIL = "jane.subscriber@example.com";

let opened: TestStore;
let mailboxes: Mailboxes & CallMailboxes;
let who: Principal;
let phoneNumber: string;
/** The mail server's answer to the next recipients; 250 accepts. */
let rcptAnswer = 250;
const taken: string[] = [];
const log = recordingLog();
const cleanUp = new AsyncDisposableStack();

beforeAll(async () => {
	const smtp = new SMTPServer({
		authOptional: true,
		disabledCommands: ["STARTTLS"],
		disableReverseLookup: true,
		closeTimeout: 50,
		onRcptTo: (_address, _session, done) => {
			done(rcptAnswer === 250 ? null : Object.assign(new Error("said no"), { responseCode: rcptAnswer }));
		},
		onData: (stream, _session, done) => {
			const chunks: Buffer[] = [];
			stream.on("data", (chunk: Buffer) => chunks.push(chunk));
			stream.on("end", () => {
				taken.push(Buffer.concat(chunks).toString("latin1"));
				done();
			});
		},
	});
	await new Promise<void>((resolve) => smtp.listen(0, "127.0.0.1", resolve));
	cleanUp.defer(() => new Promise<void>((resolve) => smtp.close(() => resolve())));
	opened = cleanUp.use(await openTestStore({ worker: true, log }));
	const { store } = opened;
	const [masterKey, clock] = [new Uint8Array(randomBytes(32)), movableClock()];
	const first = (await createOperators({ store, masterKey, clock }).bootstrap({}))!;
	who = { accountKey: first.accountKey, distributorId: first.distributorId, accountId: undefined, rights: [] };
	mailboxes = createMailboxes({
		store,
		masterKey,
		clock,
		log,
		defaults: { timeZone: "Europe/Berlin", language: "en" },
	});
	phoneNumber = (
		await createNumbers({ store, clock, findRoutes: namedRoutes, hooks: mailboxes.numberHooks }).provision(
			who,
			anyNumber,
		)
	).number.number;
	await mailboxes.activate(who, phoneNumber, undefined, { email: EMAIL, firstName: "Jane" });
	const { port } = smtp.server.address() as { port: number };
	const maildirFolder = join(opened.dataFolder, "mail");
	const outbox = cleanUp.use(await openOutbox({ smtpUrl: `smtp://127.0.0.1:${port}`, maildirFolder, log }));
	const mailFrom = "voicemail@op.example";
	await createEmailNotifier({ mailboxes, store, outbox, mailFrom, accessNumber: "*86", log }).work();
});
afterAll(() => cleanUp.disposeAsync());

async function leaveMessage(speechMs = 1000): Promise<string> {
	const messageId = newId("message");
	const mailboxId = (await mailboxes.find([phoneNumber]))[0]!.mailbox!.mailboxId;
	await mailboxes.deposit({
		facts: {
			messageId,
			mailboxId,
			phoneNumber,
			from: "+18015551234",
			fromName: "Robert\r\nBcc: thief@evil.example",
			receivedOn: "2026-05-28T17:03:20.000Z",
			redirectReason: "NoAnswer",
			mailboxSource: "Diversion",
			minMessageMs: 1000,
			callId: newId("call"),
			filtered: false,
			attestation: null,
		},
		audio: toneAudio(2),
		durationMs: 2000,
		speechMs,
	});
	return messageId;
}

const mailsOf = (messageId: string): string[] => taken.filter((mail) => mail.includes(messageId));
const jobsOf = async (messageId: string) =>
	(await opened.store.jobs.list({ limit: 100 })).filter(({ Data }) => JSON.stringify(Data).includes(messageId));

describe("a message that was deposited", () => {
	test("reaches the subscriber as one mail, with what was said", async () => {
		const messageId = await leaveMessage();
		await vi.waitFor(() => expect(mailsOf(messageId)).toHaveLength(1), 10_000);
		const mail = await simpleParser(mailsOf(messageId)[0]!);
		expect(mail.subject).toBe("Voicemail from Robert Bcc: thief@evil.example, +1 801 555 1234 (0:02)");
		expect(mail.to).toMatchObject({ value: [{ address: EMAIL }] });
		expect(mail.text).toContain("Thursday, May 28, 2026 at 7:03 PM, Central European Summer Time");
		expect(mail.attachments[0]!.content).toEqual(Buffer.from(encodeWav(toneAudio(2), "pcm16")));
	});

	test("is tried again while the mail server defers", async () => {
		rcptAnswer = 451;
		const messageId = await leaveMessage();
		await vi.waitFor(
			async () =>
				expect(await jobsOf(messageId)).toContainEqual(expect.objectContaining({ State: "retry", Dead: false })),
			10_000,
		);
		rcptAnswer = 250;
		const waiting = (await jobsOf(messageId)).find(({ State }) => State === "retry")!;
		expect(waiting.Error).toContain("said no");
		await opened.store.jobs.retry(waiting.JobId);
		await vi.waitFor(() => expect(mailsOf(messageId)).toHaveLength(1), 10_000);
	});

	test("is a dead letter at once where the mail server refuses the address, and an operator can run it again", async () => {
		rcptAnswer = 550;
		const messageId = await leaveMessage();
		await vi.waitFor(
			async () => expect(await jobsOf(messageId)).toContainEqual(expect.objectContaining({ Dead: true })),
			10_000,
		);
		rcptAnswer = 250;
		const dead = (await jobsOf(messageId)).find(({ Dead }) => Dead)!;
		expect(dead).toMatchObject({ Name: "email.message", Error: expect.stringContaining("refused the mail") });
		expect(await opened.store.jobs.retry(dead.JobId)).toBe(true);
		await vi.waitFor(() => expect(mailsOf(messageId)).toHaveLength(1), 10_000);
	});

	test("alerts nobody where nothing was said", async () => {
		const silent = await leaveMessage(0);
		const spoken = await leaveMessage();
		await vi.waitFor(() => expect(mailsOf(spoken)).toHaveLength(1), 10_000);
		await vi.waitFor(
			async () =>
				expect((await jobsOf(silent)).map(({ Name, State }) => ({ Name, State }))).toEqual([
					{ Name: "message.stored", State: "completed" },
				]),
			10_000,
		);
		expect(mailsOf(silent)).toEqual([]);
	});

	test("leaves neither address nor number nor what was said in the log", () => {
		const text = log.lines.join("\n");
		expect(text).toContain("e-mail sent");
		for (const secret of [EMAIL, "jane.subscriber", phoneNumber, "8015551234", "Robert"])
			expect(text).not.toContain(secret);
	});
});

test("with no mail server set, mail lies in the Maildir under the data folder", async () => {
	const maildirFolder = join(opened.dataFolder, "mail");
	await using outbox = await openOutbox({ smtpUrl: undefined, maildirFolder, log });
	const { store } = opened;
	const options = { mailboxes, store, outbox, mailFrom: "voicemail@localhost", accessNumber: "*86", log };
	const notifier = createEmailNotifier(options);
	const messageId = await leaveMessage();
	await notifier.send({ messageId, phoneNumber }, { jobId: "j", last: false });
	await notifier.send({ messageId, phoneNumber }, { jobId: "j", last: false });
	expect(await readdir(join(maildirFolder, "new"))).toEqual([messageId]);
	const mail = await simpleParser(await readFile(join(maildirFolder, "new", messageId)));
	expect(mail.messageId).toBe(`<${messageId}@localhost>`);
});
