/** E-mail addresses, by their syntax alone. Pure. */
import { LIMITS } from "./limits.ts";

/** dot-atom @ host name (RFC 5321 §4.1.2), with letters of any script (RFC 6531); no quoted parts, no address literals. */
const LOCAL_PART = /^[\p{L}\p{M}\p{N}!#$%&'*+/=?^_`{|}~-]+(?:\.[\p{L}\p{M}\p{N}!#$%&'*+/=?^_`{|}~-]+)*$/u;
const HOST_NAME = /^(?!-)[\p{L}\p{M}\p{N}-]{1,63}(?<!-)(?:\.(?!-)[\p{L}\p{M}\p{N}-]{1,63}(?<!-))*$/u;
/** RFC 5321 §4.5.3.1.1. */
const LOCAL_PART_OCTETS_MAX = 64;

/** One address without display name, at most 254 octets. */
export function isMailAddress(text: string): boolean {
	const at = text.lastIndexOf("@");
	const local = text.slice(0, Math.max(0, at));
	return (
		Buffer.byteLength(text) <= LIMITS.emailCharsMax &&
		Buffer.byteLength(local) <= LOCAL_PART_OCTETS_MAX &&
		LOCAL_PART.test(local) &&
		HOST_NAME.test(text.slice(at + 1))
	);
}
