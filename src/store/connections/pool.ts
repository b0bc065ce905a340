/**
 * The pool that Kysely draws from: pg's own, with what a server needs beside it. A connection that dies, idle or in
 * use, never ends the process; a broken one is never handed out again; every outage is a Failure `storeUnavailable`.
 */
import pg from "pg";
import type { Log } from "../../domain/index.ts";
import { STORE_LIMITS } from "../limits.ts";
import { BorrowedConnection, type StatementNames } from "./borrowed-connection.ts";
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

export interface Pool {
	/** To be released by whoever took it. */
	connect(): Promise<BorrowedConnection>;
	end(): Promise<void>;
}

export function openPool(options: PoolOptions): Pool {
	const pool = new pg.Pool({
		...timeouts(options.pooled),
		...options.config,
		// Statements that are given at once leave at once, in one piece.
		pipeline: true,
		max: options.connectionsMax,
		min: Math.min(STORE_LIMITS.connectionsKept, options.connectionsMax),
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
		connect: async () => new BorrowedConnection(await borrow(), borrow, nameOf),
		end: () => {
			closing = true;
			return pool.end();
		},
	};
}

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
