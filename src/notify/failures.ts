import { Failure, type FailureCode } from "../domain/index.ts";

/** A failure that no retry can mend: the job queue reads `permanent` and makes the job dead at once. */
export class PermanentFailure extends Failure {
	readonly permanent = true;
	constructor(code: FailureCode, message: string, mend: string, options?: ErrorOptions) {
		super(code, message, mend, options);
	}
}
