/** Webhooks, the facts they are told, and how each delivery went. */
import { type Kysely, sql } from "kysely";

/**
 * `data` and `counts` are json, not jsonb: a receiver gets the members in the order in which we document them, and the
 * same text at each try.
 */
const TABLES = `
create table webhooks (
	id text primary key,
	account_id text not null references accounts (id),
	url text not null,
	method text not null check (method in ('POST', 'PUT')),
	authentication_type text not null check (authentication_type in ('None', 'Basic', 'Token', 'Bearer')),
	authentication_username text,
	wrapped_credential bytea,
	events text[] not null,
	active boolean not null default true,
	wrapped_secret bytea not null,
	wrapped_previous_secret bytea,
	previous_secret_until timestamptz,
	created_on timestamptz not null default now(),
	updated_on timestamptz not null default now()
);
create unique index webhooks_id_lower on webhooks (lower(id));
create index webhooks_account on webhooks (account_id, created_on);
create table webhook_events (
	id text primary key,
	account_id text not null references accounts (id),
	event text not null,
	event_date timestamptz not null,
	phone_number text,
	subscriber_id text,
	data json not null,
	counts json
);
create index webhook_events_date on webhook_events (event_date);
create index webhook_events_number on webhook_events (phone_number) where phone_number is not null;
create table webhook_deliveries (
	id text primary key,
	webhook_id text not null references webhooks (id) on delete cascade,
	event_id text not null references webhook_events (id) on delete cascade,
	status text not null check (status in ('Pending', 'Delivered', 'GivenUp')),
	round integer not null default 0,
	failures integer not null default 0,
	attempts integer not null default 0,
	next_attempt_on timestamptz,
	created_on timestamptz not null,
	unique (event_id, webhook_id)
);
create index webhook_deliveries_webhook on webhook_deliveries (webhook_id, created_on);
create table webhook_attempts (
	delivery_id text not null references webhook_deliveries (id) on delete cascade,
	attempt integer not null,
	attempted_on timestamptz not null,
	duration_ms integer not null,
	http_status integer,
	message text not null,
	primary key (delivery_id, attempt)
);
`;

export async function up(db: Kysely<unknown>): Promise<void> {
	await sql.raw(TABLES).execute(db);
}
