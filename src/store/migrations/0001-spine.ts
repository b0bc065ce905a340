/** First schema: operators, numbers, mailboxes, messages, calls. Never edited once released. */
import { type Kysely, sql } from "kysely";

/** Messages are hash-partitioned by number, so that a shard by number can carry ten times more (design, Scale). */
const MESSAGE_PARTITIONS = 16;

const TABLES = `
create table distributors (
	id text primary key,
	name text not null,
	created_on timestamptz not null default now()
);
create table accounts (
	id text primary key,
	distributor_id text not null references distributors (id),
	name text not null,
	created_on timestamptz not null default now()
);
create index accounts_distributor on accounts (distributor_id);
create unique index accounts_id_lower on accounts (lower(id));
create table account_keys (
	account_key text primary key,
	distributor_id text not null references distributors (id),
	account_id text references accounts (id),
	name text not null,
	secret_hash bytea not null,
	rights text[] not null default '{}',
	created_on timestamptz not null default now(),
	revoked_on timestamptz
);
create unique index account_keys_lower on account_keys (lower(account_key));
create table token_keys (
	kid text primary key,
	wrapped_key bytea not null,
	created_on timestamptz not null default now(),
	retired_on timestamptz
);
create table numbers (
	number text primary key,
	id uuid not null unique,
	distributor_id text not null references distributors (id),
	account_id text references accounts (id),
	status text not null check (status in ('Pool', 'Active', 'Parked', 'Cancelled')),
	number_type text,
	message_type text,
	message_enabled boolean not null default false,
	voice_enabled boolean not null default false,
	data_enabled boolean not null default false,
	product_type text,
	message_route_id text,
	voice_route_id text,
	area_code text,
	zip_code text,
	iccid text,
	assigned_subscriber_id text,
	order_id text,
	example boolean not null default false,
	pool_order bigint generated always as identity,
	created_on timestamptz not null default now(),
	provisioned_on timestamptz,
	check ((status = 'Pool') = (account_id is null))
);
create index numbers_pool on numbers (distributor_id, pool_order) where status = 'Pool';
create index numbers_pool_area on numbers (distributor_id, area_code, pool_order) where status = 'Pool' and area_code is not null;
create index numbers_pool_zip on numbers (distributor_id, zip_code, pool_order) where status = 'Pool' and zip_code is not null;
create index numbers_account on numbers (account_id, number) where account_id is not null;
create index numbers_iccid on numbers (iccid) where iccid is not null;
create table orders (
	id text primary key,
	account_id text not null references accounts (id),
	order_type text not null,
	order_status text not null,
	status_message text,
	order_date timestamptz not null default now(),
	numbers text[] not null
);
create index orders_account on orders (account_id, order_date);
create table mailboxes (
	id text primary key,
	phone_number text not null unique references numbers (number),
	account_id text not null references accounts (id),
	first_name text,
	last_name text,
	email text,
	pin_hash text,
	pin_change_required boolean not null default false,
	pin_changed_on timestamptz,
	time_zone text,
	language text,
	max_message_seconds integer not null default 180,
	min_message_seconds integer not null default 1,
	max_messages integer not null default 100,
	retention_days integer not null default 30,
	deleted_retention_days integer not null default 7,
	email_notification boolean not null default true,
	email_attach_audio boolean not null default true,
	lamp_version bigint not null default 0,
	activated_on timestamptz not null default now(),
	updated_on timestamptz not null default now()
);
create index mailboxes_account on mailboxes (account_id);
create table pin_attempts (
	mailbox_id text not null references mailboxes (id) on delete cascade,
	channel text not null check (channel in ('own', 'foreign')),
	failed_attempts integer not null default 0,
	locked_until timestamptz,
	last_failed_on timestamptz,
	primary key (mailbox_id, channel)
);
create table messages (
	id text not null,
	phone_number text not null,
	mailbox_id text not null,
	from_number text,
	from_name text,
	received_on timestamptz not null,
	duration_ms integer not null,
	size_bytes integer not null,
	encoding text not null check (encoding in ('PCMU', 'PCMA')),
	blob_key text not null,
	status text not null check (status in ('New', 'Heard', 'Saved')),
	redirect_reason text not null,
	mailbox_source text not null,
	silent boolean not null,
	call_id text not null,
	heard_on timestamptz,
	deleted_on timestamptz,
	stored_on timestamptz not null default now(),
	primary key (phone_number, id)
) partition by hash (phone_number);
create index messages_id on messages (id);
create index messages_mailbox on messages (mailbox_id, received_on);
create index messages_deleted on messages (deleted_on) where deleted_on is not null;
create table greetings (
	mailbox_id text not null references mailboxes (id) on delete cascade,
	greeting_type text not null,
	blob_key text not null,
	duration_ms integer not null,
	encoding text not null check (encoding in ('PCMU', 'PCMA')),
	updated_on timestamptz not null default now(),
	primary key (mailbox_id, greeting_type)
);
create table calls (
	id text primary key,
	sip_call_id text not null,
	started_on timestamptz not null,
	ended_on timestamptz,
	kind text not null,
	phone_number text,
	from_number text,
	status integer not null,
	why text not null,
	message_id text,
	trace jsonb not null
);
create index calls_started on calls (started_on);
create index calls_number on calls (phone_number, started_on);
create index calls_sip_call_id on calls (sip_call_id);
`;

export async function up(db: Kysely<unknown>): Promise<void> {
	await sql.raw(TABLES).execute(db);
	for (let i = 0; i < MESSAGE_PARTITIONS; i++) {
		await sql
			.raw(
				`create table messages_${i} partition of messages for values with (modulus ${MESSAGE_PARTITIONS}, remainder ${i})`,
			)
			.execute(db);
	}
}
