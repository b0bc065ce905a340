/** Whether a line becomes SRTP or plain RTP, and under which keys: RFC 4568 §5.1, RFC 8643 §3. Pure. */
import { OFFERED_SUITES, SRTP_SUITE_NAMES } from "../srtp/index.ts";
import type { LocalSrtp, NegotiatedSrtp } from "../types.ts";
import { type CryptoLine, writeCrypto } from "./crypto.ts";
import type { AudioLine } from "./parse.ts";

/** What an offered line can be taken as: SRTP under this key of the peer, or plain RTP. */
export type Security = { readonly crypto: CryptoLine | undefined } | { readonly why: string };

/** The first key of the offer that we can use (RFC 4568 §5.1.2), also with RTP/AVP, where it is a wish (RFC 8643). */
export function securityOf({ profile, secure, crypto }: AudioLine, local: LocalSrtp | undefined): Security {
	if (local === undefined) {
		return secure ? { why: `${profile} is SRTP, which is off for this peer` } : { crypto: undefined };
	}
	const [first] = crypto;
	if (first !== undefined) return { crypto: first };
	if (secure) return { why: `${profile} without a usable a=crypto; ${SRTP_SUITE_NAMES.join(", ")} are spoken here` };
	return local.required ? { why: `${profile} is not encrypted, and SRTP is required of this peer` } : { crypto: first };
}

/** What is settled by our answer to the peer's line: its tag and suite, and a key of ours. */
export function answerCrypto(
	crypto: CryptoLine | undefined,
	local: LocalSrtp | undefined,
): { readonly lines: readonly string[]; readonly srtp: NegotiatedSrtp | undefined } {
	if (crypto === undefined || local === undefined) return { lines: [], srtp: undefined };
	const { tag, key: receive } = crypto;
	const send = { suite: receive.suite, master: local.keyFor(receive.suite, receive.master) };
	return { lines: [writeCrypto({ tag, key: send })], srtp: { send, receive } };
}

/** Of an offer of ours: SRTP alone where it is required, else as a wish, which who knows nothing of it passes over. */
export function offerCrypto(local: LocalSrtp | undefined): {
	readonly profile: string;
	readonly lines: readonly string[];
} {
	if (local === undefined) return { profile: "RTP/AVP", lines: [] };
	const lines = OFFERED_SUITES.map((suite, at) =>
		writeCrypto({ tag: at + 1, key: { suite, master: local.keyFor(suite) } }),
	);
	return { profile: local.required ? "RTP/SAVP" : "RTP/AVP", lines };
}

/**
 * What an answer made of our offer: it names the tag that it took (RFC 4568 §5.1.3).
 * @returns undefined for plain RTP, or why the answer cannot be taken.
 */
export function settledCrypto(offered: AudioLine, answered: AudioLine): NegotiatedSrtp | undefined | string {
	const [taken] = answered.crypto;
	if (taken === undefined) {
		return offered.secure || answered.secure ? "the answer took none of the keys that were offered" : undefined;
	}
	const ours = offered.crypto.find(({ tag, key }) => tag === taken.tag && key.suite === taken.key.suite);
	return ours === undefined
		? "the answer has a key for nothing that was offered"
		: { send: ours.key, receive: taken.key };
}
