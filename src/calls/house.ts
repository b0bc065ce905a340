/** What every call works with. */
import type { Clock, Log, NumberMask } from "../domain/index.ts";
import type { Media } from "../media/index.ts";
import type { PromptLibrary } from "../speech/index.ts";
import type { GreetingSettings } from "./greeting.ts";
import type { Keeper } from "./keeper.ts";
import type { CallMailboxes, CallRules, CallTraces } from "./ports.ts";
import type { ResolverPolicy } from "./resolver.ts";

export interface CallSettings {
	/** What is known of the ways of the peers. */
	readonly policy: ResolverPolicy;
	readonly greeting: GreetingSettings;
	/** Silence that ends a recording, milliseconds; 0 = never. */
	readonly silenceMs: number;
	/** No RTP for so long ends a call, milliseconds; 0 = never. */
	readonly rtpLostMs: number;
	/** Address that stands in SDP; undefined: the one by which the peer reaches us. */
	readonly rtpAdvertise: string | undefined;
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
