/** The main thread's end of one media worker. */
import { setTimeout as wait } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { MediaError } from "./failures.ts";
import { isOverloaded, newLateness } from "./lateness.ts";
import { MEDIA_LIMITS } from "./limits.ts";
import { ring } from "./session/rest.ts";
import type { MediaEvent, MediaLog } from "./types.ts";
import type {
	Answers,
	Command,
	FromWorker,
	Question,
	ToWorker,
	WorkerFailure,
	WorkerSetup,
} from "./worker-messages.ts";

/** The clone runs from `.ts`, an installed package from `.js`: the worker is next to this file in the same form. */
const WORKER_FILE = new URL(import.meta.url.endsWith(".ts") ? "./worker.ts" : "./worker.js", import.meta.url);

interface Asked {
	resolve(value: unknown): void;
	reject(error: Error): void;
}

export interface WorkerHandleOptions {
	readonly setup: Omit<WorkerSetup, "bell" | "lateness">;
	readonly log: MediaLog;
	onEvent(session: number, event: MediaEvent): void;
	/** The thread ended without being told to. */
	onCrash(handle: WorkerHandle, error: Error): void;
}

export class WorkerHandle {
	readonly lineage: string;
	/** Sessions that were opened here. */
	readonly sessions = new Set<number>();
	readonly #worker: Worker;
	readonly #bell = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
	readonly #lateness = newLateness();
	readonly #options: WorkerHandleOptions;
	readonly #asked = new Map<number, Asked>();
	#nextAsk = 0;
	#outbox: ToWorker[] = [];
	#moved: ArrayBuffer[] = [];
	/** The outbox goes at the end of this turn; or, where nothing else takes it along, a little later. */
	#soon = false;
	#late: NodeJS.Timeout | undefined;
	#error: Error | undefined;
	#stopping = false;
	gone = false;

	constructor(options: WorkerHandleOptions) {
		this.#options = options;
		this.lineage = options.setup.lineage;
		const setup: WorkerSetup = { ...options.setup, bell: this.#bell, lateness: this.#lateness };
		this.#worker = new Worker(WORKER_FILE, { workerData: setup, name: `media-${this.lineage}` });
		this.#worker.on("message", (messages: readonly FromWorker[]) => {
			for (const message of messages) this.#heard(message);
		});
		this.#worker.on("error", (error: Error) => {
			this.#error = error;
		});
		this.#worker.on("exit", (code) => this.#exited(code));
	}

	/** It gets less CPU than its calls need. */
	get overloaded(): boolean {
		return isOverloaded(this.#lateness);
	}

	/** @param moved buffers of the command that are the worker's from now on, and nobody's here. */
	tell(command: Command, moved: readonly ArrayBuffer[] = []): void {
		if (this.gone) return;
		this.#outbox.push(command);
		this.#moved.push(...moved);
		// Audio may come as soon as the caller of this says that it may: it must not overtake.
		if (command.type === "connect" || command.type === "record") this.#post();
		// Nobody waits for a close: it goes with whatever comes next, and wakes nobody of its own.
		else if (command.type === "close") this.#late ??= setTimeout(this.#post, MEDIA_LIMITS.closeWaitMs);
		else this.#postSoon();
	}

	/** @throws MediaError where the worker is gone or refuses. */
	ask<Q extends Question>(question: Q): Promise<Answers[Q["type"]]> {
		if (this.gone) return Promise.reject(crashed(this.#error));
		const ask = this.#nextAsk++;
		return new Promise((resolve, reject) => {
			this.#asked.set(ask, { resolve: resolve as Asked["resolve"], reject });
			this.#outbox.push({ type: "ask", ask, question });
			this.#postSoon();
		});
	}

	/** Ends recordings, writes the log, ends the thread. */
	async stop(): Promise<void> {
		this.#stopping = true;
		// A disk that hangs must not keep the process from ending.
		const late = wait(MEDIA_LIMITS.logDurableMsMax, undefined, { ref: false });
		if (!this.gone) await Promise.race([this.ask({ type: "shutdown" }).catch(() => {}), late]);
		await this.#worker.terminate();
	}

	/** What is said in one turn of the event loop goes together: each message apart would wake the other thread. */
	#postSoon(): void {
		if (this.#soon) return;
		this.#soon = true;
		setImmediate(this.#post);
	}

	readonly #post = (): void => {
		this.#soon = false;
		clearTimeout(this.#late);
		this.#late = undefined;
		if (this.#outbox.length === 0 || this.gone) return;
		const messages = this.#outbox;
		const moved = this.#moved;
		this.#outbox = [];
		this.#moved = [];
		this.#worker.postMessage(messages, moved);
		ring(this.#bell);
	};

	#heard(message: FromWorker): void {
		if (message.type === "event") this.#options.onEvent(message.session, message.event);
		else if (message.type === "log") this.#options.log[message.level](message.fields, message.message);
		else {
			const asked = this.#asked.get(message.ask);
			this.#asked.delete(message.ask);
			if (message.type === "answer") asked?.resolve(message.value);
			else asked?.reject(toError(message.failure));
		}
	}

	#exited(code: number): void {
		this.gone = true;
		for (const asked of this.#asked.values()) asked.reject(crashed(this.#error));
		this.#asked.clear();
		if (!this.#stopping) this.#options.onCrash(this, this.#error ?? new Error(`media worker ended with ${code}`));
	}
}

const crashed = (cause: Error | undefined): MediaError =>
	new MediaError("workerCrashed", "The media worker of this call crashed.", { cause });

function toError({ name, message, code }: WorkerFailure): Error {
	if (name === "RecordingLogError") return new MediaError("recordingNotDurable", message);
	return Object.assign(new Error(message), { name }, code === undefined ? {} : { code });
}
