/** Keys at rest: AES-256-GCM under a derived key, bound to the name of their row. */
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";

const IV_BYTES = 12;
const TAG_BYTES = 16;

/** @param name row id, authenticated with the key, so that wrapped keys can not be exchanged between rows. */
export function wrapKey(wrapping: Uint8Array, key: Uint8Array, name: string): Uint8Array {
	const iv = randomBytes(IV_BYTES);
	const cipher = createCipheriv("aes-256-gcm", wrapping, iv).setAAD(Buffer.from(name, "utf8"));
	const sealed = Buffer.concat([cipher.update(key), cipher.final()]);
	return new Uint8Array(Buffer.concat([iv, cipher.getAuthTag(), sealed]));
}

/** @returns undefined when it was wrapped under another key, for another name, or was changed. */
export function unwrapKey(wrapping: Uint8Array, wrapped: Uint8Array, name: string): Uint8Array | undefined {
	if (wrapped.length <= IV_BYTES + TAG_BYTES) return undefined;
	const decipher = createDecipheriv("aes-256-gcm", wrapping, wrapped.subarray(0, IV_BYTES))
		.setAAD(Buffer.from(name, "utf8"))
		.setAuthTag(wrapped.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
	try {
		const sealed = wrapped.subarray(IV_BYTES + TAG_BYTES);
		return new Uint8Array(Buffer.concat([decipher.update(sealed), decipher.final()]));
	} catch {
		return undefined;
	}
}
