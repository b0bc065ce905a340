/** Writes the traces of calls where `afterbeep calls` reads them: one alone at once, those of a busy time together. */
import { setTimeout } from "node:timers/promises";
import { sql } from "kysely";
import type { CallTrace, CallTraces } from "../calls/index.ts";
import type { Db } from "../store/index.ts";

/** Between two statements, milliseconds; and traces of one. */
const PAUSE_MS = 100;
const BATCH_MAX = 500;

interface Waiting {
	readonly trace: CallTrace;
	readonly written: PromiseWithResolvers<void>;
}

export function createCallTraces(db: Db): CallTraces {
	let waiting: Waiting[] = [];
	let writing = false;

	async function writeAll(): Promise<void> {
		writing = true;
		while (waiting.length > 0) {
			const batch = waiting.slice(0, BATCH_MAX);
			waiting = waiting.slice(BATCH_MAX);
			await writeBatch(db, batch);
			await setTimeout(PAUSE_MS);
		}
		writing = false;
	}

	return {
		write: (trace) => {
			const written = Promise.withResolvers<void>();
			waiting.push({ trace, written });
			if (!writing) void writeAll();
			return written.promise;
		},
	};
}

async function writeBatch(db: Db, batch: readonly Waiting[]): Promise<void> {
	try {
		await insert(
			db,
			batch.map(({ trace }) => trace),
		);
		for (const { written } of batch) written.resolve();
	} catch (error) {
		if (batch.length === 1) batch[0]!.written.reject(error);
		// One that the database refuses must not take the others along.
		else for (const one of batch) await writeBatch(db, [one]);
	}
}

/** One parameter for any number of rows: always the same statement. */
async function insert(db: Db, traces: readonly CallTrace[]): Promise<void> {
	const rows = JSON.stringify(traces.map(rowOf));
	await sql`
		insert into calls (id, sip_call_id, started_on, ended_on, kind, phone_number, from_number, status, why, message_id, trace)
		select id, sip_call_id, started_on, ended_on, kind, phone_number, from_number, status, why, message_id, trace
		from jsonb_to_recordset(${rows}::jsonb) as given (
			id text, sip_call_id text, started_on timestamptz, ended_on timestamptz, kind text, phone_number text,
			from_number text, status integer, why text, message_id text, trace jsonb
		)
		on conflict (id) do nothing`.execute(db);
}

function rowOf(trace: CallTrace) {
	const { source, requestUri, identity, candidates, mailboxSource, steps } = trace;
	return {
		id: trace.callId,
		sip_call_id: trace.sipCallId,
		started_on: trace.startedOn,
		ended_on: trace.endedOn,
		kind: trace.kind,
		phone_number: trace.phoneNumber,
		from_number: trace.from,
		status: trace.status,
		why: trace.why,
		message_id: trace.messageId,
		trace: { source, requestUri, identity, candidates, mailboxSource, steps },
	};
}
