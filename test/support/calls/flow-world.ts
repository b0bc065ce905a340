/**
 * The world around a call flow, in simulated time: media that play and record, a timer, mailboxes that answer, and a
 * caller. It checks what must hold in every call, whatever the flow is.
 */
import type { FlowEffect, FlowEvent, FlowReply, FlowRequest, Step } from "../../../src/calls/flow.ts";
import type { Speech } from "../../../src/speech/index.ts";

/** Each prompt lasts so long here. */
export const PROMPT_MS = 1_000;
/** Answers of the mailboxes and the recording log. */
const REPLY_MS = 20;
const START_MS = Date.UTC(2026, 4, 28, 17, 0, 0);

export interface Machine<State> {
	begin(): Step<State>;
	step(state: State, event: FlowEvent, atMs: number): Step<State>;
	ended(state: State): boolean;
}

export interface WorldOptions {
	answer?(request: FlowRequest, world: { readonly durations: ReadonlyMap<string, number> }): FlowReply;
	/** How often an event comes: 0 = lost, 2 = twice. Hang-up and drain always come. */
	copies?(event: FlowEvent): number;
}

interface Due {
	readonly atMs: number;
	readonly order: number;
	readonly event: FlowEvent;
	/** False once it was taken back. */
	readonly holds: () => boolean;
}

export class FlowWorld<State> {
	readonly #machine: Machine<State>;
	readonly #options: WorldOptions;
	#due: Due[] = [];
	#order = 0;
	#nowMs = 0;
	#playing: { readonly playId: number; readonly leftMs: number; readonly sinceMs: number | undefined } | undefined;
	#recording: { readonly recordingId: string; readonly sinceMs: number } | undefined;
	#hungUp = false;
	state: State;
	/** All effects with their time since the beginning. */
	readonly effects: { readonly atMs: number; readonly effect: FlowEffect }[] = [];
	/** Length of each recording that has ended. */
	readonly durations = new Map<string, number>();

	constructor(machine: Machine<State>, options: WorldOptions = {}) {
		this.#machine = machine;
		this.#options = options;
		const first = machine.begin();
		this.state = first.state;
		this.#carryOut(first.effects);
	}

	get nowMs(): number {
		return this.#nowMs;
	}

	get ended(): boolean {
		return this.#machine.ended(this.state);
	}

	get recording(): boolean {
		return this.#recording !== undefined;
	}

	/** Something that the caller or the network does, `afterMs` from now. */
	plan(afterMs: number, event: FlowEvent): void {
		this.#push(this.#nowMs + afterMs, event, () => !(this.#hungUp && event.type === "digit"));
	}

	/** Lets time pass; stops when the call is over. */
	advance(byMs: number): this {
		this.#runUntil(this.#nowMs + byMs);
		return this;
	}

	key(...digits: readonly string[]): this {
		for (const digit of digits) this.#deliver({ type: "digit", digit });
		return this;
	}

	/** A key, then the answer to what it asked. */
	keyAndWait(digit: string): this {
		return this.key(digit).advance(2 * REPLY_MS);
	}

	hangUp(): this {
		this.#deliver({ type: "hangUp" });
		return this.advance(2 * REPLY_MS);
	}

	give(event: FlowEvent): this {
		this.#deliver(event);
		return this;
	}

	/** Lets the call go on by itself. @throws Error when it does not come to its end. */
	runToEnd(withinMs = 2 * 60 * 60 * 1000): this {
		this.#runUntil(this.#nowMs + withinMs);
		if (!this.ended) throw new Error(`not over after ${withinMs} ms: ${JSON.stringify(this.state).slice(0, 300)}`);
		return this;
	}

	/** Ids of the prompts that were begun, in order. */
	get prompts(): readonly string[] {
		return this.effects.flatMap(({ effect }) => (effect.type === "play" ? promptsOf(effect.speech) : []));
	}

	get lastPrompts(): readonly string[] {
		const last = this.effects.findLast(({ effect }) => effect.type === "play")?.effect;
		return last?.type === "play" ? promptsOf(last.speech) : [];
	}

	all<Type extends FlowEffect["type"]>(type: Type): (FlowEffect & { type: Type })[] {
		return this.effects.flatMap(({ effect }) => (effect.type === type ? [effect as FlowEffect & { type: Type }] : []));
	}

	/** What the keeper would make of it: the first take that is long enough. */
	keptRecording(minMs: number): string | undefined {
		const [keep] = this.all("keep");
		return keep?.recordingIds.find((recordingId) => (this.durations.get(recordingId) ?? 0) >= minMs);
	}

