/** One packet, sealed or opened. What has been seen before is not its subject. */

export interface PacketCipher {
	/** @param index 48 bits: roll-over counter and sequence number. @returns a packet of its own. */
	sealRtp(packet: Uint8Array, headerBytes: number, index: number): Uint8Array;
	/** @returns the packet, decrypted in its place; undefined where it is not the peer's, and then it is as it was. */
	openRtp(packet: Uint8Array, headerBytes: number, index: number): Uint8Array | undefined;
	/** @param index 31 bits. */
	sealRtcp(packet: Uint8Array, index: number): Uint8Array;
	/** The index that an SRTCP packet says of itself; -1 where it is too short for one. */
	rtcpIndex(packet: Uint8Array): number;
	/** As `openRtp`. Packets that were only authenticated are taken too (RFC 3711 §3.4). */
	openRtcp(packet: Uint8Array): Uint8Array | undefined;
}

/** Header of an RTCP packet that stays readable: RFC 3711 §3.4. */
export const RTCP_CLEAR_BYTES = 8;
/** E flag and index of SRTCP. */
export const INDEX_BYTES = 4;
export const ENCRYPTED_FLAG = 0x8000_0000;

/**
 * The salt with SSRC and index in their places: RFC 3711 §4.1.1 (16 octets, the SSRC at 4), RFC 7714 §8.1, §9.1
 * (12 octets, the SSRC at 2).
 */
export function packetIv(salt: Uint8Array, ivBytes: number, ssrcAt: number, packetSsrc: number, index: number): Buffer {
	const iv = Buffer.alloc(ivBytes);
	iv.writeUInt32BE(packetSsrc, ssrcAt);
	iv.writeUIntBE(index, ssrcAt + 4, 6);
	for (let i = 0; i < salt.length; i++) iv[i] = iv[i]! ^ salt[i]!;
	return iv;
}

/** Whether a master key identifier stands where it should (RFC 3711 §3.1); an empty one always does. */
export function hasAt(packet: Uint8Array, at: number, octets: Uint8Array): boolean {
	for (let i = 0; i < octets.length; i++) if (packet[at + i] !== octets[i]) return false;
	return true;
}
