/** One subscription that this node holds: carries out the effects of its machine. */
import type { Clock, Log } from "../domain/index.ts";
import { MESSAGE_SUMMARY, messageSummary } from "./message-summary.ts";
import type { LampMailboxes, LampNotifier, LampReading, LampRow, LampRows } from "./ports.ts";
import {
	type SubscriptionEffect,
	type SubscriptionEvent,
	type SubscriptionState,
	type SubscriptionTimer,
	subscription,
	subscriptionStart,
} from "./subscription.ts";

export interface LampNeeds {
	readonly mailboxes: Pick<LampMailboxes, "lampReading">;
	readonly rows: Pick<LampRows, "nextCseq" | "told" | "remove">;
	readonly clock: Clock;
	readonly log: Log;
	/** Settles when the SIP user agent is there. */
	readonly notifier: Promise<LampNotifier>;
	onNotify(): void;
	onFailed(): void;
	/** Nothing follows; the row is gone, or another node's. */
	onOver(): void;
}

export class Lamp {
	/** Replaced when the phone refreshes. */
	row: LampRow;
	readonly #needs: LampNeeds;
	#state: SubscriptionState;
	readonly #timers = new Map<SubscriptionTimer, NodeJS.Timeout>();
	#reading: LampReading | undefined;
	#toldVersion: string | undefined;
	/** Answers to any NOTIFY but the last one say nothing any more. */
	#notifies = 0;
	#readings = 0;
	#stopped = false;

	constructor(row: LampRow, needs: LampNeeds) {
		this.row = row;
		this.#needs = needs;
		this.#toldVersion = row.toldVersion;
		this.#state = subscriptionStart(this.#nowMs() + row.expiresInMs);
		this.#setTimer("expiry", Math.max(1, row.expiresInMs));
	}

	get over(): boolean {
		return this.#state.name !== "active";
	}

	give(event: SubscriptionEvent): void {
		if (this.#stopped) return;
		const { state, effects } = subscription(this.#state, event, this.#nowMs());
		this.#state = state;
		for (const effect of effects) this.#carryOut(effect);
	}

	/** No more effects; the row stays. */
	stop(): void {
		this.#stopped = true;
		for (const timer of this.#timers.values()) clearTimeout(timer);
		this.#timers.clear();
	}

	#carryOut(effect: SubscriptionEffect): void {
		switch (effect.type) {
			case "read":
				this.#watch(this.#read(++this.#readings));
				break;
			case "notify":
				this.#watch(this.#notify(effect, ++this.#notifies));
				break;
			case "setTimer":
				this.#setTimer(effect.timer, effect.afterMs);
				break;
			case "clearTimer":
				clearTimeout(this.#timers.get(effect.timer));
				break;
			case "forget":
				this.#watch(this.#forget());
				break;
		}
	}

	/** A bug in one lamp must not end the process; the phone hears of changes again when it refreshes. */
	#watch(work: Promise<void>): void {
		work.catch((error: unknown) => this.#needs.log.error({ err: error }, "a lamp failed"));
	}

	async #read(turn: number): Promise<void> {
		const { mailboxes, log } = this.#needs;
		let event: SubscriptionEvent;
		let reading: LampReading | undefined;
		try {
			reading = await mailboxes.lampReading(this.row.mailboxId);
			event = { type: "read", found: this.#judge(reading) };
		} catch (error) {
			log.warn({ err: error }, "the counts of a lamp could not be read; nothing was sent");
			event = { type: "unready" };
		}
		if (turn !== this.#readings) return;
		this.#reading = reading;
		this.give(event);
	}

	#judge(reading: LampReading | undefined) {
		if (reading === undefined) return "mailboxGone";
		if (reading.phoneNumber !== this.row.phoneNumber) return "numberMoved";
		return reading.version === this.#toldVersion ? "same" : "new";
	}

	async #notify(effect: Extract<SubscriptionEffect, { readonly type: "notify" }>, turn: number): Promise<void> {
		const { rows, log } = this.#needs;
		const reading = effect.counts ? this.#reading : undefined;
		let cseq: number | undefined;
		try {
			cseq = await rows.nextCseq(this.row.id);
		} catch (error) {
			log.warn({ err: error }, "a NOTIFY could not be written down; it was not sent");
			this.give({ type: "unready" });
			return;
		}
		if (this.#stopped) return;
		if (cseq === undefined) {
			// Another node holds the phone now, and tells it.
			this.stop();
			this.#needs.onOver();
			return;
		}
		const { dialog, path, eventId, account } = this.row;
		const notifier = await this.#needs.notifier;
		this.#needs.onNotify();
		notifier.notify({
			dialog,
			cseq,
			path,
			headers: [
				["Event", eventId === "" ? "message-summary" : `message-summary;id=${eventId}`],
				["Subscription-State", effect.subscriptionState],
			],
			...(reading === undefined
				? {}
				: { body: { type: MESSAGE_SUMMARY, text: messageSummary(account, reading.counts) } }),
			onFinal: ({ status, answered, retryAfterSeconds }) => {
				if (status >= 300) this.#needs.onFailed();
				if (turn !== this.#notifies || this.#stopped) return;
				if (status < 300 && reading !== undefined) this.#acknowledged(reading.version);
				const retryAfterMs = retryAfterSeconds === undefined ? undefined : retryAfterSeconds * 1000;
				this.give({ type: "notified", status, answered, retryAfterMs });
			},
		});
	}

	#acknowledged(version: string): void {
		this.#toldVersion = version;
		// Missed, it costs one NOTIFY too many after a restart.
		this.#needs.rows.told(this.row.id, version).catch(() => {});
	}

	async #forget(): Promise<void> {
		this.stop();
		await this.#needs.rows.remove(this.row.id).catch(() => {}); // long expired rows are swept
		this.#needs.onOver();
	}

	#setTimer(timer: SubscriptionTimer, afterMs: number): void {
		clearTimeout(this.#timers.get(timer));
		this.#timers.set(
			timer,
			setTimeout(() => this.give({ type: "timer", timer }), afterMs),
		);
	}

	#nowMs(): number {
		return this.#needs.clock.now().getTime();
	}
}
