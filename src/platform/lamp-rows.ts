/**
 * Subscriptions as rows: fulfils what `lamps/` needs of a database. All times are those of the database, so that the
 * clocks of the nodes need not agree.
 */
import { sql } from "kysely";
import type { LampRow, LampRows, RefreshResult } from "../lamps/index.ts";
import type { DialogState, TransportName } from "../sip/index.ts";
import type { Db, Store } from "../store/index.ts";

export interface LampRowsOptions {
	readonly store: Pick<Store, "db" | "transaction">;
	/** Name of this node, another one at each start. */
	readonly node: string;
	/** The SIP addresses by which phones know this node. Asked for when the first lease is taken. */
	address(): string;
	/** No other process works on this database: what others seem to hold is left from an earlier run. */
	readonly alone: boolean;
}

interface Row {
	readonly id: string;
	readonly mailboxId: string;
	readonly phoneNumber: string;
	readonly account: string;
	readonly eventId: string;
	readonly callId: string;
	readonly localTag: string;
	readonly remoteTag: string;
	readonly localParty: string;
	readonly remoteParty: string;
	readonly routeSet: readonly string[];
	readonly remoteTarget: string;
	readonly localCseq: string;
	readonly remoteCseq: string;
	readonly pathTransport: string;
	readonly pathAddress: string;
	readonly pathPort: number;
	readonly expiresInMs: number;
	readonly toldVersion: string | null;
}

const COLUMNS = sql`
	s.id, s.mailbox_id, s.phone_number, s.account, s.event_id, s.call_id, s.local_tag, s.remote_tag, s.local_party,
	s.remote_party, s.route_set, s.remote_target, s.local_cseq, s.remote_cseq, s.path_transport, s.path_address,
	s.path_port, s.told_version, (extract(epoch from s.expires_on - now()) * 1000)::float8 as expires_in_ms`;

/** A row so long past its end has been forgotten by whoever held it. */
const SWEEP_AFTER = "10 minutes";

export function createLampRows({ store, node, address, alone }: LampRowsOptions): LampRows {
	const { db } = store;
	let first = true;
	return {
		add: (lamp, perMailboxMax) =>
			store.transaction(async (tx) => {
				const { dialog: d, path } = lamp;
				await sql`
					insert into lamp_subscriptions (id, node, mailbox_id, phone_number, account, event_id, call_id, local_tag,
						remote_tag, local_party, remote_party, route_set, remote_target, remote_cseq, path_transport,
						path_address, path_port, expires_on)
					values (${lamp.id}, ${node}, ${lamp.mailboxId}, ${lamp.phoneNumber}, ${lamp.account}, ${lamp.eventId},
						${d.callId}, ${d.localTag}, ${d.remoteTag}, ${d.localParty}, ${d.remoteParty}, ${[...d.routeSet]}::text[],
						${d.remoteTarget}, ${d.remoteCseq ?? 0}, ${path.transport}, ${path.address}, ${path.port},
						now() + make_interval(secs => ${lamp.expiresSeconds}))`.execute(tx);
				const { rows } = await sql<{ id: string }>`
					delete from lamp_subscriptions where id in (
						select id from lamp_subscriptions where mailbox_id = ${lamp.mailboxId}
						order by created_on desc, id desc offset ${perMailboxMax})
					returning id`.execute(tx);
				return rows.map((row) => row.id);
			}),
		refresh: (dialog, path, expiresSeconds) => refresh(db, node, dialog, path, expiresSeconds),
		nextCseq: async (id) => {
			const { rows } = await sql<{ localCseq: string }>`
				update lamp_subscriptions set local_cseq = local_cseq + 1
				where id = ${id} and node = ${node} returning local_cseq`.execute(db);
			return rows[0] === undefined ? undefined : Number(rows[0].localCseq);
		},
		told: async (id, version) => {
			await sql`update lamp_subscriptions set told_version = ${version} where id = ${id} and node = ${node}`.execute(
				db,
			);
		},
		remove: async (id) => {
			await sql`delete from lamp_subscriptions where id = ${id} and node = ${node}`.execute(db);
		},
		beat: async (leaseSeconds) => {
			await sql`
				insert into lamp_nodes (node, address, lease_until)
				values (${node}, ${address()}, now() + make_interval(secs => ${leaseSeconds}))
				on conflict (node) do update set lease_until = excluded.lease_until`.execute(db);
			if (first && alone) await sql`update lamp_nodes set lease_until = '-infinity' where node <> ${node}`.execute(db);
			first = false;
		},
		takeOver: async (limit) => {
			const { rows } = await sql<Row & { elsewhere: boolean }>`
				with orphans as (
					select o.id, n.address from lamp_nodes n join lamp_subscriptions o on o.node = n.node
					where n.lease_until < now() and n.node <> ${node}
					limit ${limit} for update of o skip locked)
				update lamp_subscriptions s set node = ${node} from orphans where s.id = orphans.id
				returning ${COLUMNS}, orphans.address <> ${address()} as elsewhere`.execute(db);
			if (rows.length < limit) {
				// A node that comes back from the dead makes its row anew. One that is just being given a row is left alone.
				await sql`
					delete from lamp_nodes n where n.lease_until < now() - interval '1 hour' and n.node <> ${node}
						and not exists (select 1 from lamp_subscriptions s where s.node = n.node)`.execute(db);
			}
			return rows.map(({ elsewhere, ...row }) => ({ row: lampRow(row), elsewhere }));
		},
		stale: async () => {
			await sql`
				delete from lamp_subscriptions
				where node = ${node} and expires_on < now() - ${SWEEP_AFTER}::interval`.execute(db);
			const { rows } = await sql<{ id: string }>`
				select s.id from lamp_subscriptions s left join mailboxes m on m.id = s.mailbox_id
				where s.node = ${node}
					and (m.id is null or m.phone_number <> s.phone_number or s.told_version is distinct from m.lamp_version)
			`.execute(db);
			return rows.map((row) => row.id);
		},
		release: async () => {
			await sql`update lamp_nodes set lease_until = '-infinity' where node = ${node}`.execute(db);
		},
	};
}

