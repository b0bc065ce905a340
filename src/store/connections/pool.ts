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
		...options.config,
		...timeouts(options.pooled),
		max: options.connectionsMax,
		allowExitOnIdle: true,
	});
	pool.on("error", (error) => options.log.warn({ error: error.message }, "an idle database connection was lost"));
	// pg takes its own listener off while a client is in use; an error with no listener ends the process.
	pool.on("connect", (client) => client.on("error", () => {}));
	const clients = new WeakMap<pg.PoolClient, GuardedClient>();
	const guarded = (client: pg.PoolClient): PostgresPoolClient => {
		const known = clients.get(client) ?? new GuardedClient(client);
		clients.set(client, known);
		return known as unknown as PostgresPoolClient;
	};
	return {
		connect: async () => {
			try {
				return guarded(await pool.connect());
			} catch (error) {
				if (options.recover === undefined || !isOutage(error)) throw asFailure(error);
			}
			try {
				Object.assign(pool.options, await options.recover());
				return guarded(await pool.connect());
			} catch (error) {
				throw asFailure(error);
			}
		},
		end: () => pool.end(),
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

/** One per connection, since Kysely knows its connections by identity. */
class GuardedClient {
	readonly #client: pg.PoolClient;
	#broken: Error | undefined;

	constructor(client: pg.PoolClient) {
		this.#client = client;
		client.on("error", (error) => {
			this.#broken = error;
		});
	}

	get processID(): number | undefined {
		return (this.#client as { processID?: number }).processID;
	}

	async query(text: string, values: unknown[]): Promise<pg.QueryResult> {
		try {
			return await this.#client.query(text, values);
		} catch (error) {
			if (isOutage(error)) this.#broken = error as Error;
			throw asFailure(error);
		}
	}

	release(destroy?: boolean): void {
		this.#client.release(destroy === true || this.#broken !== undefined);
	}
}
