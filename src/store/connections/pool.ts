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
	const nameOf = options.pooled ? () => undefined : statementNames();
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
		connect: async () => new BorrowedConnection(await borrow(), borrow, nameOf) as unknown as PostgresPoolClient,
		end: () => {
			closing = true;
			return pool.end();
		},
		options: pool.options,
	};
}

/** The name under which a connection keeps a statement prepared; undefined: it is parsed anew each time. */
type StatementNames = (text: string) => string | undefined;

/**
 * Statements come again and again with the same text. Parsed and planned once per connection they cost the server about
 * half. Bounded, since texts that are made for one request (lists of any length) never come again.
 */
function statementNames(): StatementNames {
	const names = new Map<string, string>();
	return (text) => {
		const known = names.get(text);
		if (known !== undefined || names.size >= STORE_LIMITS.statementsPreparedMax) return known;
		if (!/^\s*(select|insert|update|delete|with)\b/i.test(text)) return undefined;
		const name = `s${names.size}`;
		names.set(text, name);
		return name;
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

/** feature_not_supported: "cached plan must not change result type". */
const STALE_PLAN = "0A000";

/** A connection from the pool until it goes back. */
class BorrowedConnection {
	readonly #another: () => Promise<pg.PoolClient>;
	readonly #nameOf: StatementNames;
	readonly #onError = (error: Error) => {
		this.#broken = error;
	};
	#client: pg.PoolClient;
	#broken: Error | undefined;
	#fresh = true;

	constructor(client: pg.PoolClient, another: () => Promise<pg.PoolClient>, nameOf: StatementNames) {
		this.#another = another;
		this.#nameOf = nameOf;
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
			// Without values it may be several statements in one text, which can not be prepared.
			const name = values?.length > 0 ? this.#nameOf(text) : undefined;
			return wholeResult(await this.#client.query(name === undefined ? { text, values } : { name, text, values }));
		} catch (error) {
			// Its prepared statements are those of tables that a newer process has changed meanwhile.
			if ((error as { code?: unknown }).code === STALE_PLAN) this.#broken = error as Error;
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
