/** PostgreSQL as Kysely speaks to it, over our pool: its own dialect but for the driver, which can hold statements back. */
import {
	type CompiledQuery,
	type DatabaseConnection,
	type Dialect,
	type Driver,
	PostgresAdapter,
	PostgresIntrospector,
	PostgresQueryCompiler,
	type QueryResult,
	type TransactionSettings,
} from "kysely";
import { BEGIN, type BorrowedConnection } from "./borrowed-connection.ts";
import { openPool, type PoolOptions } from "./pool.ts";

export function dialectOver(options: PoolOptions): Dialect {
	return {
		createDriver: () => new PoolDriver(options),
		createQueryCompiler: () => new PostgresQueryCompiler(),
		createAdapter: () => new PostgresAdapter(),
		createIntrospector: (db) => new PostgresIntrospector(db),
	};
}

class PoolDriver implements Driver {
	readonly #pool: ReturnType<typeof openPool>;

	constructor(options: PoolOptions) {
		this.#pool = openPool(options);
	}

	async init(): Promise<void> {}

	async acquireConnection(): Promise<PoolConnection> {
		return new PoolConnection(await this.#pool.connect());
	}

	async beginTransaction(
		{ borrowed }: PoolConnection,
		{ accessMode, isolationLevel }: TransactionSettings,
	): Promise<void> {
		const modes = [isolationLevel && ` isolation level ${isolationLevel}`, accessMode && ` ${accessMode}`];
		borrowed.begin(BEGIN + modes.filter(Boolean).join(""));
	}

	async commitTransaction({ borrowed }: PoolConnection): Promise<void> {
		// Somebody caught the failure of a statement and went on: what came after it was never done either.
		if (!(await borrowed.commit()))
			throw new Error("the transaction was rolled back, since a statement of it had failed");
	}

	rollbackTransaction({ borrowed }: PoolConnection): Promise<void> {
		return borrowed.rollback();
	}

	async releaseConnection({ borrowed }: PoolConnection): Promise<void> {
		borrowed.release();
	}

	destroy(): Promise<void> {
		return this.#pool.end();
	}
}

/** A connection as Kysely wants it. */
export class PoolConnection implements DatabaseConnection {
	readonly borrowed: BorrowedConnection;

	constructor(borrowed: BorrowedConnection) {
		this.borrowed = borrowed;
	}

	async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
		const { command, rowCount, rows } = await this.borrowed.query(sql, parameters);
		const changes = command === "INSERT" || command === "UPDATE" || command === "DELETE" || command === "MERGE";
		return { rows: rows ?? [], ...(changes && { numAffectedRows: BigInt(rowCount ?? 0) }) };
	}

	// biome-ignore lint/correctness/useYield: nobody streams rows here
	async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
		throw new Error("rows are not streamed: read pages");
	}
}
