/** What `--json` prints: the field names of the API (contract 2.6, 6.2). Pure. */
import type { CallTrace } from "../calls/index.ts";
import type { AccountView, AuditView, KeyView, NumberView, SubscriberView } from "../directory/index.ts";
import type { Message } from "../domain/index.ts";
import type { MailboxDetails } from "../mailbox/index.ts";

export function messageView(message: Message) {
	return {
		MessageId: message.messageId,
		PhoneNumber: message.phoneNumber,
		From: message.from,
		FromName: message.fromName,
		ReceivedOn: message.receivedOn.toISOString(),
		DurationSeconds: Math.round(message.durationMs / 100) / 10,
		SizeBytes: message.sizeBytes,
		Status: message.status,
		RedirectReason: message.redirectReason,
		MailboxSource: message.mailboxSource,
		Silent: message.silent,
		Filtered: message.filtered,
		Attestation: message.attestation,
		ExpiresOn: message.expiresOn?.toISOString() ?? null,
	};
}

export function numberView(number: NumberView) {
	return {
		Number: number.number,
		TNID: `TNID-${number.id}`,
		Status: number.status,
		AccountId: number.accountId,
		NumberType: number.numberType,
		MessageType: number.messageType,
		MessageEnabled: number.messageEnabled,
		VoiceEnabled: number.voiceEnabled,
		DataEnabled: number.dataEnabled,
		ProductType: number.productType,
		AreaCode: number.areaCode,
		ZipCode: number.zipCode,
		ICCID: number.iccid,
		MessageRouteId: number.messageRouteId,
		VoiceRouteId: number.voiceRouteId,
		AssignedSubscriberId: number.assignedSubscriberId,
		OrderId: number.orderId,
		ProvisionedOn: number.provisionedOn?.toISOString() ?? null,
	};
}

export function mailboxView(mailbox: MailboxDetails) {
	return {
		PhoneNumber: mailbox.phoneNumber,
		VoicemailEnabled: mailbox.voicemailEnabled,
		AccountId: mailbox.accountId,
		MailboxId: mailbox.mailboxId,
		FirstName: mailbox.firstName,
		LastName: mailbox.lastName,
		Email: mailbox.email,
		PinSet: mailbox.pinSet,
		PinChangeRequired: mailbox.pinChangeRequired,
		FailedAttempts: mailbox.failedAttempts,
		LockedUntil: mailbox.lockedUntil?.toISOString() ?? null,
		NewMessages: mailbox.newMessages,
		TotalMessages: mailbox.totalMessages,
		TimeZone: mailbox.timeZone,
		Language: mailbox.language,
		ActivatedOn: mailbox.activatedOn.toISOString(),
	};
}

export function accountView(account: AccountView) {
	return {
		AccountId: account.accountId,
		AccountName: account.name,
		DistributorId: account.distributorId,
		TotalSubscribers: account.totalSubscribers,
		BillingAddress: account.billingAddress,
		MailingAddress: account.mailingAddress,
		CreatedOn: account.createdOn.toISOString(),
	};
}

export function subscriberView(subscriber: SubscriberView) {
	return {
		SubscriberId: subscriber.subscriberId,
		Name: subscriber.name,
		Email: subscriber.email,
		PhoneNumbers: subscriber.phoneNumbers,
		Role: subscriber.role,
		Account: { AccountId: subscriber.accountId, CompanyName: subscriber.accountName },
	};
}

export function keyView(key: KeyView) {
	return {
		AccountKey: key.accountKey,
		AccountId: key.accountId,
		Name: key.name,
		Rights: key.rights,
		CreatedOn: key.createdOn.toISOString(),
		RotatedOn: key.rotatedOn?.toISOString() ?? null,
		PreviousSecretExpiry: key.previousUntil?.toISOString() ?? null,
		RequestsPerMinute: key.requestsPerMinute,
	};
}

export function auditView(entry: AuditView) {
	return {
		At: entry.at.toISOString(),
		Operation: entry.operation,
		PhoneNumber: entry.number,
		Thing: entry.thing,
		AccountId: entry.accountId,
		DistributorId: entry.distributorId,
		AccountKey: entry.accountKey,
		Address: entry.address,
		Before: entry.before,
		After: entry.after,
	};
}

/** A call as it stands in the list; its trace has more. */
export interface CallRow {
	readonly id: string;
	readonly sipCallId: string;
	readonly startedOn: Date;
	readonly endedOn: Date | null;
	readonly kind: string;
	readonly phoneNumber: string | null;
	readonly fromNumber: string | null;
	readonly status: number;
	readonly why: string;
	readonly messageId: string | null;
}

export function callView(call: CallRow) {
	return {
		CallId: call.id,
		SipCallId: call.sipCallId,
		StartedOn: call.startedOn.toISOString(),
		EndedOn: call.endedOn?.toISOString() ?? null,
		Kind: call.kind,
		PhoneNumber: call.phoneNumber,
		From: call.fromNumber,
		Status: call.status,
		Why: call.why,
		MessageId: call.messageId,
	};
}

/** The part of a trace that is kept as JSON beside the columns of its row. */
export type TraceRest = Partial<
	Pick<CallTrace, "source" | "requestUri" | "identity" | "candidates" | "mailboxSource" | "steps">
>;

export function traceView(call: CallRow, rest: TraceRest) {
	return {
		...callView(call),
		Source: rest.source ?? null,
		RequestUri: rest.requestUri ?? null,
		Identity: rest.identity ?? null,
		MailboxSource: rest.mailboxSource ?? null,
		Candidates: (rest.candidates ?? []).map((candidate) => ({
			Source: candidate.source,
			Raw: candidate.raw,
			PhoneNumber: candidate.phoneNumber ?? null,
			Why: candidate.why,
		})),
		Steps: (rest.steps ?? []).map((step) => ({ AtMs: step.atMs, What: step.what })),
	};
}
