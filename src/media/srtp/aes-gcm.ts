/** AES in Galois/counter mode: RFC 7714. Pure. */
import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from "node:crypto";
import { readUint32 } from "../rtp/packet.ts";
import { ENCRYPTED_FLAG, hasAt, INDEX_BYTES, type PacketCipher, packetIv, RTCP_CLEAR_BYTES } from "./packet-cipher.ts";
import type { SessionKeys } from "./session-keys.ts";

const IV_BYTES = 12;
const SSRC_AT = 2;
const TAG_BYTES = 16;

interface Keyed {
	readonly key: KeyObject;
	readonly salt: Uint8Array;
}

export interface AesGcmOptions {
	readonly cipher: "aes-128-gcm" | "aes-256-gcm";
	readonly keys: SessionKeys;
	/** Master key identifier that stands in each packet; empty: none does. */
	readonly mki: Uint8Array;
}

export class AesGcmCipher implements PacketCipher {
	readonly #cipher: AesGcmOptions["cipher"];
	readonly #rtp: Keyed;
	readonly #rtcp: Keyed;
	readonly #mki: Uint8Array;

	constructor({ cipher, keys, mki }: AesGcmOptions) {
		this.#cipher = cipher;
		this.#rtp = { key: createSecretKey(keys.rtp.key), salt: keys.rtp.salt };
		this.#rtcp = { key: createSecretKey(keys.rtcp.key), salt: keys.rtcp.salt };
		this.#mki = mki;
	}

	sealRtp(packet: Uint8Array, headerBytes: number, index: number): Uint8Array {
		const header = packet.subarray(0, headerBytes);
		const iv = ivOf(this.#rtp, readUint32(packet, 8), index);
		return Buffer.concat([header, this.#seal(this.#rtp, iv, header, packet.subarray(headerBytes)), this.#mki]);
	}

	openRtp(packet: Uint8Array, headerBytes: number, index: number): Uint8Array | undefined {
		const end = packet.length - this.#mki.length;
		if (end - TAG_BYTES < headerBytes || !hasAt(packet, end, this.#mki)) return undefined;
		const iv = ivOf(this.#rtp, readUint32(packet, 8), index);
		const body = this.#open(this.#rtp, iv, packet.subarray(0, headerBytes), packet.subarray(headerBytes, end));
		if (body === undefined) return undefined;
		packet.set(body, headerBytes);
		return packet.subarray(0, end - TAG_BYTES);
	}

	sealRtcp(packet: Uint8Array, index: number): Uint8Array {
		const header = packet.subarray(0, RTCP_CLEAR_BYTES);
		const said = Buffer.alloc(INDEX_BYTES);
		said.writeUInt32BE(ENCRYPTED_FLAG + index);
		const iv = ivOf(this.#rtcp, readUint32(packet, 4), index);
		const sealed = this.#seal(this.#rtcp, iv, Buffer.concat([header, said]), packet.subarray(RTCP_CLEAR_BYTES));
		return Buffer.concat([header, sealed, said, this.#mki]);
	}

	rtcpIndex(packet: Uint8Array): number {
		const at = this.#rtcpIndexAt(packet);
		return at < RTCP_CLEAR_BYTES + TAG_BYTES ? -1 : readUint32(packet, at) & 0x7fff_ffff;
	}

	openRtcp(packet: Uint8Array): Uint8Array | undefined {
		const indexAt = this.#rtcpIndexAt(packet);
		const end = indexAt - TAG_BYTES;
		if (end < RTCP_CLEAR_BYTES || !hasAt(packet, indexAt + INDEX_BYTES, this.#mki)) return undefined;
		const said = packet.subarray(indexAt, indexAt + INDEX_BYTES);
		const word = readUint32(said, 0);
		// §9.3: of a packet that is not encrypted all is associated data.
		const clearBytes = word >= ENCRYPTED_FLAG ? RTCP_CLEAR_BYTES : end;
		const iv = ivOf(this.#rtcp, readUint32(packet, 4), word % ENCRYPTED_FLAG);
		const clear = Buffer.concat([packet.subarray(0, clearBytes), said]);
		const body = this.#open(this.#rtcp, iv, clear, packet.subarray(clearBytes, indexAt));
		if (body === undefined) return undefined;
		packet.set(body, clearBytes);
		return packet.subarray(0, end);
	}

	#rtcpIndexAt(packet: Uint8Array): number {
		return packet.length - this.#mki.length - INDEX_BYTES;
	}

	#seal({ key }: Keyed, iv: Uint8Array, clear: Uint8Array, octets: Uint8Array): Buffer {
		const cipher = createCipheriv(this.#cipher, key, iv).setAAD(clear);
		return Buffer.concat([cipher.update(octets), cipher.final(), cipher.getAuthTag()]);
	}

	/** @returns undefined where the tag at the end is wrong. */
	#open({ key }: Keyed, iv: Uint8Array, clear: Uint8Array, octets: Uint8Array): Buffer | undefined {
		const tagAt = octets.length - TAG_BYTES;
		const decipher = createDecipheriv(this.#cipher, key, iv, { authTagLength: TAG_BYTES }).setAAD(clear);
		decipher.setAuthTag(octets.subarray(tagAt));
		const body = decipher.update(octets.subarray(0, tagAt));
		try {
			decipher.final();
		} catch {
			return undefined;
		}
		return body;
	}
}

const ivOf = ({ salt }: Keyed, packetSsrc: number, index: number): Buffer =>
	packetIv(salt, IV_BYTES, SSRC_AT, packetSsrc, index);
