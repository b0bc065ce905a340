import type { News, Step, TimerName, TimerValues } from "./machine.ts";

export interface RunningPorts {
	send(octets: Uint8Array): void;
	tell(news: News): void;
	/** Called once; all timers are stopped. */
	ended(): void;
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
	#timers: { readonly name: TimerName; readonly handle: NodeJS.Timeout }[] = [];
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
		for (const { handle } of this.#timers) clearTimeout(handle);
		this.#timers = [];
		this.#ports.ended();
	}

	#set(name: TimerName, afterMs: number): void {
		this.#clear(name);
		const handle = setTimeout(() => {
			this.#timers = this.#timers.filter((timer) => timer.handle !== handle);
			this.#fire(name);
		}, afterMs);
		this.#timers.push({ name, handle });
	}

	#clear(name: TimerName): void {
		const at = this.#timers.findIndex((timer) => timer.name === name);
		if (at !== -1) clearTimeout(this.#timers.splice(at, 1)[0]?.handle);
	}

	#fire(timer: TimerName): void {
		this.give({ type: "timer", timer } as Event);
	}
}
