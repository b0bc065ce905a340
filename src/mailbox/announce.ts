/** Facts of mailboxes for webhooks (contract 6.7): no PIN, no transcript, no audio. */
import { type EventCounts, type EventFact, emit } from "../directory/index.ts";
import type { Message } from "../domain/index.ts";
import type { Tx } from "../store/index.ts";
import type { CheckedFields } from "./fields.ts";
import type { Needs } from "./needs.ts";

export interface Announced {
	readonly accountId: string;
	readonly phoneNumber: string;
	/** Of the account's webhooks, where they were read already. */
	readonly subscriptions?: ReadonlySet<string> | undefined;
}

/** In the transaction of the fact, after its last change. @param facts see `emit`. */
export function announce(
	needs: Pick<Needs, "store" | "clock">,
	tx: Tx,
	mailbox: Announced,
	facts: (counts: EventCounts) => readonly EventFact[] | Promise<readonly EventFact[]>,
): Promise<void> {
	const { accountId, phoneNumber, subscriptions } = mailbox;
	return emit(tx, needs.store.jobs, { accountId, phoneNumber, subscriptions, at: needs.clock.now() }, facts);
}

/** The message object of contract 6.2 without transcript and audio. */
export function messageData(message: Message): Record<string, unknown> {
	return {
		MessageId: message.messageId,
		PhoneNumber: message.phoneNumber,
		From: message.from,
		FromName: message.fromName,
		ReceivedOn: message.receivedOn.toISOString(),
		DurationSeconds: Math.round(message.durationMs / 100) / 10,
		SizeBytes: message.sizeBytes,
		Status: message.status,
		// No call marks a message as one of these two yet.
		Urgent: false,
		Private: false,
		Filtered: message.filtered,
		Attestation: message.attestation,
		RedirectReason: message.redirectReason,
		MailboxSource: message.mailboxSource,
		Silent: message.silent,
		HeardOn: message.heardOn?.toISOString() ?? null,
		DeletedOn: message.deletedOn?.toISOString() ?? null,
		ExpiresOn: message.expiresOn?.toISOString() ?? null,
	};
}

/** The settings that were sent, with their new values; of the PIN only that it is another. */
export function changeData({ firstName, lastName, email, pin }: CheckedFields): Record<string, unknown> {
	return {
		...(firstName !== undefined && { FirstName: firstName }),
		...(lastName !== undefined && { LastName: lastName }),
		...(email !== undefined && { Email: email }),
		...(pin !== undefined && { PinChanged: true }),
	};
}
