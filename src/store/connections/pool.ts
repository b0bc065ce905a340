/**
 * The pool that Kysely draws from: pg's own, with what a server needs beside it. A connection that dies, idle or in
 * use, never ends the process; a broken one is never handed out again; every outage is a Failure `storeUnavailable`.
 */
import type { PostgresPool, PostgresPoolClient } from "kysely";
import pg from "pg";
import type { Log } from "../../domain/index.ts";
import { STORE_LIMITS } from "../limits.ts";
import { asFailure, isOutage } from "./outage.ts";

export interface PoolOptions {
	readonly config: pg.ClientConfig;
	readonly connectionsMax: number;
	/** A transaction pooler stands in between: it knows no settings that belong to a session. */
	readonly pooled: boolean;
	/** Called when no connection can be made; what it mends is tried once more, at the address it returns. */
	readonly recover: (() => Promise<pg.ClientConfig>) | undefined;
	readonly log: Log;
}

export function openPool(options: PoolOptions): PostgresPool {
	const pool = new pg.Pool({
		...timeouts(options.pooled),
		...options.config,
		max: options.connectionsMax,
		allowExitOnIdle: true,
	});
	let closing = false;
	pool.on("error", (error) => {
		if (!closing) options.log.warn({ error: error.message }, "an idle database connection was lost");
	});
	// pg takes its own listener off while a client is in use; an error with no listener ends the process.
	pool.on("connect", (client) => client.on("error", () => {}));
	const borrow = async () => {
		try {
			return await pool.connect();
		} catch (error) {
			if (options.recover === undefined || !isOutage(error)) throw asFailure(error);
		}
		try {
			Object.assign(pool.options, await options.recover());
			return await pool.connect();
		} catch (error) {
			throw asFailure(error);
		}
	};
	return {
		connect: async () => new BorrowedConnection(await borrow(), borrow) as unknown as PostgresPoolClient,
		end: () => {
			closing = true;
			return pool.end();
		},
		options: pool.options,
	};
}

/** Settings of every connection. Server-side ones only where they stay with the session. */
export function timeouts(pooled: boolean): pg.ClientConfig {
	const client: pg.ClientConfig = {
		connectionTimeoutMillis: STORE_LIMITS.connectTimeoutMs,
		// Later than the server's own, so that it is the server that ends the statement wherever it still can.
		query_timeout: STORE_LIMITS.statementTimeoutMs + 5_000,
		keepAlive: true,
		keepAliveInitialDelayMillis: 10_000,
	};
	if (pooled) return client;
	return {
		...client,
		statement_timeout: STORE_LIMITS.statementTimeoutMs,
		lock_timeout: STORE_LIMITS.lockTimeoutMs,
		idle_in_transaction_session_timeout: STORE_LIMITS.idleInTransactionMs,
	};
}

/** A connection from the pool until it goes back. */
class BorrowedConnection {
	readonly #another: () => Promise<pg.PoolClient>;
	readonly #onError = (error: Error) => {
		this.#broken = error;
	};
	#client: pg.PoolClient;
	#broken: Error | undefined;
	#fresh = true;

	constructor(client: pg.PoolClient, another: () => Promise<pg.PoolClient>) {
		this.#another = another;
		this.#client = client;
		client.on("error", this.#onError);
	}

	get processID(): number | undefined {
		return (this.#client as { processID?: number }).processID;
	}

	async query(text: string, values: unknown[]): Promise<pg.QueryResult> {
		const first = this.#fresh;
		this.#fresh = false;
		try {
			return wholeResult(await this.#client.query(text, values));
		} catch (error) {
			if (!isOutage(error)) throw error;
			this.#broken = error as Error;
			if (!first || !mayRepeat(text, error)) throw asFailure(error);
		}
		await this.#replace();
		return this.query(text, values);
	}

	/** It died in the pool, and nobody had noticed. */
	async #replace(): Promise<void> {
		const another = await this.#another();
		this.#giveBack(true);
		this.#client = another;
		this.#broken = undefined;
		another.on("error", this.#onError);
	}

	release(destroy?: boolean): void {
		this.#giveBack(destroy === true || this.#broken !== undefined);
	}

	#giveBack(destroy: boolean): void {
		this.#client.off("error", this.#onError);
		this.#client.release(destroy);
	}
}

/** Whether a statement, the first on its connection, can be sent again: it never left, or carrying it out twice is harmless. */
function mayRepeat(text: string, error: unknown): boolean {
	return (error as { code?: unknown }).code === "EPIPE" || /^\s*(begin|select)\b/i.test(text);
}

/** A text of several statements gives several results: one with the rows of all, since Kysely knows only one. */
function wholeResult(result: pg.QueryResult | pg.QueryResult[]): pg.QueryResult {
	if (!Array.isArray(result)) return result;
	return { ...result.at(-1)!, command: "SELECT", rows: result.flatMap((one) => one.rows) };
}
