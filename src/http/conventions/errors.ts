/** The errors of the contract (1.4): their documented texts, and what any thrown thing becomes. */
import { FAILURES, Failure } from "../../domain/index.ts";
import { HTTP_LIMITS } from "../limits.ts";
import { HTTP_STATUS } from "../statuses.ts";

/** Exact example texts; a message keeps the part up to the colon, since clients match on it. */
export const ERRORS = {
	400: {
		schema: "BadRequest_Result",
		title: "Bad Request",
		message: "Bad request: one or more required fields are missing or contain an invalid value.",
	},
	401: {
		schema: "Unauthorized_Result",
		title: "Unauthorized",
		message:
			"Unauthorized: Bearer token is missing, expired, or invalid. Re-authenticate via POST /v1.0/oauth2/tokens.",
	},
	403: {
		schema: "Forbidden_Result",
		title: "Forbidden",
		message: "Forbidden: your token does not have permission to access this resource. Check the ApiEndpoint scope.",
	},
	404: {
		schema: "NotFound_Result",
		title: "Not Found",
		message: "Not found: the requested resource does not exist or belongs to a different account.",
	},
	405: {
		schema: "MethodNotAllowed_Result",
		title: "Method Not Allowed",
		message: "Method not allowed: verify the HTTP method required for this endpoint.",
	},
	408: {
		schema: "RequestTimeout_Result",
		title: "Request Timeout",
		message:
			"Request timeout: the server did not receive a complete request within the allowed time. Retry with exponential backoff.",
	},
	413: {
		schema: "ContentTooLarge_Result",
		title: "Content Too Large",
		message: "Content too large: the request body exceeds what this endpoint accepts.",
	},
	415: {
		schema: "UnsupportedMediaType_Result",
		title: "Unsupported Media Type",
		message: "Unsupported media type: send the request body as application/json in UTF-8.",
	},
	417: {
		schema: "ExpectationFailed_Result",
		title: "Expectation Failed",
		message: "Expectation failed: the only expectation met here is 100-continue.",
	},
	429: {
		schema: "TooManyRequests_Result",
		title: "Too Many Requests",
		message: "Too many requests: rate limit exceeded. Slow your request cadence and retry after a short delay.",
	},
	431: {
		schema: "HeadersTooLarge_Result",
		title: "Request Header Fields Too Large",
		message: `Request header fields too large: keep the request line and headers under ${HTTP_LIMITS.headerBytesMax} bytes.`,
	},
	500: {
		schema: "InternalServerError_Result",
		title: "Server Error",
		message:
			"Internal server error: an unexpected error occurred. If the problem persists give your operator the x-request-id of this answer.",
	},
	503: {
		schema: "ServiceUnavailable_Result",
		title: "Service Unavailable",
		message: "Service unavailable: the API is temporarily unavailable. Retry after a short delay.",
	},
	504: {
		schema: "GatewayTimeout_Result",
		title: "Gateway Timeout",
		message: "Gateway timeout: an upstream service did not respond in time. Retry with exponential backoff.",
	},
} as const;
export type ErrorStatus = keyof typeof ERRORS;

/** Body of every error. The contract forbids a third member. */
export interface ErrorBody {
	readonly StatusCode: ErrorStatus;
	readonly Message: string;
}

/** @param detail what is wrong and how to mend it; undefined: the documented text. */
export function errorBody(status: ErrorStatus, detail?: string): ErrorBody {
	const { message } = ERRORS[status];
	const prefix = message.slice(0, message.indexOf(":") + 1);
	return { StatusCode: status, Message: detail === undefined ? message : `${prefix} ${detail}` };
}

/** A fault of the request that this room finds itself. */
export class HttpError extends Error {
	override readonly name = "HttpError";
	readonly status: ErrorStatus;
	readonly detail: string | undefined;
	readonly headers: Readonly<Record<string, string>>;
	constructor(status: ErrorStatus, detail?: string, headers: Readonly<Record<string, string>> = {}) {
		super(ERRORS[status].message);
		this.status = status;
		this.detail = detail;
		this.headers = headers;
	}
}

export interface ErrorAnswer {
	readonly body: ErrorBody;
	readonly headers: Readonly<Record<string, string>>;
	/** Not foreseen: to be logged with its stack. */
	readonly bug: boolean;
}

/** What a client is told of anything thrown while its request was served. Causes on our side stay on our side. */
export function answerTo(error: unknown): ErrorAnswer {
	if (error instanceof HttpError) return answer(error.status, error.detail, error.headers);
	if (error instanceof Failure) {
		const status = HTTP_STATUS[error.code];
		const detail = FAILURES[error.code] === "caller" ? `${asSentence(error.message)} ${error.mend}`.trim() : undefined;
		return answer(status, detail);
	}
	const code = errorCode(error);
	if (code === "FST_ERR_CTP_INVALID_MEDIA_TYPE") return answer(415);
	if (code === "FST_ERR_MAX_PARAM_LENGTH")
		return answer(404, "There is no such path. GET /openapi.json lists those there are.");
	if (code === "FST_ERR_BAD_URL") return answer(400, "The path holds a broken percent-encoding.");
	if (code.startsWith("FST_ERR_") && isClientStatus(error)) return answer(400);
	return { ...answer(500), bug: true };
}

function answer(status: ErrorStatus, detail?: string, headers: Readonly<Record<string, string>> = {}): ErrorAnswer {
	const body = errorBody(status, detail);
	// RFC 9110 §11.6.1: a 401 must name the scheme that would help.
	if (status === 401) return { body, headers: { "www-authenticate": "Bearer", ...headers }, bug: false };
	if (status === 503) {
		return { body, headers: { "retry-after": String(HTTP_LIMITS.unavailableRetrySeconds), ...headers }, bug: false };
	}
	return { body, headers, bug: status === 500 };
}

function errorCode(error: unknown): string {
	const code = typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
	return typeof code === "string" ? code : "";
}

function isClientStatus(error: unknown): boolean {
	const status = typeof error === "object" && error !== null && "statusCode" in error ? error.statusCode : undefined;
	return typeof status === "number" && status >= 400 && status < 500;
}

function asSentence(text: string): string {
	return /[.!?]$/.test(text) ? text : `${text}.`;
}

/**
 * What may be logged of an unforeseen error. Messages may quote the data that broke something (PostgreSQL and
 * JSON.parse do), so only those of the language itself are kept, which quote names at most.
 */
export function errorFields(error: unknown): object {
	if (!(error instanceof Error)) return { error: typeof error };
	const frames = error.stack?.split("\n").filter((line) => /^\s+at /.test(line));
	const speaks = error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError;
	return {
		error: error.name,
		code: errorCode(error) || undefined,
		reason: speaks ? error.message : undefined,
		frames: frames?.slice(0, 12).map((line) => line.trim()),
		cause: error.cause === undefined ? undefined : errorFields(error.cause),
	};
}
