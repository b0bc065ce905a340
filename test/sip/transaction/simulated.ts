import type { Effect, Step, TimerName, TimerValues } from "../../../src/sip/transaction/machine.ts";

/** A machine in simulated time: due timers fire in order, every effect is kept with its time. */
export class Simulated<State extends { readonly name: string }, Event> {
	nowMs = 0;
	state: State;
	readonly log: { readonly atMs: number; readonly effect: Effect }[] = [];
	readonly #machine: (state: State, event: Event, t: TimerValues) => Step<State>;
	readonly #t: TimerValues;
	readonly #due = new Map<TimerName, number>();

	constructor(start: State, machine: (state: State, event: Event, t: TimerValues) => Step<State>, t: TimerValues) {
		this.state = start;
		this.#machine = machine;
		this.#t = t;
	}

	give(event: Event): this {
		const { state, effects } = this.#machine(this.state, event, this.#t);
		this.state = state;
		for (const effect of effects) {
			this.log.push({ atMs: this.nowMs, effect });
			if (effect.type === "setTimer") this.#due.set(effect.timer, this.nowMs + effect.afterMs);
			if (effect.type === "clearTimer") this.#due.delete(effect.timer);
		}
		return this;
	}

	advance(ms: number): this {
		const untilMs = this.nowMs + ms;
		for (;;) {
			const next = [...this.#due].filter(([, atMs]) => atMs <= untilMs).sort((a, b) => a[1] - b[1])[0];
			if (next === undefined) break;
			const [timer, atMs] = next;
			this.#due.delete(timer);
			this.nowMs = atMs;
			this.give({ type: "timer", timer } as Event);
		}
		this.nowMs = untilMs;
		return this;
	}

	get pending(): TimerName[] {
		return [...this.#due.keys()].sort();
	}

	/** When something was sent, and what, as text. */
	get sent(): (readonly [number, string])[] {
		return this.log.flatMap(({ atMs, effect }) =>
			effect.type === "send" ? [[atMs, Buffer.from(effect.octets).toString()] as const] : [],
		);
	}

	get sentAt(): number[] {
		return this.sent.map(([atMs]) => atMs);
	}

	get told(): (readonly [number, string])[] {
		return this.log.flatMap(({ atMs, effect }) => (effect.type === "tellUser" ? [[atMs, effect.news] as const] : []));
	}
}

export const octets = (text: string): Uint8Array => Buffer.from(text);
