/** Routes, call filters, workgroups and schedules: what decides whether a call becomes a voicemail. */
import { type Kysely, sql } from "kysely";

/**
 * What a client stored is kept as one document under the contract's own names; what a call asks for is lifted out of
 * it by the database itself, so that document and column can not differ.
 */
const kept = (table: string, more = "") => `
create table ${table} (
	id text primary key,
	account_id text not null references accounts (id),
	document jsonb not null,
	created_on timestamptz not null default now(),
	updated_on timestamptz not null default now()${more}
);
create unique index ${table}_id_lower on ${table} (lower(id));
create index ${table}_account on ${table} (account_id, created_on, id);
`;

const TABLES = `
${kept("voice_routes")}
${kept("message_routes")}
${kept("schedules")}
${kept(
	"workgroups",
	`,
	telegent_phone text generated always as (document ->> 'TelegentPhone') stored,
	schedule_id text generated always as (document ->> 'ScheduleId') stored`,
)}
create index workgroups_phone on workgroups (telegent_phone) where telegent_phone is not null;
create index workgroups_schedule on workgroups (lower(schedule_id)) where schedule_id is not null;
create table workgroup_activities (
	id text primary key,
	workgroup_id text not null references workgroups (id) on delete cascade,
	document jsonb not null,
	created_on timestamptz not null default now(),
	updated_on timestamptz not null default now()
);
create unique index workgroup_activities_id_lower on workgroup_activities (lower(id));
create index workgroup_activities_workgroup on workgroup_activities (workgroup_id);
create table call_filters (
	id text primary key,
	subscriber_id text not null,
	phone text not null,
	document jsonb not null,
	created_on timestamptz not null default now(),
	updated_on timestamptz not null default now()
);
create unique index call_filters_id_lower on call_filters (lower(id));
create unique index call_filters_subscriber_phone on call_filters (subscriber_id, phone);
create index call_filters_phone on call_filters (phone);
create table guardian_features (
	subscriber_id text primary key,
	calls boolean not null,
	messages boolean not null,
	updated_on timestamptz not null default now()
);
create index numbers_voice_route on numbers (voice_route_id) where voice_route_id is not null;
create index numbers_message_route on numbers (message_route_id) where message_route_id is not null;
alter table messages add column filtered boolean not null default false;
`;

export async function up(db: Kysely<unknown>): Promise<void> {
	await sql.raw(TABLES).execute(db);
}
