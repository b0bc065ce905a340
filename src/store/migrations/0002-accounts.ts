/** Audit log, several operators with rotating keys, account details, subscribers, answers kept for repeated requests. */
import { type Kysely, sql } from "kysely";

/**
 * The audit log only grows. The one way out is the erasure of a whole number, which must be declared for exactly this
 * number within its transaction: an ordinary statement, even one gone wrong, can not touch it.
 */
const TABLES = `
create table audit_entries (
	id bigint generated always as identity primary key,
	at timestamptz not null default now(),
	distributor_id text,
	account_id text,
	account_key text not null,
	operation text not null,
	number text,
	thing text,
	address text,
	before jsonb,
	after jsonb
);
create index audit_entries_number on audit_entries (number, id) where number is not null;
create index audit_entries_account on audit_entries (account_id, id) where account_id is not null;
create function audit_entries_stay() returns trigger language plpgsql as $$
begin
	if tg_op = 'DELETE' then
		if old.number is not null and current_setting('afterbeep.erase_audit_of', true) = old.number then
			return old;
		end if;
	end if;
	raise exception 'audit_entries is append-only' using errcode = 'insufficient_privilege';
end $$;
create trigger audit_entries_rows_stay before update or delete on audit_entries
	for each row execute function audit_entries_stay();
create trigger audit_entries_all_stay before truncate on audit_entries
	for each statement execute function audit_entries_stay();

alter table accounts
	add column admin_email text,
	add column billing_address jsonb not null default '{}',
	add column mailing_address jsonb not null default '{}',
	add column updated_on timestamptz not null default now();

alter table account_keys
	add column previous_secret_hash bytea,
	add column previous_until timestamptz,
	add column rotated_on timestamptz;
create index account_keys_distributor on account_keys (distributor_id, created_on);

create table subscribers (
	id text primary key,
	account_id text not null references accounts (id),
	name text not null,
	email text not null,
	role text not null check (role in ('Subscriber', 'Manager', 'Account Admin')),
	created_on timestamptz not null default now(),
	updated_on timestamptz not null default now()
);
create unique index subscribers_id_lower on subscribers (lower(id));
create unique index subscribers_email on subscribers (lower(email));
create index subscribers_account on subscribers (account_id, created_on, id);
create index numbers_subscriber on numbers (lower(assigned_subscriber_id)) where assigned_subscriber_id is not null;

create table kept_answers (
	account_key text not null,
	idempotency_key text not null,
	operation text not null,
	request_hash bytea not null,
	answer jsonb not null,
	created_on timestamptz not null default now(),
	primary key (account_key, idempotency_key)
);
create index kept_answers_created on kept_answers (created_on);
`;

export async function up(db: Kysely<unknown>): Promise<void> {
	await sql.raw(TABLES).execute(db);
}
