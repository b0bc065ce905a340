/** The look-ups of a SIP proxy, with what they need of the rooms. */
import { sql } from "kysely";
import type { Config } from "../config/index.ts";
import { createPhones } from "../directory/index.ts";
import type { Clock, Log } from "../domain/index.ts";
import { createCallRules, createRinging } from "../routing/index.ts";
import type { Store } from "../store/index.ts";
import { listening } from "./listening.ts";
import { startLookupServer } from "./lookup-server.ts";
import type { PeersInForce } from "./peers.ts";

export interface OpenLookupNeeds {
	readonly store: Store;
	readonly peers: Pick<PeersInForce, "of" | "list">;
	readonly masterKey: Uint8Array;
	readonly clock: Clock;
	readonly log: Log;
}

/** @returns nothing to close where no address is set. */
export async function openLookup(config: Config, needs: OpenLookupNeeds): Promise<AsyncDisposable> {
	const { lookup, accessNumbers, ringSeconds } = config;
	if (lookup === undefined) return new AsyncDisposableStack();
	const { store, peers, clock, log } = needs;
	return listening([{ variable: "AFTERBEEP_LOOKUP", transport: "tcp", ...lookup }], () =>
		startLookupServer(lookup, {
			phones: createPhones(needs),
			ringing: createRinging({ db: store.db }),
			rules: createCallRules({ db: store.db, clock, keptOut: config.filteredCalls, timeZone: config.timeZone }),
			policyOf: (address) => (peers.of({ address }) ?? peers.list.others).policy,
			accessNumbers,
			ringSeconds,
			token: config.lookupToken,
			// Does nothing where no node tells phones without a subscription.
			onRegistered: async (phoneNumber) => {
				await sql`select afterbeep_lamp_news(${phoneNumber})`.execute(store.db);
			},
			log,
		}),
	);
}
