import type { Insertable } from "kysely";
import { Failure } from "../domain/index.ts";
import { type MessageTable, prepared } from "../store/index.ts";
import { announce, messageData } from "./announce.ts";
import { toBlob } from "./blob-audio.ts";
import type { DepositedRecording, DepositFacts, DepositResult } from "./call-types.ts";
import { MAILBOX_LIMITS } from "./limits.ts";
import { bumpLamp, lockMailbox } from "./mailbox-row.ts";
import { MESSAGE_COLUMNS, messageOf, retentionOf } from "./message-row.ts";
import type { Needs } from "./needs.ts";

/** A message that is there already stays as it is. */
const messageInsert = prepared((db, given: Insertable<MessageTable>) =>
	db
		.insertInto("messages")
		.values({
			id: given.id,
			phoneNumber: given.phoneNumber,
			mailboxId: given.mailboxId,
			fromNumber: given.fromNumber,
			fromName: given.fromName,
			receivedOn: given.receivedOn,
			durationMs: given.durationMs,
			sizeBytes: given.sizeBytes,
			encoding: given.encoding,
			blobKey: given.blobKey,
			status: given.status,
			redirectReason: given.redirectReason,
			mailboxSource: given.mailboxSource,
			silent: given.silent,
			filtered: given.filtered,
			attestation: given.attestation,
			callId: given.callId,
			storedOn: given.storedOn,
		})
		.onConflict((conflict) => conflict.columns(["phoneNumber", "id"]).doNothing())
		.returning(MESSAGE_COLUMNS),
);

/**
 * A recording becomes a message: first the blob, then one transaction with the row, the lamp and the job. Everything is
 * keyed by the MessageId made at answer, so a deposit done again after a crash falls on itself: the same blob, no second
 * row, no second job. A blob whose transaction fails is written again by the retry that the recording log asks for.
 */
export async function deposit(needs: Needs, recording: DepositedRecording): Promise<DepositResult> {
	const { facts, durationMs } = recording;
	if (durationMs < facts.minMessageMs || recording.audio.samples.length === 0) return "tooShort";
	const blobKey = messageBlobKey(facts);
	const blob = toBlob(recording.audio);
	await needs.store.blobs.put(blobKey, blob);
	const stored = await needs.store.transaction(async (tx) => {
		const mailbox = await lockMailbox(tx, facts.mailboxId);
		if (!mailbox) return false;
		// The one in force: during the call the line may have got another number, and its mailbox with it.
		const { phoneNumber } = mailbox;
		const inserted = await messageInsert.first(tx, {
			id: facts.messageId,
			phoneNumber,
			mailboxId: facts.mailboxId,
			fromNumber: storable(facts.from, MAILBOX_LIMITS.callerNumberCharsMax),
			fromName: storable(facts.fromName, MAILBOX_LIMITS.callerNameCharsMax),
			receivedOn: new Date(facts.receivedOn),
			durationMs: Math.round(durationMs),
			sizeBytes: blob.reduce((sum, part) => sum + part.length, 0),
			encoding: recording.audio.encoding,
			blobKey,
			status: "New",
			redirectReason: facts.redirectReason,
			mailboxSource: facts.mailboxSource,
			silent: recording.speechMs < MAILBOX_LIMITS.speechMsMin,
			filtered: facts.filtered,
			attestation: facts.attestation,
			callId: facts.callId,
			storedOn: needs.clock.now(),
		});
		if (!inserted) return true;
		await bumpLamp(tx, facts.mailboxId);
		await needs.store.jobs.enqueue(tx, "message.stored", {
			messageId: facts.messageId,
			phoneNumber,
		});
		await announce(needs, tx, mailbox, (counts) => {
			const data = messageData(messageOf({ ...inserted, ...retentionOf(mailbox) }));
			const total = counts.NewMessages + counts.HeardMessages + counts.SavedMessages;
			const full = {
				event: "Voicemail_Full",
				data: { TotalMessages: total, MaxMessages: mailbox.maxMessages },
			} as const;
			// Told once, by the message that fills it.
			return [{ event: "Voicemail_New", data }, ...(total === mailbox.maxMessages ? [full] : [])];
		});
		return true;
	});
	if (stored) return "stored";
	await needs.store.blobs.delete(blobKey);
	return "mailboxGone";
}

/** By month and by the id's last octet: folders stay small, and no phone number stands in a file name. */
function messageBlobKey(facts: DepositFacts): string {
	if (!/^VMID-[0-9a-f-]{1,90}[0-9a-f]{2}$/.test(facts.messageId) || !/^\d{4}-\d\d-/.test(facts.receivedOn)) {
		throw new Failure(
			"badInput",
			"A recording's header names no message",
			"Report this as a bug of the recording log.",
		);
	}
	return `messages/${facts.receivedOn.slice(0, 7)}/${facts.messageId.slice(-2)}/${facts.messageId}.wav`;
}

/** What a network writes into a header must not keep a message out of the database, which refuses NUL and lone surrogates. */
function storable(text: string | null, charsMax: number): string | null {
	if (text === null) return null;
	const clean = text
		.toWellFormed()
		.replace(/\p{Cc}+/gu, " ")
		.trim();
	return clean === "" ? null : [...clean].slice(0, charsMax).join("");
}
