/** Whether a client knows the password: RFC 7616 §3.4.1. Pure. */
import { createHash, timingSafeEqual } from "node:crypto";
import type { DigestAlgorithm } from "../types.ts";
import type { Credentials } from "./header.ts";

const HASHES: Readonly<Record<DigestAlgorithm, string>> = {
	MD5: "md5",
	"SHA-256": "sha256",
	"SHA-512-256": "sha512-256",
};

export function hash(algorithm: DigestAlgorithm, text: string): string {
	return createHash(HASHES[algorithm]).update(text, "latin1").digest("hex");
}

/** What stands in `response` of somebody who knows the password, with qop=auth. */
export function expectedResponse(
	method: string,
	{ nonce, nonceCount, cnonce, uri }: Pick<Credentials, "nonce" | "nonceCount" | "cnonce" | "uri">,
	algorithm: DigestAlgorithm,
	ha1: string,
): string {
	const ha2 = hash(algorithm, `${method}:${uri}`);
	return hash(algorithm, `${ha1}:${nonce}:${nonceCount}:${cnonce}:auth:${ha2}`);
}

/**
 * @param ha1 of the user by this algorithm; undefined for an unknown user, who takes as long as a wrong password.
 */
export function isRight(
	method: string,
	given: Credentials,
	algorithm: DigestAlgorithm,
	ha1: string | undefined,
): boolean {
	const known = ha1 !== undefined;
	const expected = Buffer.from(expectedResponse(method, given, algorithm, ha1 ?? hash(algorithm, "nobody")), "latin1");
	const said = Buffer.from(given.response, "latin1");
	const fits = said.length === expected.length;
	return timingSafeEqual(fits ? said : expected, expected) && fits && known;
}
