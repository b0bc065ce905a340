/** What a check of `doctor` found. */
export interface Finding {
	readonly check: string;
	readonly result: "ok" | "warn" | "fail";
	readonly found: string;
	/** How to mend it, undefined where all is well. */
	readonly mend?: string;
}

export const ok = (check: string, found: string): Finding => ({ check, result: "ok", found });
export const warn = (check: string, found: string, mend: string): Finding => ({ check, result: "warn", found, mend });
export const fail = (check: string, found: string, mend: string): Finding => ({ check, result: "fail", found, mend });

/** Message of whatever was thrown, in one line. */
export function reason(error: unknown): string {
	const text =
		error instanceof Error ? error.message || ((error as NodeJS.ErrnoException).code ?? error.name) : String(error);
	return text.split("\n")[0]!;
}
