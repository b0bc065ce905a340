import type { Clock, Log } from "../domain/index.ts";
import type { GatheredReading, Store } from "../store/index.ts";
import type { HeldNumber } from "./call-types.ts";
import type { SettingsRow } from "./info.ts";
import type { PinHasher } from "./pin-hasher.ts";
import type { RandomPin } from "./random-pin.ts";

/** What the verbs of this room work with. */
export interface Needs {
	readonly store: Store;
	readonly clock: Clock;
	readonly log: Log;
	readonly pins: PinHasher;
	readonly randomPin: RandomPin;
	readonly heldOf: GatheredReading<string, HeldNumber>;
	readonly settingsOf: GatheredReading<string, SettingsRow>;
	/** Of mailboxes that have none of their own. */
	readonly defaults: { readonly timeZone: string; readonly language: string };
}
