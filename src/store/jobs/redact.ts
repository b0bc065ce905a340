/** What of a job's error is kept for the operator: enough to mend it, no secret and no whole number. */
import { STORE_LIMITS } from "../limits.ts";

const REPLACEMENTS: readonly (readonly [RegExp, string])[] = [
	// user:password@ of a URL
	[/(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/@]*@/gi, "$1***@"],
	[/\b(bearer|basic|digest|plain|login)\s+[A-Za-z0-9+/=_.~-]{8,}/gi, "$1 ***"],
	// JSON web tokens, with or without a word before
	[/\beyJ[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+){0,2}/g, "***"],
	[
		/\b(pass(?:word|wd)?|secret|token|authorization|api[-_]?key|pin)(["']?\s*[=:]\s*)(["']?)[^\s"',;}]+\3/gi,
		"$1$2$3***$3",
	],
	[/\+?\d{3,}(\d{4})\b/g, "***$1"],
];

/** @returns at most `jobErrorCharsMax` characters on one line. */
export function redactError(error: unknown): string {
	const oneLine = textOf(error).replace(/\s+/g, " ").trim();
	const hidden = REPLACEMENTS.reduce((said, [pattern, by]) => said.replace(pattern, by), oneLine);
	return hidden.slice(0, STORE_LIMITS.jobErrorCharsMax) || "no message";
}

/** Anything can be thrown, also what has no text. */
function textOf(error: unknown): string {
	try {
		return String(error instanceof Error ? error.message : error);
	} catch {
		return typeof error;
	}
}