	#runUntil(untilMs: number): void {
		for (;;) {
			if (this.ended) return;
			const next = this.#due.reduce<Due | undefined>((first, due) => {
				return !first || due.atMs < first.atMs || (due.atMs === first.atMs && due.order < first.order) ? due : first;
			}, undefined);
			if (!next || next.atMs > untilMs) break;
			this.#due = this.#due.filter((due) => due !== next);
			this.#nowMs = Math.max(this.#nowMs, next.atMs);
			if (!next.holds()) continue;
			// it has ended, whether the flow hears of it or not
			if (next.event.type === "promptEnded") this.#playing = undefined;
			this.#deliverCopies(next.event);
		}
		this.#nowMs = untilMs;
	}

	#deliverCopies(event: FlowEvent): void {
		const certain = event.type === "hangUp" || event.type === "drain" || event.type === "timer";
		const copies = certain ? 1 : (this.#options.copies?.(event) ?? 1);
		for (let i = 0; i < copies; i++) this.#deliver(event);
	}

	#deliver(event: FlowEvent): void {
		if (event.type === "hangUp") this.#hungUp = true;
		const wasOver = this.ended;
		const next = this.#machine.step(this.state, event, START_MS + this.#nowMs);
		if (wasOver && next.effects.length > 0) throw new Error(`effects after the end: ${JSON.stringify(next.effects)}`);
		this.state = next.state;
		this.#carryOut(next.effects);
	}

	#push(atMs: number, event: FlowEvent, holds: () => boolean): void {
		this.#due.push({ atMs, order: this.#order++, event, holds });
	}

	#carryOut(effects: readonly FlowEffect[]): void {
		for (const effect of effects) {
			this.effects.push({ atMs: this.#nowMs, effect });
			this.#run(effect);
		}
	}

	#run(effect: FlowEffect): void {
		switch (effect.type) {
			case "play":
				if (this.#recording) throw new Error("something is played into a recording");
				this.#play(effect.playId, speechMs(effect.speech));
				break;
			case "pause":
			case "resume":
				this.#pauseOrResume(effect.type === "pause");
				break;
			case "stopPlaying":
				this.#playing = undefined;
				break;
			case "startTimer": {
				const { timerId } = effect;
				// one that was replaced or cleared comes nevertheless: it may have fired just before
				this.#push(this.#nowMs + effect.afterMs, { type: "timer", timerId }, () => true);
				break;
			}
			case "clearTimer":
				break;
			case "record":
				this.#record(effect.recordingId, effect.maxMs);
				break;
			case "stopRecording":
				this.#stopRecording(effect.recordingId);
				break;
			case "request": {
				const reply = this.#options.answer?.(effect.request, this) ?? { ask: "failed" };
				this.#push(this.#nowMs + REPLY_MS, { type: "reply", requestId: effect.requestId, reply }, () => true);
				break;
			}
			case "hangUp":
				if (this.#hungUp) throw new Error("hung up twice");
				this.#hungUp = true;
				this.#push(this.#nowMs, { type: "hangUp" }, () => true);
				break;
			case "keep":
			case "drop":
				if (this.#recording && effect.recordingIds.includes(this.#recording.recordingId)) {
					throw new Error(`${effect.type} of a recording that still runs`);
				}
				break;
			case "note":
				if (/[0-9]{4}/.test(effect.what)) throw new Error(`a note that may hold digits: ${effect.what}`);
				break;
		}
	}

	#play(playId: number, leftMs: number): void {
		this.#playing = { playId, leftMs, sinceMs: this.#nowMs };
		const mine = this.#playing;
		this.#push(this.#nowMs + leftMs, { type: "promptEnded", playId }, () => this.#playing === mine);
	}

	#pauseOrResume(pause: boolean): void {
		const playing = this.#playing;
		if (!playing || pause === (playing.sinceMs === undefined)) return;
		if (playing.sinceMs === undefined) this.#play(playing.playId, playing.leftMs);
		else this.#playing = { ...playing, leftMs: playing.leftMs - (this.#nowMs - playing.sinceMs), sinceMs: undefined };
	}

	#record(recordingId: string, maxMs: number): void {
		if (this.#recording) throw new Error("two recordings at once");
		if (this.#playing) throw new Error("recording while something is played");
		if (this.durations.has(recordingId)) throw new Error(`a second recording with the id ${recordingId}`);
		this.#recording = { recordingId, sinceMs: this.#nowMs };
		const mine = this.#recording;
		this.#push(this.#nowMs + maxMs, { type: "recordingFull" }, () => this.#recording === mine);
	}

	#stopRecording(recordingId: string): void {
		const recording = this.#recording;
		if (recording?.recordingId !== recordingId) throw new Error("stops a recording that does not run");
		this.#recording = undefined;
		const durationMs = this.#nowMs - recording.sinceMs;
		this.durations.set(recordingId, durationMs);
		this.#push(this.#nowMs + REPLY_MS, { type: "recorded", recordingId, durationMs }, () => true);
	}
}

function promptsOf(speech: Speech): string[] {
	return speech.flatMap((item) => ("prompt" in item ? [item.prompt] : []));
}

export function speechMs(speech: Speech): number {
	return speech.reduce((sum, item) => {
		if ("pauseMs" in item) return sum + item.pauseMs;
		return sum + ("prompt" in item ? PROMPT_MS : item.audio.samples.length / 8);
	}, 0);
}
