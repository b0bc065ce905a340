/** Why this room could not do what it was asked. */

export type MediaFailureCode =
	/** No port of the range is free. */
	| "noPortFree"
	/** The system refused to bind, for another reason than a port in use. */
	| "bindFailed"
	/** The worker thread of the session crashed. */
	| "workerCrashed"
	/** Every worker runs late: calls that are there would suffer from one more. */
	| "overloaded"
	/** The disk did not take a recording in time. */
	| "recordingNotDurable"
	| "closed";

export class MediaError extends Error {
	override readonly name = "MediaError";
	readonly code: MediaFailureCode;

	/** @param message one sentence that says what can be done. */
	constructor(code: MediaFailureCode, message: string, options?: ErrorOptions) {
		super(message, options);
		this.code = code;
	}
}
