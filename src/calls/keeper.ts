/**
 * Brings finished recordings from the log to the mailboxes. A recording leaves the log only when it is stored, or known
 * to be no message; while the database or the blob store is away it stays there and is tried again, for as long as it takes.
 */
import { durationMsOf, trimEnd } from "../audio/index.ts";
import type { Log } from "../domain/index.ts";
import type { LoggedRecording, Recordings } from "../media/index.ts";
import { errorFields } from "./error-fields.ts";
import { CALL_LIMITS } from "./limits.ts";
import type { CallMailboxes, DepositFacts } from "./ports.ts";
import { readHeader } from "./recording-header.ts";

/** `later`: the first try failed, more will follow. */
export type KeepOutcome = "stored" | "tooShort" | "mailboxGone" | "missing" | "later";

export interface KeeperOptions {
	readonly recordings: Recordings;
	readonly mailboxes: Pick<CallMailboxes, "deposit">;
	readonly log: Log;
}

export interface KeeperCounters {
	readonly messagesStored: number;
	readonly messagesTooShort: number;
	readonly keepFailures: number;
	/** Waiting or on their way. */
	readonly keepPending: number;
}

interface Task {
	readonly facts: DepositFacts;
	/** The take to keep first; where it is too short, the next one counts. */
	readonly recordingIds: readonly string[];
	failures: number;
	/** Answers the first try; undefined afterwards. */
	tell: ((outcome: KeepOutcome) => void) | undefined;
}

export class Keeper {
	readonly #options: KeeperOptions;
	readonly #ready: Task[] = [];
	readonly #waiting = new Map<Task, NodeJS.Timeout>();
	readonly #idle: (() => void)[] = [];
	#running = 0;
	#stopped = false;
	#stored = 0;
	#tooShort = 0;
	#failures = 0;

	constructor(options: KeeperOptions) {
		this.#options = options;
	}

	/** @returns what became of the first try; never rejects. */
	keep(facts: DepositFacts, recordingIds: readonly string[]): Promise<KeepOutcome> {
		return new Promise((tell) => {
			this.#ready.push({ facts, recordingIds, failures: 0, tell });
			this.#pump();
		});
	}

	/** The log may forget these; a failure is logged, the recovery at the next start drops them again. */
	async drop(recordingIds: readonly string[]): Promise<void> {
		for (const recordingId of recordingIds) {
			try {
				await this.#options.recordings.done(recordingId);
			} catch (error) {
				this.#options.log.warn({ recordingId, err: error }, "a recording could not be taken off the log");
			}
		}
	}

	/**
	 * Makes a message of each recording that an earlier process left, before new calls are taken. Of the takes of one
	 * message the newest that is long enough is kept: the others were recorded again.
	 *
	 * @returns how many recordings were found; those that can not be stored now are tried again later.
	 */
	async recover(): Promise<number> {
		const { recordings, log } = this.#options;
		const left = new Map<string, { facts: DepositFacts; takes: { recordingId: string; take: number }[] }>();
		const worthless: string[] = [];
		let found = 0;
		for await (const recording of recordings.unfinished()) {
			found++;
			const { recordingId } = recording;
			const header = readHeader(recording.header);
			recordings.release(recording);
			if (header?.kind === "message") {
				const message = left.get(header.facts.messageId) ?? { facts: header.facts, takes: [] };
				message.takes.push({ recordingId, take: header.take });
				left.set(header.facts.messageId, message);
			} else if (header?.kind === "own") worthless.push(recordingId);
			else log.error({ recordingId }, "a recording in the log has no header of ours; it is left there");
		}
		await this.drop(worthless);
		const kept = [...left.values()].map(({ facts, takes }) => {
			const newestFirst = takes.sort((a, b) => b.take - a.take).map((take) => take.recordingId);
			return this.keep(facts, newestFirst);
		});
		const outcomes = await Promise.all(kept);
		if (found > 0)
			log.info({ found, stored: count(outcomes, "stored") }, "recordings of an earlier run were recovered");
		return found;
	}

	/** Resolves when nothing is on its way or due at once; those that wait for a retry stay in the log. */
	settled(): Promise<void> {
		if (this.#running === 0 && this.#ready.length === 0) return Promise.resolve();
		return new Promise((resolve) => this.#idle.push(resolve));
	}

	/** No more retries: the log keeps what is not stored for the next start. */
	stop(): void {
		this.#stopped = true;
		for (const timer of this.#waiting.values()) clearTimeout(timer);
		this.#waiting.clear();
	}

	counters(): KeeperCounters {
		return {
			messagesStored: this.#stored,
			messagesTooShort: this.#tooShort,
			keepFailures: this.#failures,
			keepPending: this.#ready.length + this.#running + this.#waiting.size,
		};
	}

	#pump(): void {
		while (this.#running < CALL_LIMITS.keepingMax) {
			const task = this.#ready.shift();
			if (!task) break;
			this.#running++;
			void this.#try(task).finally(() => {
				this.#running--;
				this.#pump();
			});
		}
		if (this.#running === 0 && this.#ready.length === 0) for (const resolve of this.#idle.splice(0)) resolve();
	}

	async #try(task: Task): Promise<void> {
		const { messageId } = task.facts;
		try {
			const outcome = await this.#deposit(task);
			if (outcome === "stored") this.#stored++;
			if (outcome === "tooShort") this.#tooShort++;
			if (outcome === "missing") {
				this.#options.log.error({ messageId }, "the recording of a message is not in the log; nothing was stored");
			}
			task.tell?.(outcome);
		} catch (error) {
			this.#failures++;
			task.failures++;
			const fields = { messageId, failures: task.failures, ...errorFields(error) };
			this.#options.log.error(fields, "a message could not be stored; its recording stays in the log until it can");
			task.tell?.("later");
			this.#retry(task);
		}
		task.tell = undefined;
	}

	async #deposit({ facts, recordingIds }: Task): Promise<KeepOutcome> {
		const { recordings, mailboxes } = this.#options;
		let outcome: KeepOutcome = "missing";
		for (const recordingId of recordingIds) {
			const recording = await recordings.read(recordingId);
			if (!recording) continue;
			const long = recording.durationMs >= facts.minMessageMs;
			try {
				outcome = long ? await mailboxes.deposit(described(facts, recording)) : "tooShort";
			} finally {
				recordings.release(recording);
			}
			if (outcome !== "tooShort") break;
		}
		await this.drop(recordingIds);
		return outcome;
	}

	#retry(task: Task): void {
		if (this.#stopped) return;
		const afterMs = CALL_LIMITS.keepRetryFirstMs * 2 ** Math.min(task.failures - 1, 16);
		const timer = setTimeout(
			() => {
				this.#waiting.delete(task);
				this.#ready.push(task);
				this.#pump();
			},
			Math.min(afterMs, CALL_LIMITS.keepRetryMaxMs),
		);
		// a process that has nothing else to do may end: the log keeps the recording
		timer.unref();
		this.#waiting.set(task, timer);
	}
}

/** Silence behind the last word is nobody's message: a caller who forgot to hang up, or a line that stayed open. */
function described(facts: DepositFacts, { audio: heard, speechMs }: LoggedRecording) {
	const audio = trimEnd(heard);
	return { facts, audio, durationMs: Math.floor(durationMsOf(audio)), speechMs };
}

function count(outcomes: readonly KeepOutcome[], wanted: KeepOutcome): number {
	return outcomes.filter((outcome) => outcome === wanted).length;
}
