/** The audit log: who changed what, from where, before and after. Append-only by a trigger of the database. */
import { sql } from "kysely";
import type { Actor } from "../domain/index.ts";
import { type Db, prepared, type Tx } from "../store/index.ts";
import { DIRECTORY_LIMITS } from "./limits.ts";

export interface AuditEntry {
	/** A Principal is an Actor. */
	readonly who: Actor;
	readonly at: Date;
	readonly accountId: string | null;
	/** E.164 number that was changed. */
	readonly number?: string | null | undefined;
	/** Id of what was changed where a number does not say it: `TSUID-...`, `AID-...`, an AccountKey. */
	readonly thing?: string | null | undefined;
	/** Where `who` does not name the operation. */
	readonly operation?: string | undefined;
	/**
	 * The fields that change, before and after, under the names of the API where there are such. Secrets may be among
	 * them: of every text whose name speaks of one only "set" or "changed" is written.
	 */
	readonly before?: Readonly<Record<string, unknown>> | undefined;
	readonly after?: Readonly<Record<string, unknown>> | undefined;
}

interface AuditRow {
	readonly at: Date;
	readonly distributorId: string | null;
	readonly accountId: string | null;
	readonly accountKey: string;
	readonly operation: string;
	readonly number: string | null;
	readonly thing: string | null;
	readonly address: string | null;
	readonly before: string | null;
	readonly after: string | null;
}

const entry = prepared((db, row: AuditRow) =>
	db.insertInto("auditEntries").values({
		at: row.at,
		distributorId: row.distributorId,
		accountId: row.accountId,
		accountKey: row.accountKey,
		operation: row.operation,
		number: row.number,
		thing: row.thing,
		address: row.address,
		before: row.before,
		after: row.after,
	}),
);

/** Part of the change's own transaction: what is not written down did not happen. */
export async function audit(tx: Tx, ...entries: readonly AuditEntry[]): Promise<void> {
	const rows = entries.map(
		({ who, at, accountId, number, thing, operation, before, after }): AuditRow => ({
			at,
			distributorId: who.distributorId ?? null,
			accountId,
			accountKey: who.accountKey,
			operation: operation ?? who.operation ?? "unknown",
			number: number ?? null,
			thing: thing ?? null,
			address: who.address ?? null,
			before: jsonOf(before, undefined),
			after: jsonOf(after, before),
		}),
	);
	// Nobody waits for a single line: it travels with what comes next, at the latest with the commit.
	if (rows.length === 1) return entry.later(tx, rows[0]!);
	for (let at = 0; at < rows.length; at += DIRECTORY_LIMITS.auditBatchRows) {
		await tx
			.insertInto("auditEntries")
			.values(rows.slice(at, at + DIRECTORY_LIMITS.auditBatchRows))
			.execute();
	}
}

/**
 * Really erases what the log says of a number, for the end of its life with a subscriber. The transaction declares it
 * first; the trigger lets go of this number's rows and of no others.
 *
 * @returns how many entries are gone.
 */
export async function eraseAudit(tx: Tx, number: string): Promise<number> {
	await sql`select set_config('afterbeep.erase_audit_of', ${number}, true)`.execute(tx);
	const { numDeletedRows } = await tx.deleteFrom("auditEntries").where("number", "=", number).executeTakeFirst();
	await sql`select set_config('afterbeep.erase_audit_of', '', true)`.execute(tx);
	return Number(numDeletedRows);
}

export interface AuditFilter {
	readonly number?: string | undefined;
	readonly accountId?: string | undefined;
	readonly accountKey?: string | undefined;
	readonly limit: number;
}

export interface AuditView {
	readonly at: Date;
	readonly distributorId: string | null;
	readonly accountId: string | null;
	readonly accountKey: string;
	readonly operation: string;
	readonly number: string | null;
	readonly thing: string | null;
	readonly address: string | null;
	readonly before: unknown;
	readonly after: unknown;
}

/** Newest first. Not scoped: for the CLI. */
export async function readAudit(db: Db, filter: AuditFilter): Promise<readonly AuditView[]> {
	return db
		.selectFrom("auditEntries")
		.select([
			"at",
			"distributorId",
			"accountId",
			"accountKey",
			"operation",
			"number",
			"thing",
			"address",
			"before",
			"after",
		])
		.$if(filter.number !== undefined, (query) => query.where("number", "=", filter.number!))
		.$if(filter.accountId !== undefined, (query) => query.where("accountId", "=", filter.accountId!))
		.$if(filter.accountKey !== undefined, (query) => query.where("accountKey", "=", filter.accountKey!))
		.orderBy("id", "desc")
		.limit(Math.min(filter.limit, DIRECTORY_LIMITS.listMax))
		.execute();
}

/** Names of secrets, also as part of a longer name: `PIN`, `PortOutPin`, `MessagePasswordToken`, `pinHash`. */
const SECRET_NAME = /^pin$|pin(?:hash)?$|password|secret|token$|authorization/i;

function jsonOf(fields: object | undefined, before: object | undefined): string | null {
	return fields === undefined ? null : JSON.stringify(withoutSecrets(fields, before));
}

/** @param before what stood in the same place: tells "set" from "changed". */
function withoutSecrets(value: unknown, before: unknown): unknown {
	if (Array.isArray(value)) {
		return value.map((item, i) => withoutSecrets(item, Array.isArray(before) ? before[i] : undefined));
	}
	if (typeof value !== "object" || value === null || value instanceof Date) return value;
	const earlier: Record<string, unknown> = isRecord(before) ? before : {};
	return Object.fromEntries(
		Object.entries(value).map(([name, content]) => [
			name,
			SECRET_NAME.test(name) ? mark(content, earlier[name]) : withoutSecrets(content, earlier[name]),
		]),
	);
}

/** Flags such as `PinSet: true` say nothing of the secret; all else of such a name is one. */
function mark(content: unknown, before: unknown): unknown {
	if (content === null || content === undefined || typeof content === "boolean") return content;
	return before === null || before === undefined ? "set" : "changed";
}

function isRecord(value: unknown): value is Record<string, unknown> {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}
