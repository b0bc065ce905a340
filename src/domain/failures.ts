/**
 * The closed list of ways in which something can fail, and whose fault each is. Alarms and retries follow from the
 * fault; every edge (HTTP, SIP, CLI) maps each code to an answer of its own and does not compile until a new code has one.
 */
export const FAILURES = {
	badInput: "caller",
	unauthorized: "caller",
	forbidden: "caller",
	notFound: "caller",
	tooManyRequests: "caller",
	numberPoolEmpty: "caller",
	mailboxGone: "caller",
	mailServerRefused: "peer",
	mailServerUnavailable: "peer",
	webhookNotTaken: "peer",
	storeUnavailable: "ours",
	blobMissing: "ours",
	configInvalid: "caller",
	dataFolderInUse: "caller",
} as const satisfies Record<string, "caller" | "peer" | "ours">;

export type FailureCode = keyof typeof FAILURES;

/** An expected failure: says what is wrong (`message`) and what the reader can do now (`mend`, one sentence). */
export class Failure extends Error {
	override readonly name = "Failure";
	readonly code: FailureCode;
	readonly mend: string;
	constructor(code: FailureCode, message: string, mend: string, options?: ErrorOptions) {
		super(message, options);
		this.code = code;
		this.mend = mend;
	}
}
