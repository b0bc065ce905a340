/**
 * The bare statements of an operation: recorded from the real rooms while they do it once, so that the limit stays true
 * when the code changes, and replayed for any number on bare connections.
 */
import pg from "pg";
import { loadMasterKey } from "../../src/directory/index.ts";
import { silentLog, systemClock } from "../../src/domain/index.ts";
import { createMailboxes, type MailboxFields } from "../../src/mailbox/index.ts";
import { openStore } from "../../src/store/index.ts";
import type { BenchPlatform } from "../support/platform.ts";

interface Statement {
	/** Where the platform keeps it prepared, so does the replay. */
	readonly name: string | undefined;
	readonly text: string;
	readonly values: readonly unknown[];
}

export interface Recorded {
	readonly number: string;
	readonly statements: readonly Statement[];
	readonly length: number;
}

export async function recordStatements(
	platform: BenchPlatform,
	operation: "activate" | "info",
	number: string,
	fields: Record<string, string>,
): Promise<Recorded> {
	await using store = await openStore({
		databaseUrl: platform.databaseUrl,
		databaseDirectUrl: undefined,
		dataFolder: platform.folder,
		blobs: `file:${platform.blobs}`,
		worker: false,
		connectionsMax: 1,
		log: silentLog,
	});
	const masterKey = await loadMasterKey({ file: platform.masterKeyFile, dataFolder: platform.folder, create: false });
	const mailboxes = createMailboxes({
		store,
		masterKey,
		clock: systemClock,
		log: silentLog,
		defaults: { timeZone: "UTC", language: "en" },
	});
	const { id } = await store.db.selectFrom("distributors").select("id").executeTakeFirstOrThrow();
	const who = { accountKey: id, distributorId: id, accountId: undefined, rights: [] };
	const mailboxFields: MailboxFields = { firstName: fields.FirstName, lastName: fields.LastName, email: fields.Email };
	const work = () =>
		operation === "activate"
			? mailboxes.activate(who, number, undefined, mailboxFields)
			: mailboxes.info(who, number, undefined);
	await work(); // connections are open and prepared from here on
	const statements: Statement[] = [];
	const original = pg.Client.prototype.query;
	pg.Client.prototype.query = function query(this: pg.Client, ...args: unknown[]) {
		const [first, second] = args as [
			string | { name?: string; text: string; values?: unknown[] },
			unknown[] | undefined,
		];
		const text = typeof first === "string" ? first : first.text;
		const values = typeof first === "string" ? (second ?? []) : (first.values ?? second ?? []);
		const name = typeof first === "string" ? undefined : first.name;
		statements.push({ name, text, values: Array.isArray(values) ? values : [] });
		return (original as (...all: unknown[]) => unknown).apply(this, args);
	} as typeof original;
	try {
		await work();
	} finally {
		pg.Client.prototype.query = original;
	}
	return { number, statements, length: statements.length };
}

/** A statement that serves several requests at once has its numbers in an array; here it serves one. */
function forNumber(value: unknown, recorded: string, number: string): unknown {
	if (Array.isArray(value)) return value.map((item) => forNumber(item, recorded, number));
	return value === recorded ? number : value;
}

/** @returns a function that runs the recorded statements for the number of an index on one connection of the pool. */
export async function replayer(
	pool: pg.Pool,
	recorded: Recorded,
	numbers: readonly string[],
): Promise<(i: number) => Promise<void>> {
	const perNumber = numbers.map((number) =>
		recorded.statements.map(({ name, text, values }) => ({
			...(name === undefined ? {} : { name }),
			text,
			values: values.map((value) => forNumber(value, recorded.number, number)),
		})),
	);
	return async (i) => {
		const client = await pool.connect();
		try {
			for (const statement of perNumber[i]!) await client.query({ ...statement, values: [...statement.values] });
		} finally {
			client.release();
		}
	};
}
