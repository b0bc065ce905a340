/**
 * Runs the jobs of one name: fetches as many at once as there are free hands, so that a slow job holds back neither
 * the next batch nor another name, and reports results together.
 */
import type { Log } from "../../domain/index.ts";
import { isOutage } from "../connections/outage.ts";
import type { JobTry } from "../types.ts";
import { redactError } from "./redact.ts";

export interface FetchedJob {
	readonly id: string;
	readonly data: unknown;
	/** Names the attempt: a result of an attempt that was given up meanwhile is ignored. */
	readonly retryCount: number;
	/** Tries after the first; an operator's retry raises it. */
	readonly retryLimit: number;
}

/** How a try ended that failed. */
export interface JobFailure {
	readonly message: string;
	/** No further try. */
	readonly dead: boolean;
	/** Wait before the next try, where the handler named one; else the policy's. */
	readonly retryAfterMs: number | undefined;
}

/** What it needs of the queue. */
export interface Queue {
	fetch(batchSize: number): Promise<readonly FetchedJob[]>;
	complete(jobs: readonly FetchedJob[]): Promise<void>;
	/** Says that these are still being worked on. */
	touch(jobs: readonly FetchedJob[]): Promise<void>;
	fail(job: FetchedJob, failure: JobFailure): Promise<void>;
}

export interface DispatcherOptions {
	readonly name: string;
	readonly concurrency: number;
	readonly queue: Queue;
	readonly handler: (data: unknown, jobTry: JobTry) => Promise<void>;
	/** Jobs of one group are held back while others of it run: then fewer than asked for is not all there is. */
	readonly grouped?: boolean;
	/** Between two looks without a notice: for retries that fall due, and for missed notices. */
	readonly pollMs: number;
	/** Between two signs of life of running jobs. */
	readonly heartbeatMs: number;
	readonly log: Log;
}

/** Results that are not known to be written are tried this often; after that the job runs again, as it may. */
const SETTLE_ATTEMPTS = 20;
const SETTLE_PAUSE_MS = 500;

export class Dispatcher {
	readonly #options: DispatcherOptions;
	readonly #running = new Map<FetchedJob, Promise<void>>();
	#fetching: Promise<void> | undefined;
	#again = false;
	readonly #timers: readonly NodeJS.Timeout[];
	#stopping = false;
	#done: FetchedJob[] = [];
	#completing: Promise<void> | undefined;

	constructor(options: DispatcherOptions) {
		this.#options = options;
		this.#timers = [
			setInterval(() => this.wake(), options.pollMs).unref(),
			setInterval(() => this.#touch(), options.heartbeatMs).unref(),
		];
	}

	/** There may be work. */
	wake(): void {
		if (this.#stopping) return;
		this.#again = true;
		this.#fetching ??= this.#fetchAll().finally(() => {
			this.#fetching = undefined;
			// Woken between the last fetch and here.
			if (this.#again && this.#running.size < this.#options.concurrency) this.wake();
		});
	}

	async #fetchAll(): Promise<void> {
		while (this.#again && !this.#stopping) {
			const free = this.#options.concurrency - this.#running.size;
			if (free <= 0) return; // the next to finish wakes us
			this.#again = false;
			let jobs: readonly FetchedJob[];
			try {
				jobs = await this.#options.queue.fetch(free);
			} catch (error) {
				// The poll timer tries again.
				this.#options.log.warn({ job: this.#options.name, error: redactError(error) }, "can not fetch jobs");
				return;
			}
			for (const job of jobs) this.#start(job);
			if (jobs.length === free || (this.#options.grouped === true && jobs.length > 0)) this.#again = true;
		}
	}

	#start(job: FetchedJob): void {
		const run = this.#run(job).finally(() => {
			this.#running.delete(job);
			if (this.#again || this.#options.grouped === true) this.wake();
		});
		this.#running.set(job, run);
	}

	#touch(): void {
		const jobs = [...this.#running.keys()];
		// One that is missed is made good by the next.
		if (jobs.length > 0) this.#options.queue.touch(jobs).catch(() => {});
	}

	async #run(job: FetchedJob): Promise<void> {
		const { name, handler, queue, log } = this.#options;
		try {
			await handler(job.data, { jobId: job.id, last: job.retryCount >= job.retryLimit });
		} catch (error) {
			const failure = failureOf(error);
			const { message, dead } = failure;
			log.warn({ job: name, jobId: job.id, attempt: job.retryCount + 1, dead, error: message }, "job failed");
			await this.#settle(() => queue.fail(job, failure));
			return;
		}
		this.#done.push(job);
		this.#completing ??= this.#completeAll();
		await this.#completing;
	}

	/** All that finish while one write is on its way go together in the next. */
	async #completeAll(): Promise<void> {
		try {
			while (this.#done.length > 0) {
				const jobs = this.#done;
				this.#done = [];
				await this.#settle(() => this.#options.queue.complete(jobs));
			}
		} finally {
			this.#completing = undefined;
		}
	}

	async #settle(write: () => Promise<void>): Promise<void> {
		for (let attempt = 1; ; attempt++) {
			try {
				return await write();
			} catch (error) {
				const { name, log } = this.#options;
				if (attempt >= (this.#stopping ? 2 : SETTLE_ATTEMPTS) || !isRetriable(error)) {
					log.error(
						{ job: name, error: redactError(error) },
						"the result of a job can not be written; it will run again",
					);
					return;
				}
				await new Promise((resolve) => setTimeout(resolve, SETTLE_PAUSE_MS));
			}
		}
	}

	/** Fetches no more and waits for running handlers, `withinMs` at most. */
	async stop(withinMs: number): Promise<void> {
		this.#stopping = true;
		clearInterval(this.#timers[0]);
		let deadline: NodeJS.Timeout | undefined;
		const late = new Promise<"late">((resolve) => {
			deadline = setTimeout(() => resolve("late"), withinMs);
		});
		const finished = async () => {
			await this.#fetching;
			while (this.#running.size > 0) await Promise.allSettled(this.#running.values());
		};
		const outcome = await Promise.race([finished(), late]);
		clearTimeout(deadline);
		clearInterval(this.#timers[1]);
		if (outcome === "late") {
			const fields = { job: this.#options.name, running: this.#running.size };
			this.#options.log.warn(fields, "jobs still ran at the end; they will run again");
		}
	}
}

function failureOf(error: unknown): JobFailure {
	const said = error as { permanent?: unknown; retryAfterMs?: unknown } | null | undefined;
	return {
		message: redactError(error),
		dead: said?.permanent === true,
		retryAfterMs: typeof said?.retryAfterMs === "number" ? said.retryAfterMs : undefined,
	};
}

function isRetriable(error: unknown): boolean {
	return isOutage(error) || (error as { code?: unknown }).code === "storeUnavailable";
}
