import { describe, expect, test } from "vitest";
import { Failure, silentLog } from "../../src/domain/index.ts";
import type { MessageNotice } from "../../src/mailbox/index.ts";
import { createEmailNotifier, type EmailNotifierOptions, type Mail } from "../../src/notify/index.ts";
import type { Tx } from "../../src/store/index.ts";
import { MESSAGE_ID, sampleNotice } from "./samples.ts";

const TRY = { jobId: "0190a000-0000-7000-8000-000000000000", last: false };
const JOB = { messageId: MESSAGE_ID, phoneNumber: "+11234567890" };

/** The notifier between a mailbox, a queue and an outbox of lists. */
function begin(notice: MessageNotice | undefined, fail?: Failure) {
	const tx = {} as Tx;
	const enqueued: unknown[] = [];
	const sent: Mail[] = [];
	const givenUp: unknown[] = [];
	const worked: string[] = [];
	const store = {
		transaction: async <T>(work: (tx: Tx) => Promise<T>): Promise<T> => work(tx),
		jobs: {
			enqueue: async (given: Tx, name: string, data: object, options: object) => {
				expect(given).toBe(tx);
				enqueued.push({ name, data, ...options });
			},
			work: async (name: string) => void worked.push(name),
		},
	} as unknown as EmailNotifierOptions["store"];
	const notifier = createEmailNotifier({
		mailboxes: {
			notice: async (messageId, phoneNumber) => {
				expect({ messageId, phoneNumber }).toEqual(JOB);
				return notice;
			},
			pinNotice: async () => undefined,
			notifyFailed: async (...told) => void givenUp.push(told),
		},
		store,
		outbox: {
			send: async (mail) => {
				if (fail !== undefined) throw fail;
				sent.push(mail);
			},
		},
		mailFrom: "voicemail@op.example",
		accessNumber: "*86",
		log: silentLog,
	});
	return { notifier, enqueued, sent, worked, givenUp };
}

describe("a stored message", () => {
	test("asks for an e-mail where the mailbox wants one", async () => {
		const { notifier, enqueued } = begin(sampleNotice());
		await notifier.fanOut(JOB);
		expect(enqueued).toEqual([{ name: "email.message", data: JOB, key: MESSAGE_ID }]);
	});

	test.each([
		["the mailbox wants no mail", sampleNotice({ email: null })],
		["nothing was said", sampleNotice({}, { silent: true })],
		["a call filter kept the caller out", sampleNotice({}, { filtered: true })],
		["message or mailbox is gone", undefined],
	])("asks for none where %s", async (_, notice) => {
		const { notifier, enqueued } = begin(notice);
		await notifier.fanOut(JOB);
		expect(enqueued).toEqual([]);
	});
});

describe("an e-mail job", () => {
	test("sends the message as it is now", async () => {
		const { notifier, sent } = begin(sampleNotice({ newMessages: 7 }));
		await notifier.send(JOB, TRY);
		expect(sent).toMatchObject([{ messageId: MESSAGE_ID, to: { address: "jane@example.com" } }]);
		expect(sent[0]!.text).toContain("7 new messages");
	});

	test.each([
		["the address was taken out meanwhile", sampleNotice({ email: null })],
		["the message was deleted meanwhile", undefined],
	])("sends nothing and is done where %s", async (_, notice) => {
		const { notifier, sent } = begin(notice);
		await notifier.send(JOB, TRY);
		expect(sent).toEqual([]);
	});

	test("fails as the outbox fails, so that the queue tries again", async () => {
		const failure = new Failure("mailServerUnavailable", "down", "wait");
		await expect(begin(sampleNotice(), failure).notifier.send(JOB, TRY)).rejects.toBe(failure);
	});

	test("fails for good where the address is none", async () => {
		const { notifier } = begin(sampleNotice({ email: "a@b.example,c@d.example" }));
		await expect(notifier.send(JOB, TRY)).rejects.toMatchObject({ code: "badInput", permanent: true });
	});
});

test("all kinds of jobs are worked on", async () => {
	const { notifier, worked } = begin(undefined);
	await notifier.work();
	expect(worked).toEqual(["message.stored", "email.message", "email.pin"]);
});

test("a sender that is no address is refused at start", () => {
	const options = { mailFrom: "nobody" } as EmailNotifierOptions;
	expect(() => createEmailNotifier(options)).toThrow("AFTERBEEP_MAIL_FROM");
});
