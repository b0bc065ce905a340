import type { FailureCode } from "../domain/index.ts";
import type { ErrorStatus } from "./conventions/errors.ts";

/** HTTP's answer to each failure of the domain; does not compile until a new code has one. */
export const HTTP_STATUS: Record<FailureCode, ErrorStatus> = {
	badInput: 400,
	unauthorized: 401,
	forbidden: 403,
	notFound: 404,
	tooManyRequests: 429,
	// Contract 1.4: conflicts and broken rules are 400, there is no 409 or 422.
	numberPoolEmpty: 400,
	mailboxGone: 404,
	mailServerRefused: 503,
	mailServerUnavailable: 504,
	webhookNotTaken: 504,
	storeUnavailable: 503,
	blobMissing: 500,
	configInvalid: 500,
	dataFolderInUse: 503,
};
