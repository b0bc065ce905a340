/** The life of a number: orders that wait for their day, cancellation and its window, swaps, bulk imports. */
import { type Kysely, sql } from "kysely";

const STATEMENTS = `
alter table numbers
	add column cnam_first_name text,
	add column cnam_last_name text,
	add column cancelled_on timestamptz,
	add column erasing_since timestamptz,
	add column released_from text,
	add column swaps_used integer not null default 0,
	add column swaps_reset_on timestamptz;
update numbers set cancelled_on = now() where status = 'Cancelled';
create index numbers_cancelled on numbers (cancelled_on) where status = 'Cancelled';
update numbers set area_code = substr(number, 3, 3)
	where status = 'Pool' and area_code is null and number ~ '^\\+1[0-9]{10}$';

alter table orders alter column account_id drop not null;
alter table orders
	add column distributor_id text references distributors (id),
	add column placed_by text,
	add column effective_on timestamptz,
	add column completed_on timestamptz,
	add column details jsonb;
update orders set distributor_id = accounts.distributor_id from accounts where accounts.id = orders.account_id;
alter table orders alter column distributor_id set not null;
create unique index orders_id_lower on orders (lower(id));
create index orders_due on orders (effective_on) where order_status = 'Pending';
create index orders_waiting on orders using gin (numbers) where order_status = 'Pending';

alter table mailboxes add column pin_reset_id text;
create index mailboxes_retention on mailboxes (retention_days);
create index messages_expiring on messages (received_on) where deleted_on is null and status <> 'Saved';

create table mailbox_imports (
	id text primary key,
	lines_done integer not null default 0,
	lines_total integer not null,
	started_on timestamptz not null,
	updated_on timestamptz not null
);
`;

export async function up(db: Kysely<unknown>): Promise<void> {
	await sql.raw(STATEMENTS).execute(db);
}
