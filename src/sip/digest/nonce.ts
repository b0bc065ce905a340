/**
 * Nonces that need no memory: the time, a number and a signature over them and the client's address (RFC 7616 §3.3).
 * Pure: time and key come from outside.
 */
import { createHmac, timingSafeEqual } from "node:crypto";

/** Milliseconds since 1970 in 6 octets, serial number in 4, signature in 16. */
const FACTS_BYTES = 10;
const SIGNATURE_BYTES = 16;
const TEXT = /^[A-Za-z0-9_-]{35}$/;

export interface ReadNonce {
	readonly issuedMs: number;
	readonly serial: number;
}

/** @param serial another one for each nonce of the same millisecond. */
export function makeNonce(key: Uint8Array, address: string, issuedMs: number, serial: number): string {
	const facts = Buffer.alloc(FACTS_BYTES);
	facts.writeUIntBE(issuedMs, 0, 6);
	facts.writeUInt32BE(serial >>> 0, 6);
	return Buffer.concat([facts, sign(key, address, facts)]).toString("base64url");
}

/** @returns undefined for a nonce that we did not make, or made for another address. */
export function readNonce(key: Uint8Array, address: string, nonce: string): ReadNonce | undefined {
	if (!TEXT.test(nonce)) return undefined;
	const octets = Buffer.from(nonce, "base64url");
	const facts = octets.subarray(0, FACTS_BYTES);
	if (octets.length !== FACTS_BYTES + SIGNATURE_BYTES) return undefined;
	if (!timingSafeEqual(octets.subarray(FACTS_BYTES), sign(key, address, facts))) return undefined;
	return { issuedMs: facts.readUIntBE(0, 6), serial: facts.readUInt32BE(6) };
}

function sign(key: Uint8Array, address: string, facts: Uint8Array): Buffer {
	return createHmac("sha256", key).update(facts).update(address, "latin1").digest().subarray(0, SIGNATURE_BYTES);
}
