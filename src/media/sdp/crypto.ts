/** `a=crypto`: keys of SRTP in SDP (SDES, RFC 4568 §4, §6, §9). What a reason says must never repeat a key. Pure. */
import type { ParsedMedia } from "sdp-transform";
import { MEDIA_LIMITS } from "../limits.ts";
import { masterBytes, SRTP_SUITE_NAMES, type SrtpKey, type SrtpSuite } from "../srtp/index.ts";

/** A line that we can use. */
export interface CryptoLine {
	readonly tag: number;
	/** Of packets that whoever wrote the line sends. */
	readonly key: SrtpKey;
}

/**
 * `inline:` with the key, then a lifetime, then a master key identifier with its length, both of which may be missing.
 * We live with any lifetime: no call comes near to the shortest that makes sense.
 */
const INLINE = /^inline:([A-Za-z0-9+/]+={0,2})(?:\|(?:2\^)?\d{1,15})?(?:\|(\d{1,20}):(\d{1,3}))?$/;

/** The lines that we can use, in their order. Lines with several keys, or with parameters that weaken, are left out. */
export function cryptoLines(lines: NonNullable<ParsedMedia["crypto"]>): readonly CryptoLine[] {
	return lines.slice(0, MEDIA_LIMITS.sdpCryptoLinesMax).flatMap(({ id, suite, config, sessionConfig }) => {
		const tag = Number(id);
		const known = SRTP_SUITE_NAMES.find((name) => name === String(suite).toUpperCase());
		if (known === undefined || !Number.isInteger(tag) || tag < 0 || !harmless(sessionConfig)) return [];
		const key = readKey(known, String(config ?? ""));
		return key === undefined ? [] : [{ tag, key }];
	});
}

export function writeCrypto({ tag, key: { suite, master } }: CryptoLine): string {
	return `a=crypto:${tag} ${suite} inline:${Buffer.from(master).toString("base64")}`;
}

function readKey(suite: SrtpSuite, config: string): SrtpKey | undefined {
	const [, inline, mkiText, mkiBytesText] = INLINE.exec(config) ?? [];
	if (inline === undefined) return undefined;
	const master = new Uint8Array(Buffer.from(inline, "base64"));
	if (master.length !== masterBytes(suite)) return undefined;
	if (mkiText === undefined) return { suite, master };
	const mkiBytes = Number(mkiBytesText);
	const digits = BigInt(mkiText)
		.toString(16)
		.padStart(2 * mkiBytes, "0");
	if (mkiBytes < 1 || mkiBytes > MEDIA_LIMITS.srtpMkiBytesMax || digits.length !== 2 * mkiBytes) return undefined;
	return { suite, master, mki: new Uint8Array(Buffer.from(digits, "hex")) };
}

/** A window that is wished for is a hint, and one with `-` before it may be ignored (§6.3.7); all others change packets. */
function harmless(sessionConfig: string | number | undefined): boolean {
	const wishes = String(sessionConfig ?? "")
		.split(/\s+/)
		.filter(Boolean);
	return wishes.every((wish) => wish.startsWith("-") || wish.startsWith("WSH=") || wish === "KDR=0");
}
