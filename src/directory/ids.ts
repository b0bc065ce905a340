/** Ids as they come in (contract 1.7). Pure. */
import { LIMITS } from "../domain/index.ts";

const PRINTABLE = new RegExp(`^[^\\p{C}]{1,${LIMITS.idCharsMax}}$`, "u");

/** Any 1 to 100 printable characters: no prefix and no UUID is asked for. */
export function isId(text: string): boolean {
	return PRINTABLE.test(text);
}

/** Ids are compared without regard to case. */
export function sameId(a: string, b: string): boolean {
	return a.toLowerCase() === b.toLowerCase();
}
