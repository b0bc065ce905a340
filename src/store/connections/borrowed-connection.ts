/**
 * A connection from the pool until it goes back. What can wait is held back and leaves in one piece with the next
 * statement: a transaction's `begin`, and statements whose result nobody needs before the commit. Each piece costs the
 * two processes one waking up, which is most of what a small statement costs.
 */
import { setImmediate } from "node:timers/promises";
import type pg from "pg";
import { asFailure, isOutage } from "./outage.ts";

/** The name under which a connection keeps a statement prepared; undefined: it is parsed anew each time. */
export type StatementNames = (text: string) => string | undefined;

interface Statement {
	readonly text: string;
	readonly values: readonly unknown[];
}

/** What leaves together: what was held back, and the statement that it waited for. */
interface Piece {
	readonly place: number;
	readonly statements: readonly Statement[];
	/** Sent once more. */
	again: Promise<pg.QueryResult> | undefined;
}

/** feature_not_supported: "cached plan must not change result type". */
const STALE_PLAN = "0A000";

export class BorrowedConnection {
	readonly #another: () => Promise<pg.PoolClient>;
	readonly #nameOf: StatementNames;
	readonly #onError = (error: Error) => {
		this.#broken = error;
	};
	#client: pg.PoolClient;
	#broken: Error | undefined;
	/** Nothing was answered yet: what was sent so far may be sent again where that is harmless. */
	#fresh = true;
	/** Places of pieces in the order in which they were asked for. */
	#pieces = 0;
	readonly #repeats: Piece[] = [];
	/** Set once for all: a second connection that dies is an outage. */
	#repeating: Promise<void> | undefined;
	#begun = false;
	#held: Statement[] = [];
	#corked = false;

	constructor(client: pg.PoolClient, another: () => Promise<pg.PoolClient>, nameOf: StatementNames) {
		this.#another = another;
		this.#nameOf = nameOf;
		this.#client = client;
		client.on("error", this.#onError);
	}

	/** Sent with the first statement of the transaction. */
	begin(text: string): void {
		this.#begun = true;
		this.hold(text);
	}

	/** Sent with the next statement, whose failure is then also its own. */
	hold(text: string, values: readonly unknown[] = []): void {
		this.#held.push({ text, values });
	}

	/** Ends the transaction. @returns false where the server rolled it back, since a statement had failed. */
	async commit(): Promise<boolean> {
		if (this.#forgetUnsent()) return true;
		return (await this.query("commit")).command !== "ROLLBACK";
	}

	async rollback(): Promise<void> {
		if (this.#forgetUnsent()) return;
		this.#held = [];
		try {
			await this.query("rollback");
		} catch (error) {
			this.#broken ??= error as Error;
			throw error;
		}
	}

	/** @returns whether nothing of the transaction was sent: then nothing needs to end. */
	#forgetUnsent(): boolean {
		if (this.#held.length !== 1 || this.#held[0]!.text !== BEGIN) return false;
		this.#held = [];
		return true;
	}

	/**
	 * Several that are called without waiting run one after the other and travel together.
	 *
	 * @throws Failure `storeUnavailable` on an outage.
	 */
	async query(text: string, values: readonly unknown[] = []): Promise<pg.QueryResult> {
		const piece: Piece = { place: this.#pieces++, statements: [...this.#held, { text, values }], again: undefined };
		this.#held = [];
		// What others asked for before goes first on the new connection, too.
		if (this.#repeating !== undefined) await this.#repeating;
		try {
			return await this.#answerTo(this.#sendAll(piece.statements));
		} catch (error) {
			if (!isOutage(error)) throw error;
			if (!this.#fresh || !this.#mayRepeat(text, error)) throw asFailure(error);
		}
		this.#repeats.push(piece);
		this.#repeating ??= this.#repeatAll();
		await this.#repeating;
		try {
			return await this.#answerTo(piece.again!);
		} catch (error) {
			throw asFailure(error);
		}
	}

	async #answerTo(sent: Promise<pg.QueryResult>): Promise<pg.QueryResult> {
		try {
			const result = await sent;
			this.#fresh = false;
			return wholeResult(result);
		} catch (error) {
			// Stale: its prepared statements are those of tables that a newer process has changed meanwhile.
			if (isOutage(error) || (error as { code?: unknown }).code === STALE_PLAN) this.#broken = error as Error;
			throw error;
		}
	}

	/** Sends everything that had no answer again, in the order in which it was asked for: `begin` comes first. */
	async #repeatAll(): Promise<void> {
		await this.#replace();
		// All that was under way fails at once, but is told so in any order within this turn.
		await setImmediate();
		this.#fresh = false;
		for (const piece of this.#repeats.sort((a, b) => a.place - b.place)) piece.again = this.#sendAll(piece.statements);
	}

	async #sendAll(statements: readonly Statement[]): Promise<pg.QueryResult> {
		this.#cork();
		if (statements.length === 1) return this.#send(statements[0]!);
		const sent = statements.map((statement) => this.#send(statement));
		// The first to fail says why; those behind it only that the transaction is over.
		const outcomes = await Promise.allSettled(sent);
		for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
		return (outcomes.at(-1) as PromiseFulfilledResult<pg.QueryResult>).value;
	}

	#send({ text, values }: Statement): Promise<pg.QueryResult> {
		// Without values it may be several statements in one text, which can not be prepared.
		const name = values.length > 0 ? this.#nameOf(text) : undefined;
		const query = { text, values: values as unknown[] };
		return this.#client.query(name === undefined ? query : { name, ...query });
	}

	/** Until the end of this turn all statements are one write. */
	#cork(): void {
		const { stream } = (this.#client as unknown as { connection: { stream: NodeJS.WritableStream & Corkable } })
			.connection;
		if (this.#corked || stream.cork === undefined) return;
		this.#corked = true;
		stream.cork();
		process.nextTick(() => {
			this.#corked = false;
			stream.uncork();
		});
	}

	/** It died in the pool, and nobody had noticed. */
	async #replace(): Promise<void> {
		const another = await this.#another();
		this.#giveBack(true);
		this.#client = another;
		this.#broken = undefined;
		another.on("error", this.#onError);
	}

	/**
	 * Whether what was sent, the first on its connection, can be sent again: it never left, or carrying it out twice is
	 * harmless. What belongs to a transaction died with it, unless its commit was under way.
	 */
	#mayRepeat(text: string, error: unknown): boolean {
		if ((error as { code?: unknown }).code === "EPIPE") return true;
		return this.#begun ? text !== "commit" : /^\s*select\b/i.test(text);
	}

	release(destroy?: boolean): void {
		this.#giveBack(destroy === true || this.#broken !== undefined);
	}

	#giveBack(destroy: boolean): void {
		this.#client.off("error", this.#onError);
		this.#client.release(destroy);
	}
}

/** The text that a transaction of ours begins with. */
export const BEGIN = "begin";

interface Corkable {
	cork?(): void;
	uncork(): void;
}

/** A text of several statements gives several results: one with the rows of all, since Kysely knows only one. */
function wholeResult(result: pg.QueryResult | pg.QueryResult[]): pg.QueryResult {
	if (!Array.isArray(result)) return result;
	return { ...result.at(-1)!, command: "SELECT", rows: result.flatMap((one) => one.rows) };
}
