/** Message waiting: the subscriptions of phones, each held by one node at a time, and the notices of changes. */
import { type Kysely, sql } from "kysely";

/**
 * A lease belongs to a node, not to a row: a sign of life is one small update, however many phones it holds. The trigger
 * raises a notice only for mailboxes that somebody watches, since notices are serialised when their transactions commit.
 */
const TABLES = `
create table lamp_nodes (
	node text primary key,
	address text not null,
	lease_until timestamptz not null
);
create table lamp_subscriptions (
	id text primary key,
	node text not null references lamp_nodes (node),
	mailbox_id text not null,
	phone_number text not null,
	account text not null,
	event_id text not null,
	call_id text not null,
	local_tag text not null,
	remote_tag text not null,
	local_party text not null,
	remote_party text not null,
	route_set text[] not null,
	remote_target text not null,
	local_cseq bigint not null default 0,
	remote_cseq bigint not null,
	path_transport text not null,
	path_address text not null,
	path_port integer not null,
	expires_on timestamptz not null,
	told_version bigint,
	created_on timestamptz not null default now()
) with (fillfactor = 80);
create unique index lamp_subscriptions_dialog on lamp_subscriptions (call_id, local_tag, remote_tag);
create index lamp_subscriptions_mailbox on lamp_subscriptions (mailbox_id);
create index lamp_subscriptions_node on lamp_subscriptions (node);
create function afterbeep_lamp_changed() returns trigger language plpgsql as $body$
begin
	if exists (select 1 from lamp_subscriptions where mailbox_id = old.id) then
		perform pg_notify('afterbeep_lamps', old.id);
	end if;
	return null;
end
$body$;
create trigger mailboxes_lamp_changed after update of lamp_version on mailboxes
	for each row when (old.lamp_version is distinct from new.lamp_version) execute function afterbeep_lamp_changed();
create trigger mailboxes_lamp_gone after delete on mailboxes
	for each row execute function afterbeep_lamp_changed();
`;

export async function up(db: Kysely<unknown>): Promise<void> {
	await sql.raw(TABLES).execute(db);
}
