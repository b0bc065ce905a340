/** The trace of one call, gathered while it lasts and written once at its end. */
import type { Log } from "../domain/index.ts";
import type { CallEnd } from "../sip/index.ts";
import { errorFields } from "./error-fields.ts";
import type { KeepOutcome } from "./keeper.ts";
import { CALL_LIMITS } from "./limits.ts";
import type { CallTrace, CallTraces } from "./ports.ts";

type Fact =
	| "kind"
	| "from"
	| "identity"
	| "candidates"
	| "phoneNumber"
	| "mailboxSource"
	| "status"
	| "why"
	| "messageId";

export class TraceBuilder {
	readonly #traces: CallTraces;
	readonly #log: Log;
	readonly #started: Date;
	readonly #now: () => Date;
	readonly #steps: { readonly atMs: number; readonly what: string }[] = [];
	#trace: CallTrace;
	#written = false;

	constructor(
		start: {
			readonly callId: string;
			readonly sipCallId: string;
			readonly source: string;
			readonly requestUri: string;
		},
		options: { readonly traces: CallTraces; readonly log: Log; readonly now: () => Date },
	) {
		this.#traces = options.traces;
		this.#log = options.log;
		this.#now = options.now;
		this.#started = options.now();
		this.#trace = {
			callId: start.callId,
			sipCallId: bounded(start.sipCallId),
			source: start.source,
			requestUri: bounded(start.requestUri),
			startedOn: this.#started,
			endedOn: undefined,
			from: null,
			identity: undefined,
			kind: "refused",
			candidates: [],
			phoneNumber: undefined,
			mailboxSource: undefined,
			status: 500,
			why: "The call ended before it was decided.",
			messageId: undefined,
			steps: this.#steps,
		};
	}

	get callId(): string {
		return this.#trace.callId;
	}

	get from(): string | null {
		return this.#trace.from;
	}

	get kind(): CallTrace["kind"] {
		return this.#trace.kind;
	}

	get status(): number {
		return this.#trace.status;
	}

	get startedOn(): Date {
		return this.#started;
	}

	/** What was found out; later facts replace earlier ones. */
	tell(facts: Partial<Pick<CallTrace, Fact>>): void {
		this.#trace = { ...this.#trace, ...facts };
	}

	/** Steps beyond the bound are left out: the first ones tell most. Never digits. */
	step(what: string): void {
		if (this.#steps.length >= CALL_LIMITS.traceStepsMax) return;
		this.#steps.push({ atMs: this.#now().getTime() - this.#started.getTime(), what: bounded(what) });
	}

	/** Writes the trace, once. Best effort: a failure is logged and disturbs nobody. */
	async write(): Promise<void> {
		if (this.#written) return;
		this.#written = true;
		try {
			await this.#traces.write({ ...this.#trace, endedOn: this.#now(), steps: [...this.#steps] });
		} catch (error) {
			this.#log.warn({ callId: this.#trace.callId, ...errorFields(error) }, "the call trace could not be written");
		}
	}
}

function bounded(text: string): string {
	return text.replace(/[\p{Cc}\p{Cs}]/gu, "?").slice(0, CALL_LIMITS.traceTextCharsMax);
}

/** Steps of a trace: what became of the message, and how the call ended. */
export const KEPT: Readonly<Record<KeepOutcome, string>> = {
	stored: "message stored",
	tooShort: "too short to be a message, nothing was stored",
	mailboxGone: "the mailbox was deleted meanwhile, nothing was stored",
	missing: "the recording was not in the log, nothing was stored",
	later: "the message could not be stored yet; its recording is kept and tried again",
};

const ENDED: Readonly<Record<CallEnd, string>> = {
	bye: "the caller hung up",
	hungUp: "we hung up",
	noAck: "no ACK came for our answer",
	expired: "nobody refreshed the session in time (session timer)",
	failed: "the signalling failed",
};

/** How a call ended, with what the peer gave as its reasons (RFC 3326). */
export function endedHow(why: CallEnd, reasons: readonly string[]): string {
	return `${ENDED[why]}${because(reasons)}`;
}

export function because(reasons: readonly string[]): string {
	return reasons.length === 0 ? "" : ` (Reason: ${reasons.join(", ")})`;
}
