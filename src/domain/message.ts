/** A voicemail message as the contract's section 6.2 names its parts. */

export const MESSAGE_STATUSES = ["New", "Heard", "Saved", "Deleted"] as const;
export type MessageStatus = (typeof MESSAGE_STATUSES)[number];

/** Why the network sent the call here. */
export const REDIRECT_REASONS = ["NoAnswer", "Busy", "Unavailable", "Unconditional", "Direct", "Unknown"] as const;
export type RedirectReason = (typeof REDIRECT_REASONS)[number];

/** Which part of the INVITE named the mailbox. */
export const MAILBOX_SOURCES = ["Target", "HistoryInfo", "Diversion", "RequestUri", "CalledParty", "To"] as const;
export type MailboxSource = (typeof MAILBOX_SOURCES)[number];

/** RFC 8588 §4: full, partial, gateway. What the caller's network claims; Afterbeep does not verify the signature. */
export const ATTESTATION_LEVELS = ["A", "B", "C"] as const;
export type AttestationLevel = (typeof ATTESTATION_LEVELS)[number];

export interface Message {
	/** `VMID-...`, made at the moment of answer; also the recording id, the blob key's last part and the mail's Message-ID. */
	readonly messageId: string;
	readonly phoneNumber: string;
	/** E.164 where it could be normalised, else as received; null when withheld (`Privacy: id`). */
	readonly from: string | null;
	readonly fromName: string | null;
	/** Moment of answer. */
	readonly receivedOn: Date;
	readonly durationMs: number;
	readonly sizeBytes: number;
	readonly status: MessageStatus;
	readonly redirectReason: RedirectReason;
	readonly mailboxSource: MailboxSource;
	/** No speech was heard: stored, but no alert is sent. */
	readonly silent: boolean;
	/** A call filter of the subscriber kept the caller out: stored, but no alert is sent. */
	readonly filtered: boolean;
	/** As the INVITE said, not verified; null where it said nothing. */
	readonly attestation: AttestationLevel | null;
	readonly heardOn: Date | null;
	readonly deletedOn: Date | null;
	readonly expiresOn: Date | null;
}
