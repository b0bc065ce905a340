/**
 * Statements that are built and compiled once, not at each call: Kysely's builder costs as much as sending the statement.
 * Within a transaction of `Store.transaction`, several that are run without waiting go to the server in one piece and are
 * carried out in their order.
 */
import type { CompiledQuery, QueryExecutor, QueryResult } from "kysely";
import { PoolConnection } from "./connections/dialect.ts";
import type { Db, Tx } from "./types.ts";

export interface Prepared<Given extends object, Row> {
	run(db: Db | Tx, given: Given): Promise<readonly Row[]>;
	first(db: Db | Tx, given: Given): Promise<Row | undefined>;
	/**
	 * Goes with the transaction's next statement, at the latest with its commit, and fails with it. For what nobody needs
	 * an answer of.
	 */
	later(tx: Tx, given: Given): Promise<void>;
}

/** Stands in the compiled statement where a value will be. */
class Place {
	readonly name: PropertyKey;
	constructor(name: PropertyKey) {
		this.name = name;
	}
}

/**
 * @param build builds the statement from its values: these may only be placed, not looked at, so that the text is the
 * same for all of them. An array goes as `any(...)` with a cast.
 *
 * @example
 * const ownerOf = prepared((db, given: { readonly number: string }) =>
 *   db.selectFrom("numbers").select("accountId").where("number", "=", given.number));
 * const row = await ownerOf.first(tx, { number: "+11234567890" });
 */
export function prepared<Given extends object, Row>(
	build: (db: Db, given: Given) => { compile(): CompiledQuery<Row> },
): Prepared<Given, Row> {
	let compiled: CompiledQuery<Row> | undefined;

	function fill(db: Db | Tx, given: Given): CompiledQuery<Row> {
		const places = new Proxy({}, { get: (_, name) => new Place(name) }) as Given;
		compiled ??= build(db, places).compile();
		const values = compiled.parameters.map((value) =>
			value instanceof Place ? (given[value.name as keyof Given] ?? null) : value,
		);
		return { ...compiled, parameters: values };
	}

	async function run(db: Db | Tx, given: Given): Promise<readonly Row[]> {
		const executor = pipelines.get(db)?.executor ?? db.getExecutor();
		const { rows }: QueryResult<Row> = await executor.executeQuery(fill(db, given));
		return rows;
	}

	return {
		run,
		first: async (db, given) => (await run(db, given))[0],
		later: async (tx, given) => {
			const connection = pipelines.get(tx)?.connection;
			if (connection === undefined) return void (await run(tx, given));
			const { sql, parameters } = fill(tx, given);
			connection.borrowed.hold(sql, parameters);
		},
	};
}

interface Pipeline {
	readonly connection: PoolConnection;
	/** Kysely's own lets one statement of a transaction begin only when the one before has ended. */
	readonly executor: QueryExecutor;
}

const pipelines = new WeakMap<Db | Tx, Pipeline>();

/** To be called before the transaction's first statement. */
export async function pipeline(tx: Tx): Promise<void> {
	const connection = await tx.getExecutor().provideConnection(async (its) => its);
	if (!(connection instanceof PoolConnection)) return;
	const executor = tx.getExecutor().withConnectionProvider({ provideConnection: (consumer) => consumer(connection) });
	pipelines.set(tx, { connection, executor });
}
