/** What of an error stands in the log: an outage by what it says and how to mend it, anything else whole. */
import { Failure } from "../domain/index.ts";

export function errorFields(error: unknown): object {
	if (!(error instanceof Failure && error.code === "storeUnavailable")) return { err: error };
	return { code: error.code, error: error.message, mend: error.mend };
}
