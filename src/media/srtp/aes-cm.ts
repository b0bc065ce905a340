/** AES in counter mode with HMAC-SHA1: RFC 3711 §3.1, §3.4, §4.1.1, §4.2. Pure. */
import { createCipheriv, createHmac, createSecretKey, type KeyObject, timingSafeEqual } from "node:crypto";
import { readUint32 } from "../rtp/packet.ts";
import { ENCRYPTED_FLAG, hasAt, INDEX_BYTES, type PacketCipher, packetIv, RTCP_CLEAR_BYTES } from "./packet-cipher.ts";
import type { PacketKeys, SessionKeys } from "./session-keys.ts";

const BLOCK_BYTES = 16;
const SSRC_AT = 4;
/** 2^16: sequence numbers of one roll-over counter. */
const SEQUENCES = 0x1_0000;

interface Keyed {
	readonly key: KeyObject;
	readonly auth: KeyObject;
	readonly salt: Uint8Array;
	readonly tagBytes: number;
}

export interface AesCmOptions {
	readonly keys: SessionKeys;
	readonly rtpTagBytes: number;
	readonly rtcpTagBytes: number;
	/** Master key identifier that stands in each packet; empty: none does. */
	readonly mki: Uint8Array;
}

export class AesCmCipher implements PacketCipher {
	readonly #rtp: Keyed;
	readonly #rtcp: Keyed;
	readonly #mki: Uint8Array;

	constructor({ keys, rtpTagBytes, rtcpTagBytes, mki }: AesCmOptions) {
		this.#rtp = keyed(keys.rtp, rtpTagBytes);
		this.#rtcp = keyed(keys.rtcp, rtcpTagBytes);
		this.#mki = mki;
	}

	sealRtp(packet: Uint8Array, headerBytes: number, index: number): Uint8Array {
		const header = packet.subarray(0, headerBytes);
		const body = crypt(this.#rtp, readUint32(packet, 8), index, packet.subarray(headerBytes));
		return Buffer.concat([header, body, this.#mki, tag(this.#rtp, rollOver(index), header, body)]);
	}

	openRtp(packet: Uint8Array, headerBytes: number, index: number): Uint8Array | undefined {
		const tagAt = packet.length - this.#rtp.tagBytes;
		const end = tagAt - this.#mki.length;
		if (end < headerBytes || !hasAt(packet, end, this.#mki)) return undefined;
		const whole = packet.subarray(0, end);
		if (!timingSafeEqual(tag(this.#rtp, rollOver(index), whole), packet.subarray(tagAt))) return undefined;
		packet.set(crypt(this.#rtp, readUint32(packet, 8), index, packet.subarray(headerBytes, end)), headerBytes);
		return whole;
	}

	sealRtcp(packet: Uint8Array, index: number): Uint8Array {
		const header = packet.subarray(0, RTCP_CLEAR_BYTES);
		const body = crypt(this.#rtcp, readUint32(packet, 4), index, packet.subarray(RTCP_CLEAR_BYTES));
		const said = Buffer.alloc(INDEX_BYTES);
		said.writeUInt32BE(ENCRYPTED_FLAG + index);
		return Buffer.concat([header, body, said, this.#mki, tag(this.#rtcp, said, header, body)]);
	}

	rtcpIndex(packet: Uint8Array): number {
		const at = this.#rtcpIndexAt(packet);
		return at < RTCP_CLEAR_BYTES ? -1 : readUint32(packet, at) & 0x7fff_ffff;
	}

	openRtcp(packet: Uint8Array): Uint8Array | undefined {
		const indexAt = this.#rtcpIndexAt(packet);
		const tagAt = packet.length - this.#rtcp.tagBytes;
		if (indexAt < RTCP_CLEAR_BYTES || !hasAt(packet, indexAt + INDEX_BYTES, this.#mki)) return undefined;
		const said = packet.subarray(indexAt, indexAt + INDEX_BYTES);
		const plain = packet.subarray(0, indexAt);
		if (!timingSafeEqual(tag(this.#rtcp, said, plain), packet.subarray(tagAt))) return undefined;
		const word = readUint32(said, 0);
		if (word >= ENCRYPTED_FLAG) {
			const body = plain.subarray(RTCP_CLEAR_BYTES);
			body.set(crypt(this.#rtcp, readUint32(packet, 4), word - ENCRYPTED_FLAG, body));
		}
		return plain;
	}

	#rtcpIndexAt(packet: Uint8Array): number {
		return packet.length - this.#rtcp.tagBytes - this.#mki.length - INDEX_BYTES;
	}
}

function keyed({ key, auth, salt }: PacketKeys, tagBytes: number): Keyed {
	return { key: createSecretKey(key), auth: createSecretKey(auth), salt, tagBytes };
}

/** Both ways are the same. */
function crypt({ key, salt }: Keyed, packetSsrc: number, index: number, octets: Uint8Array): Buffer {
	return createCipheriv("aes-128-ctr", key, packetIv(salt, BLOCK_BYTES, SSRC_AT, packetSsrc, index)).update(octets);
}

/** Over what is sent, and the roll-over counter that is not, or the index of SRTCP (§4.2). */
function tag({ auth, tagBytes }: Keyed, last: Uint8Array, ...parts: readonly Uint8Array[]): Buffer {
	const hmac = createHmac("sha1", auth);
	for (const part of parts) hmac.update(part);
	return hmac.update(last).digest().subarray(0, tagBytes);
}

function rollOver(index: number): Buffer {
	const octets = Buffer.alloc(4);
	octets.writeUInt32BE(Math.floor(index / SEQUENCES));
	return octets;
}
