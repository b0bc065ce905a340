import type { MailboxSource } from "./message.ts";
import type { NumberPlan } from "./phone-number.ts";

/** Audio codecs by their names in SDP. */
export const CODEC_NAMES = ["opus", "G722", "PCMA", "PCMU"] as const;
export type CodecName = (typeof CODEC_NAMES)[number];

export const SRTP_MODES = ["off", "optional", "required"] as const;
export type SrtpMode = (typeof SRTP_MODES)[number];

/** Of several who diverted a call: the first one, whom the caller called, or the last one. */
export const DIVERTERS = ["original", "last"] as const;
export type Diverter = (typeof DIVERTERS)[number];

/** What is agreed with a peer of the network: how its calls are read, and what they may do. Fixed for the length of a call. */
export interface PeerPolicy {
	readonly plan: NumberPlan;
	/** Where the mailbox is looked for, the most believed first. What is left out is not believed at all. */
	readonly order: readonly MailboxSource[];
	readonly diverter: Diverter;
	/** Whether P-Asserted-Identity of this peer counts (RFC 3325 §5: only within a trust domain). */
	readonly assertsIdentity: boolean;
	/** Whether `*` in the greeting leads to the mailbox's menu, after its PIN. */
	readonly starLogin: boolean;
	/** Codecs allowed, the most wanted first; undefined: all that we have, in the order of the peer's offer. */
	readonly codecs: readonly CodecName[] | undefined;
	/** Addresses and CIDR ranges that RTP may come from and go to; empty: wherever SDP says. */
	readonly mediaAddresses: readonly string[];
	readonly srtp: SrtpMode;
	/** Whether the greeting may be played before the answer (183, RFC 3262 where the peer supports it). */
	readonly earlyMedia: boolean;
	/** Whether key presses are looked for in the audio too. */
	readonly inbandDtmf: boolean;
}