async function refresh(
	db: Db,
	node: string,
	dialog: DialogState,
	path: LampRow["path"],
	expiresSeconds: number,
): Promise<RefreshResult> {
	const names = sql`s.call_id = ${dialog.callId} and s.local_tag = ${dialog.localTag}
		and s.remote_tag = ${dialog.remoteTag}`;
	const { rows } = await sql<Row>`
		update lamp_subscriptions s set node = ${node}, remote_cseq = ${dialog.remoteCseq ?? 0},
			remote_target = coalesce(nullif(${dialog.remoteTarget}::text, ''), s.remote_target),
			path_transport = ${path.transport}, path_address = ${path.address}, path_port = ${path.port},
			expires_on = now() + make_interval(secs => ${expiresSeconds})
		where ${names} and s.remote_cseq < ${dialog.remoteCseq ?? 0} and s.expires_on > now()
		returning ${COLUMNS}`.execute(db);
	if (rows[0] !== undefined) return { result: "refreshed", row: lampRow(rows[0]) };
	const known = await sql`select 1 from lamp_subscriptions s where ${names} and s.expires_on > now()`.execute(db);
	return { result: known.rows.length > 0 ? "outOfOrder" : "unknown" };
}

function lampRow(row: Row): LampRow {
	return {
		id: row.id,
		mailboxId: row.mailboxId,
		phoneNumber: row.phoneNumber,
		account: row.account,
		eventId: row.eventId,
		dialog: {
			callId: row.callId,
			localTag: row.localTag,
			remoteTag: row.remoteTag,
			localParty: row.localParty,
			remoteParty: row.remoteParty,
			routeSet: row.routeSet,
			remoteTarget: row.remoteTarget,
			localCseq: Number(row.localCseq),
			remoteCseq: Number(row.remoteCseq),
		},
		path: { transport: row.pathTransport as TransportName, address: row.pathAddress, port: row.pathPort },
		expiresInMs: row.expiresInMs,
		toldVersion: row.toldVersion ?? undefined,
	};
}
