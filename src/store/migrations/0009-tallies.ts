/** Totals of an account and of an operator without counting: a listing must not take longer with a million rows. */
import { type Kysely, sql } from "kysely";

/**
 * A total is the sum of its lines. Each change adds a line and touches none, so that changes at the same time neither wait
 * for each other nor lock each other out, as they would on one row with the total. One line in fifty makes one line of all
 * of its total that nobody else is changing at that moment. A line without an account is the operator's own total.
 * Triggers write the lines: nothing that changes a row, not even by hand, can forget them.
 *
 * Subscribers are listed by operator, so they say which one theirs is; an account never changes its operator.
 */
const TABLES = `
create table tallies (
	distributor_id text not null,
	account_id text,
	kind text not null check (kind in ('accounts', 'subscribers', 'live', 'cancelled')),
	amount bigint not null
);
create index tallies_account on tallies (account_id, kind) include (amount) where account_id is not null;
create index tallies_distributor on tallies (distributor_id, kind) include (amount) where account_id is null;

create function fold_tally(of_distributor text, of_account text, of_kind text) returns void language plpgsql as $$
declare
	lines tid[];
begin
	if of_account is null then
		lines := array(select ctid from tallies
			where account_id is null and distributor_id = of_distributor and kind = of_kind for update skip locked);
	else
		lines := array(select ctid from tallies where account_id = of_account and kind = of_kind for update skip locked);
	end if;
	with gone as (delete from tallies where ctid = any(lines) returning amount)
	insert into tallies
		select of_distributor, of_account, of_kind, sum(amount) from gone having sum(amount) <> 0;
end $$;

alter table subscribers add column distributor_id text references distributors (id);
update subscribers set distributor_id = accounts.distributor_id from accounts where accounts.id = subscribers.account_id;
alter table subscribers alter column distributor_id set not null;
create function subscribers_have_distributor() returns trigger language plpgsql as $$
begin
	select distributor_id into new.distributor_id from accounts where id = new.account_id;
	return new;
end $$;
create trigger subscribers_have_distributor before insert or update of account_id on subscribers
	for each row execute function subscribers_have_distributor();

create index subscribers_distributor on subscribers (distributor_id, created_on, id);
drop index accounts_distributor;
create index accounts_distributor on accounts (distributor_id, created_on, id);
create index numbers_distributor on numbers (distributor_id, number) where account_id is not null;
`;

interface Tallied {
	readonly table: "accounts" | "numbers" | "subscribers";
	/** SQL: the total that a row counts for. */
	readonly kind: string;
	/** SQL: the account of a row; null where only the operator has such a total. */
	readonly account: string;
	/** SQL: whether a row counts. */
	readonly counts: string;
}

const TALLIED: readonly Tallied[] = [
	{ table: "accounts", kind: "'accounts'", account: "null::text", counts: "true" },
	{ table: "subscribers", kind: "'subscribers'", account: "account_id", counts: "true" },
	{
		table: "numbers",
		kind: "case when status = 'Cancelled' then 'cancelled' else 'live' end",
		account: "account_id",
		counts: "account_id is not null",
	},
];

/** One trigger for each kind of change, since each has other rows to look at. */
function tallying({ table, kind, account, counts }: Tallied): string {
	const rows = (from: string, sign: 1 | -1) =>
		`select distributor_id, ${account} as account_id, ${kind} as kind, ${sign} as amount from ${from} where ${counts}`;
	const trigger = (event: "insert" | "update" | "delete") => {
		const before = event === "insert" ? [] : [rows("old_rows", -1)];
		const after = event === "delete" ? [] : [rows("new_rows", 1)];
		const tables = [event !== "insert" && "old table as old_rows", event !== "delete" && "new table as new_rows"];
		return `
create function tally_${table}_${event}() returns trigger language plpgsql as $$
declare
	line record;
begin
	for line in
		insert into tallies ${sums([...before, ...after].join(" union all "))} returning *
	loop
		if random() < 0.02 then
			perform fold_tally(line.distributor_id, line.account_id, line.kind);
		end if;
	end loop;
	return null;
end $$;
create trigger ${table}_tallied_${event} after ${event} on ${table}
	referencing ${tables.filter(Boolean).join(" ")} for each statement execute function tally_${table}_${event}();`;
	};
	return `insert into tallies ${sums(rows(table, 1))};
${(["insert", "update", "delete"] as const).map(trigger).join("\n")}`;
}

/** Lines of accounts, and of operators: where a row has no account, its operator's line alone. */
function sums(changes: string): string {
	return `
			select distributor_id, account_id, kind, sum(amount) from (${changes}) changed
			where account_id is not null group by distributor_id, account_id, kind having sum(amount) <> 0
			union all
			select distributor_id, null, kind, sum(amount) from (${changes}) changed
			group by distributor_id, kind having sum(amount) <> 0`;
}

export async function up(db: Kysely<unknown>): Promise<void> {
	await sql.raw(TABLES).execute(db);
	for (const tallied of TALLIED) await sql.raw(tallying(tallied)).execute(db);
}
