/** What this room offers: one PostgreSQL (embedded or outside), one blob store, one job queue. */
import type { Kysely, Transaction } from "kysely";
import type { Log } from "../domain/index.ts";
import type { Database } from "./schema.ts";

export type Db = Kysely<Database>;
/** Queries that only make sense inside a transaction take this type. */
export type Tx = Transaction<Database>;

export interface Blobs {
	/**
	 * Written whole, synced and renamed into place before it resolves. Writing the same key again is harmless.
	 * @param data the blob, or its pieces in their order.
	 */
	put(key: string, data: Uint8Array | readonly Uint8Array[]): Promise<void>;
	/** Undefined when there is no such blob. */
	get(key: string): Promise<Uint8Array | undefined>;
	/** Deleting a missing blob is harmless. */
	delete(key: string): Promise<void>;
	/** Throws where the store can not be written. */
	check(): Promise<void>;
}

/** The jobs of the platform and their contents: ids, never contents. */
export interface JobData {
	/** A message became durable: fan out to the channels. */
	"message.stored": { readonly messageId: string; readonly phoneNumber: string };
	/** Send the notification e-mail of one message. */
	"email.message": { readonly messageId: string; readonly phoneNumber: string };
	/** Send the random PIN of one reset: it is computed from these. */
	"email.pin": { readonly mailboxId: string; readonly resetId: string };
	/** Erase blobs whose rows are gone. */
	"blobs.erase": { readonly blobKeys: readonly string[] };
	/** A fact that webhooks of its account subscribe to: one delivery for each of them. */
	"event.stored": { readonly eventId: string };
	/** Send one event to one webhook. A round that is not the delivery's own was overtaken by a replay. */
	"webhook.deliver": { readonly deliveryId: string; readonly round: number };
}
export type JobName = keyof JobData;

export type JobState = "created" | "retry" | "active" | "completed" | "cancelled" | "failed";

export interface JobView {
	readonly JobId: string;
	readonly Name: string;
	readonly State: JobState;
	/** True where all retries are used up and an operator must look. */
	readonly Dead: boolean;
	readonly Attempts: number;
	readonly CreatedOn: string;
	readonly NextAttemptOn: string | null;
	readonly Error: string | null;
	readonly Data: unknown;
}

export interface EnqueueOptions {
	/** What is enqueued twice under one key is one job, as long as the first is kept: an hour after it is done. */
	readonly key?: string;
	/** Jobs of one group share its places where the name's policy has `perGroup`. */
	readonly group?: string;
}

/** What a handler may know of the try it is. */
export interface JobTry {
	readonly jobId: string;
	/** A throw makes the job dead. */
	readonly last: boolean;
}

export interface Jobs {
	/** Joins the caller's transaction: the job exists if and only if it commits. */
	enqueue<N extends JobName>(tx: Tx, name: N, data: JobData[N], options?: EnqueueOptions): Promise<void>;
	/**
	 * Runs jobs of one name; at least once each, fetched in batches, `concurrency` at a time; a throw is retried with
	 * backoff (`retryFor`: days for mail), then dead. The handler must be safe to run twice. A thrown error may say more:
	 * `permanent: true` makes the job dead at once, `retryAfterMs` sets the wait before the next try.
	 */
	work<N extends JobName>(
		name: N,
		concurrency: number,
		handler: (data: JobData[N], jobTry: JobTry) => Promise<void>,
	): Promise<void>;
	list(filter?: {
		readonly state?: JobState | "dead";
		readonly name?: string;
		readonly limit?: number;
	}): Promise<readonly JobView[]>;
	/** Runs a dead or waiting job again now. @returns false when there is no such job. */
	retry(jobId: string): Promise<boolean>;
}

export interface Store extends AsyncDisposable {
	readonly db: Db;
	readonly blobs: Blobs;
	readonly jobs: Jobs;
	/** Runs in one transaction; connection failures become Failure `storeUnavailable`. */
	transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
	/**
	 * Hears notices (`pg_notify`) over a connection of its own that comes back by itself; `undefined`: it was just made,
	 * so that notices may have been missed. Never throws. Dispose it before the store.
	 */
	listen(channel: string, onNotice: (payload: string | undefined) => void): Promise<AsyncDisposable>;
	/** Throws Failure `storeUnavailable` when the database or the blob store can not be used now. */
	check(): Promise<void>;
}

export interface StoreOptions {
	/** Undefined: the embedded PostgreSQL under `dataFolder`. */
	readonly databaseUrl: string | undefined;
	readonly databaseDirectUrl: string | undefined;
	readonly dataFolder: string;
	/** `file:/path` (s3 comes later and is refused clearly until then). */
	readonly blobs: string;
	/** This process runs job handlers (role worker): job maintenance and polling are on. */
	readonly worker: boolean;
	readonly connectionsMax?: number;
	/** False: commands; no data folder is made, no table changed: a database of another version is a Failure. Default true. */
	readonly createIfMissing?: boolean;
	readonly log: Log;
}
