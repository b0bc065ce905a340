/** From the master key in SDP to the keys of packets: RFC 3711 §4.3, with 256 bits by RFC 6188 §3. Pure. */
import { createCipheriv } from "node:crypto";
import { SRTP_SUITES, type SrtpSuite } from "./suites.ts";

/** Of RTP, or of RTCP. */
export interface PacketKeys {
	readonly key: Uint8Array;
	readonly salt: Uint8Array;
	/** Empty where the cipher authenticates by itself. */
	readonly auth: Uint8Array;
}

export interface SessionKeys {
	readonly rtp: PacketKeys;
	readonly rtcp: PacketKeys;
}

const AUTH_KEY_BYTES = 20;
const MASTER_SALT_BYTES = 14;

/** @param master key and salt, one behind the other, of the length that the suite asks for. */
export function sessionKeys(suite: SrtpSuite, master: Uint8Array): SessionKeys {
	const { cipher, keyBytes, saltBytes } = SRTP_SUITES[suite];
	const key = master.subarray(0, keyBytes);
	const salt = master.subarray(keyBytes, keyBytes + saltBytes);
	const keysFrom = (label: number): PacketKeys => ({
		key: deriveKey(key, salt, label, keyBytes),
		auth: cipher === "aes-128-ctr" ? deriveKey(key, salt, label + 1, AUTH_KEY_BYTES) : new Uint8Array(0),
		salt: deriveKey(key, salt, label + 2, saltBytes),
	});
	return { rtp: keysFrom(0), rtcp: keysFrom(3) };
}

/** The pseudo-random function of AES in counter mode; a key derivation rate of 0, the only one there is in the field. */
export function deriveKey(key: Uint8Array, salt: Uint8Array, label: number, bytes: number): Uint8Array {
	// A salt of 96 bits is followed by zeros (RFC 7714 §11).
	const iv = new Uint8Array(16);
	iv.set(salt.subarray(0, MASTER_SALT_BYTES));
	iv[7] = iv[7]! ^ label;
	return createCipheriv(key.length === 32 ? "aes-256-ctr" : "aes-128-ctr", key, iv).update(new Uint8Array(bytes));
}
