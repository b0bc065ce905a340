/** Rights that an account key may have beside its plain use. Pure. */
export const RIGHTS = ["KeyAdmin", "VoicemailAdmin"] as const;
/**
 * `KeyAdmin`: makes, rotates and revokes account keys. `VoicemailAdmin`: retrieves messages without the subscriber's
 * PIN, logged each time.
 */
export type Right = (typeof RIGHTS)[number];

/** @returns in the spelling of the list, given in any case. */
export function rightNamed(text: string): Right | undefined {
	return RIGHTS.find((right) => right.toLowerCase() === text.toLowerCase());
}
