/** Mailboxes of an operator on a real database, with one number provisioned; time moves only when told to. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { TelephoneAudio } from "../../src/audio/index.ts";
import type { Log, Message } from "../../src/domain/index.ts";
import { newId } from "../../src/domain/index.ts";
import { createMailboxes, type DepositedRecording, type MailboxFields } from "../../src/mailbox/index.ts";
import { anyNumber, openDirectory } from "../directory/support.ts";

/** Log lines as JSON. */
export function recordingLog(): Log & { readonly lines: string[] } {
	const lines: string[] = [];
	const write = (level: string) => (fields: object, message: string) =>
		void lines.push(JSON.stringify({ level, ...fields, message }));
	return { lines, debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
}

/** A tone that no other length or seed has. */
export function someAudio(milliseconds: number, seed = 1): TelephoneAudio {
	return {
		encoding: "PCMU",
		samples: Uint8Array.from({ length: milliseconds * 8 }, (_, i) => (i * seed * 7 + seed) % 256),
	};
}

export async function openMailboxes() {
	const d = await openDirectory();
	const log = recordingLog();
	const mailboxes = createMailboxes({
		store: d.store,
		masterKey: d.masterKey,
		clock: d.clock,
		log,
		defaults: { timeZone: "Europe/Berlin", language: "en" },
		// One after the other, so that guesses made at once are judged in their order.
		pinHashesAtOnce: 1,
	});
	const { number } = (await d.numbers.provision(d.who, anyNumber)).number;
	const blobFolder = join(d.dataFolder, "blobs");

	const mailboxIdOf = async (phoneNumber = number) => (await mailboxes.find([phoneNumber]))[0]!.mailbox!.mailboxId;
	/** What a call leaves behind at its end; each is answered a second after the one before. */
	const recordingFor = async (
		over: Partial<DepositedRecording["facts"]> = {},
		ms = 2000,
	): Promise<DepositedRecording> => {
		d.clock.advance(1000);
		return {
			facts: {
				messageId: newId("message"),
				mailboxId: over.mailboxId ?? (await mailboxIdOf()),
				phoneNumber: number,
				from: "+18015551234",
				fromName: "Jane Roe",
				receivedOn: d.clock.now().toISOString(),
				redirectReason: "NoAnswer",
				mailboxSource: "Diversion",
				minMessageMs: 1000,
				callId: newId("call"),
				filtered: false,
				attestation: null,
				...over,
			},
			audio: someAudio(ms),
			durationMs: ms,
			speechMs: ms,
		};
	};
	return {
		...d,
		log,
		mailboxes,
		number,
		mailboxIdOf,
		recordingFor,
		activate: (fields: MailboxFields = {}, phoneNumber = number) =>
			mailboxes.activate(d.who, phoneNumber, undefined, fields),
		/** A message that somebody left; its id. */
		leaveMessage: async (over: Partial<DepositedRecording["facts"]> = {}): Promise<string> => {
			const recording = await recordingFor(over);
			await mailboxes.deposit(recording);
			return recording.facts.messageId;
		},
		nextNumber: async () => (await d.numbers.provision(d.who, anyNumber)).number.number,
		jobs: async (name: string) => (await d.store.jobs.list({ name, limit: 1000 })).map((job) => job.Data),
		hasBlob: (key: string) => existsSync(join(blobFolder, key)),
		blobKeyOf: async (messageId: string) =>
			(await d.store.db.selectFrom("messages").select("blobKey").where("id", "=", messageId).executeTakeFirstOrThrow())
				.blobKey,
		lampVersion: async () =>
			Number(
				(
					await d.store.db
						.selectFrom("mailboxes")
						.select("lampVersion")
						.where("phoneNumber", "=", number)
						.executeTakeFirstOrThrow()
				).lampVersion,
			),
		[Symbol.asyncDispose]: () => d[Symbol.asyncDispose](),
	};
}
export type TestMailboxes = Awaited<ReturnType<typeof openMailboxes>>;

export const briefly = (messages: readonly Message[]) => messages.map((each) => [each.messageId, each.status]);
