/** What every call works with. */
import type { Clock, Log, NumberMask, PeerPolicy } from "../domain/index.ts";
import type { Media } from "../media/index.ts";
import type { IncomingCall, SipPeer } from "../sip/index.ts";
import type { PromptLibrary } from "../speech/index.ts";
import type { GreetingSettings } from "./greeting.ts";
import type { Keeper } from "./keeper.ts";
import type { CallMailboxes, CallRules, CallTraces } from "./ports.ts";

/** A peer whose calls leave and fetch messages: `call.peer.policy` says how. */
export interface CallPeer extends SipPeer {
	readonly policy: PeerPolicy;
}

export type PeerCall = IncomingCall<CallPeer>;

export interface CallSettings {
	/** Numbers that reach the phone menu, as dialled (`*86`) or E.164. */
	readonly accessNumbers: readonly string[];
	readonly greeting: GreetingSettings;
	/** Silence that ends a recording, milliseconds; 0 = never. */
	readonly silenceMs: number;
	/** No RTP for so long ends a call, milliseconds; 0 = never. */
	readonly rtpLostMs: number;
	/** Addresses that stand in SDP, at most one of each family; without: the one by which the peer reaches us. */
	readonly rtpAdvertise: readonly string[];
	/** Longest own greeting and name, milliseconds. */
	readonly greetingMaxMs: number;
	readonly nameMaxMs: number;
}

export interface House {
	readonly settings: CallSettings;
	readonly mailboxes: CallMailboxes;
	readonly rules: CallRules;
	readonly traces: CallTraces;
	readonly media: Media;
	readonly prompts: PromptLibrary;
	readonly keeper: Keeper;
	readonly clock: Clock;
	readonly log: Log;
	readonly mask: NumberMask;
}

export interface ActiveCall {
	/** `CALL-...` */
	readonly callId: string;
	readonly kind: "deciding" | "deposit" | "retrieval";
	readonly phoneNumber: string | undefined;
	readonly startedOn: Date;
	/** Address of the peer. */
	readonly source: string;
}
