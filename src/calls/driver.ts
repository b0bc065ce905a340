/** Takes calls, knows which ones run, and lets them end well. The only place of this room with effects, with what it starts. */
import type { Clock, Log, NumberMask } from "../domain/index.ts";
import type { Media } from "../media/index.ts";
import type { PromptLibrary } from "../speech/index.ts";
import { CallSession } from "./call-session.ts";
import type { ActiveCall, CallSettings, House, PeerCall } from "./house.ts";
import { Keeper } from "./keeper.ts";
import { CALL_LIMITS } from "./limits.ts";
import type { CallMailboxes, CallRules, CallTrace, CallTraces } from "./ports.ts";

export interface CallsOptions {
	readonly settings: CallSettings;
	readonly mailboxes: CallMailboxes;
	readonly rules: CallRules;
	readonly traces: CallTraces;
	/** Not closed by this room. */
	readonly media: Media;
	readonly prompts: PromptLibrary;
	readonly clock: Clock;
	readonly log: Log;
	readonly mask: NumberMask;
}

export interface Calls extends AsyncDisposable {
	/** `onCall` of the SIP user agent. Never throws. */
	take(call: PeerCall): void;
	/** Recordings that an earlier run left become messages. Once, before the first call. @returns how many were found. */
	recoverRecordings(): Promise<number>;
	/**
	 * Refuses new calls, waits for the running ones, then says goodbye to the rest and keeps their messages.
	 *
	 * @param graceMs how long running calls may go on.
	 */
	drain(graceMs: number): Promise<void>;
	active(): readonly ActiveCall[];
	/** Monotonic counters and gauges for metrics, by name. */
	counters(): Readonly<Record<string, number>>;
}

/** Ready to take calls; the caller wires `take` to the SIP user agent. */
export async function startCalls(options: CallsOptions): Promise<Calls> {
	return new CallsInHouse(options);
}

class CallsInHouse implements Calls {
	readonly #house: House;
	readonly #running = new Set<CallSession>();
	readonly #whenEmpty: (() => void)[] = [];
	#draining = false;
	#taken = 0;
	/** Calls that are over, by what they were. */
	readonly #over: Record<CallTrace["kind"], number> = { deposit: 0, retrieval: 0, refused: 0 };

	constructor(options: CallsOptions) {
		const { media, mailboxes, log } = options;
		this.#house = { ...options, keeper: new Keeper({ recordings: media.recordings, mailboxes, log }) };
	}

	take(call: PeerCall): void {
		this.#taken++;
		try {
			const { replaces } = call;
			if (replaces !== undefined) {
				const replaced = [...this.#running].find((session) => session.holds(replaces));
				if (replaced === undefined || this.#draining) call.reject(603);
				else replaced.takeOver(call);
				return;
			}
			const session = new CallSession(call, this.#house, (kind) => this.#ended(session, kind));
			this.#running.add(session);
			if (this.#draining) session.drain();
			else void session.run();
		} catch (error) {
			this.#house.log.error({ err: error }, "a call could not be taken");
			try {
				call.reject(500);
			} catch (second) {
				this.#house.log.error({ err: second }, "a call could not be refused");
			}
		}
	}

	recoverRecordings(): Promise<number> {
		return this.#house.keeper.recover();
	}

	async drain(graceMs: number): Promise<void> {
		this.#draining = true;
		if (await this.#emptyWithin(graceMs)) return this.#house.keeper.settled();
		this.#house.log.info({ calls: this.#running.size }, "saying goodbye to running calls");
		for (const session of this.#running) session.drain();
		if (!(await this.#emptyWithin(CALL_LIMITS.goodbyeMs))) {
			for (const session of this.#running) session.hangUp();
			await this.#emptyWithin(CALL_LIMITS.goodbyeMs);
		}
		await this.#house.keeper.settled();
	}

	active(): readonly ActiveCall[] {
		return [...this.#running].map((session) => session.active);
	}

	counters(): Readonly<Record<string, number>> {
		const { deposit, retrieval, refused } = this.#over;
		return {
			callsTaken: this.#taken,
			callsActive: this.#running.size,
			callsDeposit: deposit,
			callsRetrieval: retrieval,
			callsRefused: refused,
			...this.#house.keeper.counters(),
		};
	}

	async [Symbol.asyncDispose](): Promise<void> {
		this.#draining = true;
		for (const session of this.#running) session.hangUp();
		await this.#emptyWithin(CALL_LIMITS.goodbyeMs);
		this.#house.keeper.stop();
		await this.#house.keeper.settled();
	}

	#ended(session: CallSession, kind: CallTrace["kind"]): void {
		this.#over[kind]++;
		this.#running.delete(session);
		if (this.#running.size === 0) for (const resolve of this.#whenEmpty.splice(0)) resolve();
	}

	/** @returns whether no call runs any more. */
	async #emptyWithin(timeMs: number): Promise<boolean> {
		if (this.#running.size === 0) return true;
		const { promise, resolve } = Promise.withResolvers<boolean>();
		const timer = setTimeout(() => resolve(false), timeMs);
		this.#whenEmpty.push(() => resolve(true));
		const empty = await promise;
		clearTimeout(timer);
		return empty;
	}
}
