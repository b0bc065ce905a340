/** Takes SUBSCRIBE and keeps phones told. The only place of this room with effects, with the lamps it holds. */
import { type Clock, type Log, type NumberMask, type PeerPolicy, uuidv7 } from "../domain/index.ts";
import type { IncomingSubscribe, SipPeer, SipPolicy } from "../sip/index.ts";
import { acceptsSummary, accountUri, assertedNumbers, subscribedNumbers } from "./addressing.ts";
import { Lamp } from "./lamp.ts";
import { LAMP_LIMITS } from "./limits.ts";
import { MESSAGE_SUMMARY } from "./message-summary.ts";
import type { LampMailboxes, LampNotifier, LampRow, LampRows } from "./ports.ts";

/** Whom a SUBSCRIBE comes from: how its numbers are read, and whether its P-Asserted-Identity counts. */
export interface LampPeer extends SipPeer {
	readonly policy: SipPolicy & Pick<PeerPolicy, "plan" | "assertsIdentity">;
}

export interface LampsOptions {
	readonly mailboxes: LampMailboxes;
	readonly rows: LampRows;
	readonly clock: Clock;
	readonly log: Log;
	readonly mask: NumberMask;
}

export interface Lamps extends AsyncDisposable {
	/** `onSubscribe` of the SIP user agent. Never throws. */
	take(subscribe: IncomingSubscribe<LampPeer>): void;
	/** From now on NOTIFY can be sent: takes over what other nodes, or an earlier run, have left. */
	start(notifier: LampNotifier): Promise<void>;
	/** Told by the database; undefined: notices may have been missed. */
	changed(mailboxId: string | undefined): void;
	/** Monotonic counters and gauges for metrics, by name. */
	counters(): Readonly<Record<string, number>>;
}

/** The event package of this room. */
export const LAMP_EVENTS = ["message-summary"] as const;

export function createLamps(options: LampsOptions): Lamps {
	return new LampsOfNode(options);
}

type Answer =
	| { readonly accepted: LampRow; readonly expiresSeconds: number }
	| { readonly status: number; readonly reason?: string; readonly headers?: readonly (readonly [string, string])[] };

const LATER: Answer = { status: 503, headers: [["Retry-After", String(LAMP_LIMITS.retryAfterSeconds)]] };

class LampsOfNode implements Lamps {
	readonly #options: LampsOptions;
	readonly #held = new Map<string, Lamp>();
	readonly #byMailbox = new Map<string, Set<Lamp>>();
	readonly #counts = { lampsTaken: 0, lampsRefused: 0, lampNotifies: 0, lampNotifiesFailed: 0 };
	readonly #notifier = Promise.withResolvers<LampNotifier>();
	readonly #timers: NodeJS.Timeout[] = [];
	#chores: Promise<void> = Promise.resolve();
	#closed = false;

	constructor(options: LampsOptions) {
		this.#options = options;
	}

	take(subscribe: IncomingSubscribe<LampPeer>): void {
		void this.#take(subscribe);
	}

