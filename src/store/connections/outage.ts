/** Which errors mean that the database can not be used now, as against a statement that is wrong. */
import { Failure } from "../../domain/index.ts";

/** PostgreSQL, appendix A: connection exceptions, refused log-ins, insufficient resources, operator intervention. */
const OUTAGE_CLASSES = ["08", "28", "3D", "53", "57", "58"] as const;

const SYSTEM_CODES: ReadonlySet<string> = new Set([
	"ECONNREFUSED",
	"ECONNRESET",
	"ECONNABORTED",
	"ENOENT",
	"EPIPE",
	"ETIMEDOUT",
	"EHOSTUNREACH",
	"ENETUNREACH",
	"ENOTFOUND",
	"EAI_AGAIN",
]);

/** pg has no codes for these. */
const MESSAGES =
	/^(Connection terminated|timeout exceeded when trying to connect|timeout expired|Query read timeout|Client has encountered a connection error|Client was closed|Cannot use a pool after calling end)/;

/** Whether the connection, not the statement, is at fault: it must not be used again. */
export function isOutage(error: unknown): boolean {
	if (!(error instanceof Error)) return false;
	const code = (error as { code?: unknown }).code;
	if (typeof code === "string") {
		if (SYSTEM_CODES.has(code)) return true;
		if (code.length === 5) return OUTAGE_CLASSES.some((outage) => code.startsWith(outage));
	}
	return MESSAGES.test(error.message);
}

/** An outage as a Failure; any other error as it is. */
export function asFailure(error: unknown): unknown {
	if (error instanceof Failure || !isOutage(error)) return error;
	return storeUnavailable(error);
}

export function storeUnavailable(cause: unknown): Failure {
	const said = cause instanceof Error ? cause.message : String(cause);
	return new Failure(
		"storeUnavailable",
		`The database can not be used now: ${said.slice(0, 300)}`,
		"Check that PostgreSQL runs and DATABASE_URL is right (afterbeep doctor); it is used again as soon as it is back.",
		{ cause },
	);
}

/** At the start a refused log-in is a wrong setting, not a bad moment. */
export function asStartFailure(error: unknown): unknown {
	const failure = asFailure(error);
	const cause = failure instanceof Failure ? (failure.cause as Error & { code?: unknown }) : undefined;
	if (typeof cause?.code !== "string" || !/^(28|3D)...$/.test(cause.code)) return failure;
	return new Failure(
		"configInvalid",
		`PostgreSQL refuses DATABASE_URL: ${cause.message}`,
		"Correct the user, password or database in DATABASE_URL, or make them in PostgreSQL.",
		{ cause },
	);
}
