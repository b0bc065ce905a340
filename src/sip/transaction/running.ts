import type { News, Step, TimerName, TimerValues } from "./machine.ts";

export interface RunningPorts {
	send(octets: Uint8Array): void;
	tell(news: News): void;
	/** Called once; all timers are stopped. */
	ended(): void;
}

interface PendingTimer {
	readonly name: TimerName;
	readonly handle: NodeJS.Timeout;
	next: PendingTimer | undefined;
}

/**
 * Carries out the effects of one machine: the only place of the transaction layer with timers. It keeps the machine's
 * state and nothing of the messages, so that a transaction which only waits for retransmissions stays small.
 */
export class Running<State extends { readonly name: string }, Event> {
	#state: State;
	readonly #machine: (state: State, event: Event, t: TimerValues) => Step<State>;
	readonly #t: TimerValues;
	readonly #ports: RunningPorts;
	/** A chain, not an array: most transactions hold one timer, and an array of one takes the room of many. */
	#timers: PendingTimer | undefined;
	#ended = false;

	constructor(
		state: State,
		machine: (state: State, event: Event, t: TimerValues) => Step<State>,
		t: TimerValues,
		ports: RunningPorts,
	) {
		this.#state = state;
		this.#machine = machine;
		this.#t = t;
		this.#ports = ports;
	}

	get state(): State {
		return this.#state;
	}

	give(event: Event): void {
		if (this.#ended) return;
		const { state, effects } = this.#machine(this.#state, event, this.#t);
		this.#state = state;
		const due: TimerName[] = [];
		for (const effect of effects) {
			if (effect.type === "send") this.#ports.send(effect.octets);
			else if (effect.type === "clearTimer") this.#clear(effect.timer);
			else if (effect.type === "tellUser") this.#ports.tell(effect.news);
			else if (effect.afterMs === 0) due.push(effect.timer);
			else this.#set(effect.timer, effect.afterMs);
		}
		// A timer of zero (reliable transports) fires at once, but after the effects that stand beside it.
		for (const timer of due) this.#fire(timer);
		if (this.#state.name === "terminated") this.stop();
	}

	/** Ends it from outside, whatever its state: the user agent closes. */
	stop(): void {
		if (this.#ended) return;
		this.#ended = true;
		for (let timer = this.#timers; timer !== undefined; timer = timer.next) clearTimeout(timer.handle);
		this.#timers = undefined;
		this.#ports.ended();
	}

	#set(name: TimerName, afterMs: number): void {
		this.#clear(name);
		this.#timers = { name, handle: setTimeout(fire, afterMs, this, name), next: this.#timers };
	}

	/** A timer of its own went off. */
	due(name: TimerName): void {
		this.#take(name);
		this.#fire(name);
	}

	#clear(name: TimerName): void {
		const timer = this.#take(name);
		if (timer !== undefined) clearTimeout(timer.handle);
	}

	/** Takes a timer out of the chain. */
	#take(name: TimerName): PendingTimer | undefined {
		let before: PendingTimer | undefined;
		let timer = this.#timers;
		while (timer !== undefined && timer.name !== name) {
			before = timer;
			timer = timer.next;
		}
		if (timer === undefined) return undefined;
		if (before === undefined) this.#timers = timer.next;
		else before.next = timer.next;
		return timer;
	}

	#fire(timer: TimerName): void {
		this.give({ type: "timer", timer } as Event);
	}
}

/** One function for all timers: a closure for each would be a good part of what a waiting transaction weighs. */
function fire(running: { due(name: TimerName): void }, name: TimerName): void {
	running.due(name);
}
