/**
 * Tells proxies of numbers whose mailboxes have changed: NOTIFY without a subscription. The numbers wait as rows that
 * nodes claim, so that a change made anywhere is told once, by whichever node is there, also after a crash.
 */
import { randomBytes } from "node:crypto";
import { type Log, type NumberMask, uuidv7 } from "../domain/index.ts";
import type { ListenAddress } from "../sip/index.ts";
import { afterTelling, type Told } from "./announcement.ts";
import { LAMP_LIMITS } from "./limits.ts";
import { MESSAGE_SUMMARY, type MessageCounts, messageSummary } from "./message-summary.ts";
import type { LampMailboxes, LampNews, LampNewsRows, LampNotifier } from "./ports.ts";

export interface AnnouncerOptions {
	/** None: nothing is told. */
	readonly routes: readonly ListenAddress[];
	readonly mailboxes: LampMailboxes;
	readonly rows: LampNewsRows;
	readonly log: Log;
	readonly mask: NumberMask;
}

export interface Announcer extends AsyncDisposable {
	start(notifier: LampNotifier): Promise<void>;
	/** There is news, or may be. */
	wake(): void;
	counters(): Readonly<Record<string, number>>;
}

const NOTHING_WAITS: MessageCounts = { new: 0, old: 0, newUrgent: 0, oldUrgent: 0 };

export function createAnnouncer(options: AnnouncerOptions): Announcer {
	const { routes, rows, log } = options;
	const counts = { newsTold: 0, newsFailed: 0, newsGivenUp: 0 };
	let notifier: LampNotifier | undefined;
	let running: Promise<void> | undefined;
	let wanted = false;
	let underWay = 0;
	let closed = false;
	let timer: NodeJS.Timeout | undefined;

	/** Not one batch after the other: a proxy that does not answer holds up its own numbers, not all. */
	async function claim(): Promise<void> {
		for (;;) {
			const room = LAMP_LIMITS.newsAtOnce - underWay;
			if (room <= 0 || closed) return;
			const news = await rows.claim(room, LAMP_LIMITS.newsLeaseSeconds);
			for (const one of news) {
				underWay++;
				void tell(one).finally(() => {
					if (underWay-- === LAMP_LIMITS.newsAtOnce) wake();
				});
			}
			if (news.length < room) return;
		}
	}

	async function tell(news: LampNews): Promise<void> {
		try {
			const read = await countsOf(options.mailboxes, news.phoneNumber);
			const told = await Promise.all(routes.map((route) => notify(notifier!, route, news.phoneNumber, read)));
			const after = afterTelling(news.attempts, told);
			if (after.next === "again") {
				counts.newsFailed++;
				await rows.later(news, after.afterMs);
				return;
			}
			counts[after.next === "done" ? "newsTold" : "newsGivenUp"]++;
			if (after.next === "givenUp") {
				log.warn({ number: options.mask(news.phoneNumber) }, "no proxy took the state of a mailbox; given up");
			}
			await rows.done(news, LAMP_LIMITS.notifyEveryMs);
		} catch (error) {
			if (closed) return;
			// Counts that can not be read are not zero: nothing was sent. The row's lease runs out, and it is tried again.
			counts.newsFailed++;
			log.warn({ err: error }, "the state of a mailbox could not be told; it is tried again");
		}
	}

	function wake(): void {
		wanted = true;
		if (routes.length === 0 || closed || notifier === undefined || running !== undefined) return;
		running = (async () => {
			while (wanted && !closed) {
				wanted = false;
				await claim();
			}
		})()
			.catch((error: unknown) => log.warn({ err: error }, "looking for mailboxes to tell failed; it is tried again"))
			.finally(() => {
				running = undefined;
			});
	}

	return {
		wake,
		counters: () => ({ ...counts, newsUnderWay: underWay }),
		async start(given) {
			notifier = given;
			await rows.telling(routes.length > 0);
			if (routes.length === 0) return;
			timer = setInterval(wake, LAMP_LIMITS.newsPollMs);
			wake();
		},
		async [Symbol.asyncDispose]() {
			closed = true;
			clearInterval(timer);
			// What is on its way ends with the user agent; its rows are claimed by whoever comes next.
		},
	};
}

/** A number without a mailbox, or that is nobody's any more, has nothing waiting. */
async function countsOf(mailboxes: LampMailboxes, phoneNumber: string): Promise<MessageCounts> {
	const [held] = await mailboxes.find([phoneNumber]);
	if (held?.mailbox === undefined) return NOTHING_WAITS;
	const reading = await mailboxes.lampReading(held.mailbox.mailboxId);
	if (reading === undefined) return NOTHING_WAITS;
	if (reading.phoneNumber !== phoneNumber) throw new Error("the mailbox has just moved to another number");
	return reading.counts;
}

function notify(
	notifier: LampNotifier,
	route: ListenAddress,
	phoneNumber: string,
	counts: MessageCounts,
): Promise<Told> {
	const host = route.host.includes(":") ? `[${route.host}]` : route.host;
	const account = `sip:${phoneNumber}@${host}`;
	const target = `sip:${phoneNumber}@${host}:${route.port}${route.transport === "udp" ? "" : `;transport=${route.transport}`}`;
	const localTag = randomBytes(8).toString("hex");
	return new Promise((resolve) => {
		notifier.notify({
			dialog: {
				callId: uuidv7(),
				localTag,
				remoteTag: "",
				localParty: `<${account}>;tag=${localTag}`,
				remoteParty: `<${account}>`,
				routeSet: [],
				remoteTarget: target,
				localCseq: 0,
				remoteCseq: undefined,
			},
			cseq: 1,
			path: { transport: route.transport, address: route.host, port: route.port },
			// Nobody subscribed, so nothing goes on after it; phones that know this kind of NOTIFY expect it so.
			headers: [
				["Event", "message-summary"],
				["Subscription-State", "terminated"],
			],
			body: { type: MESSAGE_SUMMARY, text: messageSummary(account, counts) },
			onFinal: ({ status, retryAfterSeconds }) => {
				resolve({ status, retryAfterMs: retryAfterSeconds === undefined ? undefined : retryAfterSeconds * 1000 });
			},
		});
	});
}
