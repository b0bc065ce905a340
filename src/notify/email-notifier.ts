/** The job handlers of e-mail notification. */
import { Failure, type Log } from "../domain/index.ts";
import type { Mailboxes, MessageNotice } from "../mailbox/index.ts";
import type { JobData, JobTry, Store } from "../store/index.ts";
import { composeEmail, parseSender } from "./compose.ts";
import { composePinEmail } from "./compose-pin.ts";
import { NOTIFY_LIMITS } from "./limits.ts";
import type { Outbox } from "./types.ts";

export interface EmailNotifierOptions {
	readonly mailboxes: Pick<Mailboxes, "notice" | "notifyFailed" | "pinNotice">;
	readonly store: Pick<Store, "transaction" | "jobs">;
	readonly outbox: Pick<Outbox, "send">;
	readonly mailFrom: string;
	/** What a subscriber dials to listen; undefined where no number reaches retrieval. */
	readonly accessNumber: string | undefined;
	readonly log: Log;
}

export interface EmailNotifier {
	/**
	 * `message.stored`: one `email.message` job where the mailbox wants mail. A silent or filtered message alerts nobody. Done twice,
	 * it makes one job; done again hours later, the second mail falls on the first one by its Message-ID.
	 */
	fanOut(data: JobData["message.stored"]): Promise<void>;
	/**
	 * `email.message`: reads the message as it is now and sends it. Nothing is sent where the message or its mailbox was
	 * deleted meanwhile, or the address taken out. Safe to run twice: see `Outbox.send`. Where it is given up, the account's
	 * webhooks are told.
	 *
	 * @throws Failure as `Outbox.send`; `blobMissing` where the audio cannot be had.
	 */
	send(data: JobData["email.message"], jobTry: JobTry): Promise<void>;
	/**
	 * `email.pin`: the new random PIN, unless another one was set meanwhile. Safe to run twice: it is the same mail again.
	 *
	 * @throws Failure as `Outbox.send`.
	 */
	sendPin(data: JobData["email.pin"]): Promise<void>;
	/** Takes all these kinds of jobs from the queue from now on. */
	work(): Promise<void>;
}

/** @throws PermanentFailure `badInput` where `mailFrom` is no address. */
export function createEmailNotifier(options: EmailNotifierOptions): EmailNotifier {
	const { mailboxes, store, outbox, log } = options;
	parseSender(options.mailFrom);

	const fanOut = async ({ messageId, phoneNumber }: JobData["message.stored"]): Promise<void> => {
		const notice = await mailboxes.notice(messageId, phoneNumber);
		if (notice === undefined || notice.email === null || notice.message.silent || notice.message.filtered) {
			log.debug({ messageId, why: whyNot(notice) }, "no e-mail for this message");
			return;
		}
		// A process that dies before `message.stored` is marked done leads here again: the key makes it one job.
		await store.transaction((tx) =>
			store.jobs.enqueue(tx, "email.message", { messageId, phoneNumber }, { key: messageId }),
		);
	};

	const send: EmailNotifier["send"] = async ({ messageId, phoneNumber }, { last }) => {
		try {
			await sendOnce(messageId, phoneNumber);
		} catch (error) {
			if (last || (error as { permanent?: unknown } | null)?.permanent === true) {
				const reason = error instanceof Failure ? error.code : "unknown";
				// What can not be told must not hide why the mail failed.
				await mailboxes
					.notifyFailed(messageId, phoneNumber, reason)
					.catch((failure) =>
						log.warn({ messageId, error: String(failure) }, "webhooks are not told of a mail given up"),
					);
			}
			throw error;
		}
	};

	const sendOnce = async (messageId: string, phoneNumber: string): Promise<void> => {
		const notice = await mailboxes.notice(messageId, phoneNumber);
		if (notice === undefined || notice.email === null) {
			log.info({ messageId, why: whyNot(notice) }, "e-mail not sent");
			return;
		}
		await outbox.send(composeEmail(notice, options));
		log.info({ messageId }, "e-mail sent");
	};

	const sendPin = async ({ mailboxId, resetId }: JobData["email.pin"]): Promise<void> => {
		const notice = await mailboxes.pinNotice(mailboxId, resetId);
		if (notice === undefined) {
			log.info({ mailboxId, why: "mailbox gone, without an address, or its PIN set anew" }, "PIN e-mail not sent");
			return;
		}
		await outbox.send(composePinEmail(notice, resetId, options));
		log.info({ mailboxId }, "PIN e-mail sent");
	};

	const work = async (): Promise<void> => {
		await store.jobs.work("message.stored", NOTIFY_LIMITS.fanOutConcurrency, fanOut);
		await store.jobs.work("email.message", NOTIFY_LIMITS.emailConcurrency, send);
		await store.jobs.work("email.pin", NOTIFY_LIMITS.pinConcurrency, sendPin);
	};

	return { fanOut, send, sendPin, work };
}

function whyNot(notice: Pick<MessageNotice, "email" | "message"> | undefined): string {
	if (notice === undefined) return "message or mailbox gone";
	if (notice.email === null) return "mailbox wants no e-mail";
	return notice.message.filtered ? "caller kept out by a call filter" : "silent message";
}
