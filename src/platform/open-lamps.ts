/** Message waiting on this node: the lamps with what they need of the database and of the settings. */
import { type Config, printListenAddress } from "../config/index.ts";
import { type Clock, type Log, numberMask, uuidv7 } from "../domain/index.ts";
import { createAnnouncer, createLamps, type LampMailboxes, type Lamps } from "../lamps/index.ts";
import type { SipUserAgent } from "../sip/index.ts";
import type { Store } from "../store/index.ts";
import { createLampNewsRows } from "./lamp-news-rows.ts";
import { createLampRows } from "./lamp-rows.ts";

/** The channels of the triggers of migrations 0007 and 0012. */
const CHANNEL = "afterbeep_lamps";
const NEWS_CHANNEL = "afterbeep_lamp_news";

export interface LampsOnNode {
	readonly lamps: Lamps;
	counters(): Readonly<Record<string, number>>;
	/** Once the SIP user agent listens. Disposing the result ends the lamps, before that agent. */
	start(sip: SipUserAgent): Promise<AsyncDisposable>;
}

export interface LampsNeeds {
	readonly store: Store;
	readonly mailboxes: LampMailboxes;
	readonly clock: Clock;
	readonly log: Log;
}

export function openLamps(config: Config, { store, mailboxes, clock, log }: LampsNeeds): LampsOnNode {
	let address = "";
	const rows = createLampRows({
		store,
		node: uuidv7(),
		address: () => address,
		// The embedded database has one node with role sip: the folder's lock sees to that.
		alone: config.databaseUrl === undefined,
	});
	const lamps = createLamps({
		mailboxes,
		rows,
		clock,
		log,
		mask: numberMask(config.logNumbersFull),
	});
	const announcer = createAnnouncer({
		routes: config.mwiRoutes,
		mailboxes,
		rows: createLampNewsRows(store.db),
		log,
		mask: numberMask(config.logNumbersFull),
	});
	return {
		lamps,
		counters: () => ({ ...lamps.counters(), ...announcer.counters() }),
		start: async (sip) => {
			await using opened = new AsyncDisposableStack();
			const own = sip.listening.map((listen) => listen.advertise ?? printListenAddress(listen));
			address = (config.sipAdvertise.length > 0 ? config.sipAdvertise : own).join(",");
			opened.use(lamps);
			await lamps.start(sip);
			opened.use(await store.listen(CHANNEL, (mailboxId) => lamps.changed(mailboxId)));
			opened.use(announcer);
			await announcer.start(sip);
			opened.use(await store.listen(NEWS_CHANNEL, () => announcer.wake()));
			return opened.move();
		},
	};
}
