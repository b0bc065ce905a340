/** Carries out the effects of a call flow and brings their results back as events. */
import type { Clip, MediaEvent, MediaSession } from "../media/index.ts";
import type { PromptLibrary, Speech } from "../speech/index.ts";
import type { FlowEffect, FlowEvent, FlowReply, FlowRequest } from "./flow.ts";

export interface EffectsOptions {
	readonly session: MediaSession;
	readonly prompts: PromptLibrary;
	readonly silenceMs: number;
	/** Header of each recording, opaque to the media. */
	header(take: number): Uint8Array;
	/** Never rejects. */
	answer(request: FlowRequest): Promise<FlowReply>;
	keep(recordingIds: readonly string[]): void;
	drop(recordingIds: readonly string[]): void;
	/** The deposit became a retrieval. */
	becameRetrieval(): void;
	note(what: string): void;
	/** Answers a call whose greeting was early media. */
	answerCall(): void;
	hangUp(): void;
	/** Brings an event back to the flow. */
	give(event: FlowEvent): void;
	/** A recording could not be ended well. */
	recordingTrouble(error: unknown): void;
}

export class Effects {
	readonly #options: EffectsOptions;
	#timer: NodeJS.Timeout | undefined;
	/** One request after the other: `Heard` and then `Deleted` must reach the database in this order. */
	#asking: Promise<void> = Promise.resolve();

	constructor(options: EffectsOptions) {
		this.#options = options;
	}

	run(effect: FlowEffect): void {
		const { session, prompts, silenceMs } = this.#options;
		switch (effect.type) {
			case "play":
				session.play(effect.playId, clips(effect.speech, prompts));
				break;
			case "pause":
				session.pause();
				break;
			case "resume":
				session.resume();
				break;
			case "stopPlaying":
				session.stopPlaying();
				break;
			case "startTimer":
				this.#startTimer(effect.timerId, effect.afterMs);
				break;
			case "clearTimer":
				this.clearTimer();
				break;
			case "record": {
				const { recordingId, take, maxMs } = effect;
				session.record({ recordingId, header: this.#options.header(take), maxMs, silenceMs });
				break;
			}
			case "stopRecording":
				void this.#stopRecording(effect.recordingId);
				break;
			case "keep":
				this.#options.keep(effect.recordingIds);
				break;
			case "drop":
				this.#options.drop(effect.recordingIds);
				break;
			case "request":
				this.#ask(effect.requestId, effect.request);
				break;
			case "login":
				this.#options.becameRetrieval();
				break;
			case "note":
				this.#options.note(effect.what);
				break;
			case "answer":
				this.#options.answerCall();
				break;
			case "hangUp":
				this.#options.hangUp();
				break;
		}
	}

	clearTimer(): void {
		clearTimeout(this.#timer);
		this.#timer = undefined;
	}

	/** Resolves when every request so far has been answered: a hang-up keeps everything said so far. */
	settled(): Promise<void> {
		return this.#asking;
	}

	#startTimer(timerId: number, afterMs: number): void {
		this.clearTimer();
		this.#timer = setTimeout(() => this.#options.give({ type: "timer", timerId }), afterMs);
	}

	async #stopRecording(recordingId: string): Promise<void> {
		const { session, give, recordingTrouble } = this.#options;
		let durationMs: number | undefined;
		try {
			durationMs = (await session.stopRecording())?.durationMs;
		} catch (error) {
			// the log decides what there is of it
			recordingTrouble(error);
		}
		give({ type: "recorded", recordingId, durationMs });
	}

	#ask(requestId: number, request: FlowRequest): void {
		this.#asking = this.#asking.then(async () => {
			const reply = await this.#options.answer(request);
			this.#options.give({ type: "reply", requestId, reply });
		});
	}
}

function clips(speech: Speech, prompts: PromptLibrary): Clip[] {
	return speech.map((item) => {
		if ("pauseMs" in item) return { silenceMs: item.pauseMs };
		return "prompt" in item ? prompts.audio(item.prompt) : item.audio;
	});
}

/** What the media tell, as a flow hears it; undefined for what no flow asks for. */
export function flowEvent(event: MediaEvent): FlowEvent | undefined {
	switch (event.type) {
		case "playEnded":
			return { type: "promptEnded", playId: event.playId };
		case "digit":
			return { type: "digit", digit: event.digit };
		case "silence":
		case "recordingFull":
			return { type: event.type };
		case "rtpLost":
			return { type: "hangUp" };
		case "rtpHeard":
		case "digitsSent":
			return undefined;
	}
}