	async start(notifier: LampNotifier): Promise<void> {
		this.#notifier.resolve(notifier);
		const { rows } = this.#options;
		await rows.beat(LAMP_LIMITS.leaseSeconds);
		await this.#takeOver();
		this.#poll();
		this.#timers.push(
			setInterval(() => this.#chore("renewing the lease of the lamps", () => this.#beat()), LAMP_LIMITS.beatEveryMs),
			setInterval(() => this.#poll(), LAMP_LIMITS.pollEveryMs),
		);
	}

	changed(mailboxId: string | undefined): void {
		if (mailboxId === undefined) this.#poll();
		else for (const lamp of this.#byMailbox.get(mailboxId) ?? []) lamp.give({ type: "changed" });
	}

	counters(): Readonly<Record<string, number>> {
		return { ...this.#counts, lampsHeld: this.#held.size };
	}

	async [Symbol.asyncDispose](): Promise<void> {
		this.#closed = true;
		for (const timer of this.#timers) clearInterval(timer);
		for (const lamp of this.#held.values()) lamp.stop();
		this.#held.clear();
		const release = this.#chores.then(() => this.#options.rows.release());
		// A database that hangs must not hold up the stop: then the lease runs out by itself.
		await within(LAMP_LIMITS.closeMsMax, release).catch(() => {});
	}

	async #take(subscribe: IncomingSubscribe<LampPeer>): Promise<void> {
		const { log, mask } = this.#options;
		let answer: Answer;
		try {
			answer = await within(LAMP_LIMITS.answerMsMax, this.#answer(subscribe));
		} catch (error) {
			// RFC 6665 §4.1.2.2: on any answer but 481 a phone keeps what it had subscribed to.
			log.warn({ err: error }, "a subscription could not be looked up");
			answer = LATER;
		}
		if ("status" in answer) {
			this.#counts.lampsRefused++;
			const { status, ...rest } = answer;
			log.debug({ status, source: subscribe.source.address }, "subscription refused");
			subscribe.reject(status, rest);
			return;
		}
		this.#counts.lampsTaken++;
		const { accepted: row, expiresSeconds } = answer;
		subscribe.accept(expiresSeconds);
		if (this.#closed) return;
		log.debug({ number: mask(row.phoneNumber), expiresSeconds }, "subscription to message waiting");
		const expiresAtMs = this.#options.clock.now().getTime() + expiresSeconds * 1000;
		this.#hold(row).give({ type: "subscribed", expiresAtMs });
	}

	async #answer(subscribe: IncomingSubscribe<LampPeer>): Promise<Answer> {
		const { rows } = this.#options;
		const wanted = subscribe.expiresSeconds ?? LAMP_LIMITS.expiresSecondsDefault;
		if (wanted > 0 && wanted < LAMP_LIMITS.expiresSecondsMin) {
			return { status: 423, headers: [["Min-Expires", String(LAMP_LIMITS.expiresSecondsMin)]] };
		}
		if (!acceptsSummary(subscribe.request)) return { status: 406, headers: [["Accept", MESSAGE_SUMMARY]] };
		const expiresSeconds = Math.min(wanted, LAMP_LIMITS.expiresSecondsMax);
		if (!subscribe.inDialog) return this.#answerFirst(subscribe, expiresSeconds);
		const found = await rows.refresh(subscribe.dialog, subscribe.path, expiresSeconds);
		if (found.result === "unknown") return { status: 481, reason: "Subscription Does Not Exist" };
		if (found.result === "outOfOrder") return { status: 500, reason: "CSeq Out Of Order" };
		// Its last NOTIFY is on its way.
		if (this.#held.get(found.row.id)?.over) return { status: 481, reason: "Subscription Has Ended" };
		return { accepted: found.row, expiresSeconds };
	}

	async #answerFirst(subscribe: IncomingSubscribe<LampPeer>, expiresSeconds: number): Promise<Answer> {
		const { mailboxes, rows, log, mask } = this.#options;
		const { plan, assertsIdentity } = subscribe.peer.policy;
		const { request, dialog, path, eventId, localAddress } = subscribe;
		const wanted = subscribedNumbers(request, plan);
		const held = new Map((await mailboxes.find(wanted)).map((one) => [one.phoneNumber, one]));
		const ours = wanted.flatMap((number) => held.get(number) ?? []);
		const named = ours.find((one) => one.mailbox !== undefined);
		if (named?.mailbox === undefined) {
			return ours.length === 0 ? { status: 404 } : { status: 480, reason: "No Voicemail On This Number" };
		}
		const { phoneNumber, mailbox } = named;
		const asserted = assertsIdentity ? assertedNumbers(request, plan) : [];
		if (asserted.length > 0 && !asserted.includes(phoneNumber)) {
			log.info({ number: mask(phoneNumber) }, "a subscription to another subscriber's lamp was refused");
			return { status: 403 };
		}
		const account = accountUri(request, phoneNumber, localAddress);
		const { mailboxId } = mailbox;
		const lamp = { id: uuidv7(), mailboxId, phoneNumber, account, eventId, dialog, path };
		const gone = await rows.add({ ...lamp, expiresSeconds }, LAMP_LIMITS.subscriptionsPerMailboxMax);
		for (const id of gone) this.#drop(id);
		return {
			accepted: { ...lamp, expiresInMs: expiresSeconds * 1000, toldVersion: undefined },
			expiresSeconds,
		};
	}

	/** A lamp that is known already learns where its phone is now. */
	#hold(row: LampRow): Lamp {
		const known = this.#held.get(row.id);
		if (known !== undefined) {
			known.row = row;
			return known;
		}
		const { mailboxes, rows, clock, log } = this.#options;
		const lamp = new Lamp(row, {
			mailboxes,
			rows,
			clock,
			log,
			notifier: this.#notifier.promise,
			onNotify: () => this.#counts.lampNotifies++,
			onFailed: () => this.#counts.lampNotifiesFailed++,
			onOver: () => this.#drop(row.id),
		});
		this.#held.set(row.id, lamp);
		const siblings = this.#byMailbox.get(row.mailboxId) ?? new Set();
		this.#byMailbox.set(row.mailboxId, siblings.add(lamp));
		return lamp;
	}

	#drop(id: string): void {
		const lamp = this.#held.get(id);
		if (lamp === undefined) return;
		lamp.stop();
		this.#held.delete(id);
		const siblings = this.#byMailbox.get(lamp.row.mailboxId);
		siblings?.delete(lamp);
		if (siblings?.size === 0) this.#byMailbox.delete(lamp.row.mailboxId);
	}

	async #beat(): Promise<void> {
		await this.#options.rows.beat(LAMP_LIMITS.leaseSeconds);
		await this.#takeOver();
	}

	async #takeOver(): Promise<void> {
		for (;;) {
			const taken = await this.#options.rows.takeOver(LAMP_LIMITS.takeOverBatch);
			if (this.#closed) return;
			for (const { row, elsewhere } of taken) {
				const lamp = this.#hold(row);
				// A phone that knows us by another address would refresh at a node that is gone: the NOTIFY brings ours.
				if (elsewhere) {
					lamp.give({ type: "subscribed", expiresAtMs: this.#options.clock.now().getTime() + row.expiresInMs });
				}
			}
			if (taken.length > 0) this.#options.log.info({ subscriptions: taken.length }, "lamps taken over");
			if (taken.length < LAMP_LIMITS.takeOverBatch) return;
		}
	}

	#poll(): void {
		this.#chore("looking for lamps to tell", async () => {
			for (const id of await this.#options.rows.stale()) this.#held.get(id)?.give({ type: "changed" });
		});
	}

	/** One after the other; a failure is said and the next turn tries again. */
	#chore(what: string, work: () => Promise<void>): void {
		this.#chores = this.#chores.then(async () => {
			if (this.#closed) return;
			try {
				await work();
			} catch (error) {
				this.#options.log.warn({ err: error }, `${what} failed; it is tried again`);
			}
		});
	}
}

async function within<T>(timeMs: number, work: Promise<T>): Promise<T> {
	let timer: NodeJS.Timeout | undefined;
	const late = new Promise<never>((_, reject) => {
		timer = setTimeout(() => reject(new Error("no answer in time")), timeMs);
	});
	try {
		return await Promise.race([work, late]);
	} finally {
		clearTimeout(timer);
	}
}
