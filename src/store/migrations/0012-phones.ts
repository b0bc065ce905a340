/** SIP phones of numbers, and numbers whose lamps are to be told without a subscription. */
import { type Kysely, sql } from "kysely";

/**
 * `lamp_news` has a row for each number whose phones have not been told yet, while `lamp_telling` says that somebody
 * tells at all. It is kept by the number and not by the mailbox, so that the phones of a number that lost its mailbox
 * hear of it too. `seq` rises with each change: whoever has told a state removes the row only if none came meanwhile.
 * Until then it is claimed, so that no second NOTIFY overtakes the first.
 */
const TABLES = `
create table phones (
	username text primary key,
	phone_number text not null,
	name text not null default '',
	realm text not null,
	wrapped_ha1 bytea not null,
	created_on timestamptz not null default now(),
	rotated_on timestamptz
);
create index phones_number on phones (phone_number);
create table lamp_telling (told boolean primary key check (told));
create table lamp_news (
	phone_number text primary key,
	seq bigint not null default 1,
	attempts integer not null default 0,
	next_on timestamptz not null default now(),
	claimed_until timestamptz
);
create index lamp_news_due on lamp_news (next_on);
create function afterbeep_lamp_news(changed text) returns void language plpgsql as $body$
begin
	if not exists (select 1 from lamp_telling) then
		return;
	end if;
	insert into lamp_news as n (phone_number) values (changed)
		on conflict (phone_number) do update set seq = n.seq + 1, attempts = 0, next_on = least(n.next_on, now());
	perform pg_notify('afterbeep_lamp_news', '');
end
$body$;
create function afterbeep_mailbox_news() returns trigger language plpgsql as $body$
begin
	perform afterbeep_lamp_news(old.phone_number);
	if tg_op = 'UPDATE' and new.phone_number <> old.phone_number then
		perform afterbeep_lamp_news(new.phone_number);
	end if;
	return null;
end
$body$;
create trigger mailboxes_lamp_news after update of lamp_version, phone_number on mailboxes for each row
	when (old.lamp_version is distinct from new.lamp_version or old.phone_number <> new.phone_number)
	execute function afterbeep_mailbox_news();
create trigger mailboxes_lamp_news_gone after delete on mailboxes
	for each row execute function afterbeep_mailbox_news();
`;

export async function up(db: Kysely<unknown>): Promise<void> {
	await sql.raw(TABLES).execute(db);
}
