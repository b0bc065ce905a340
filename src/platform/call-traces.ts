/** Writes the traces of calls where `afterbeep calls` reads them. */
import type { CallTrace, CallTraces } from "../calls/index.ts";
import type { Db } from "../store/index.ts";

export function createCallTraces(db: Db): CallTraces {
	return {
		write: async (trace: CallTrace) => {
			const { source, requestUri, candidates, mailboxSource, steps } = trace;
			await db
				.insertInto("calls")
				.values({
					id: trace.callId,
					sipCallId: trace.sipCallId,
					startedOn: trace.startedOn,
					endedOn: trace.endedOn ?? null,
					kind: trace.kind,
					phoneNumber: trace.phoneNumber ?? null,
					fromNumber: trace.from,
					status: trace.status,
					why: trace.why,
					messageId: trace.messageId ?? null,
					trace: JSON.stringify({ source, requestUri, candidates, mailboxSource, steps }),
				})
				.onConflict((conflict) => conflict.column("id").doNothing())
				.execute();
		},
	};
}
