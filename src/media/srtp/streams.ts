/** SRTP and SRTCP of one call: what goes out under our key, what comes in under the peer's. */
import { MEDIA_LIMITS } from "../limits.ts";
import { RTP_HEADER_BYTES, readSequence, readUint32 } from "../rtp/packet.ts";
import { AesCmCipher } from "./aes-cm.ts";
import { AesGcmCipher } from "./aes-gcm.ts";
import { type PacketCipher, RTCP_CLEAR_BYTES } from "./packet-cipher.ts";
import { likelyIndex, ReplayWindow } from "./replay-window.ts";
import { sessionKeys } from "./session-keys.ts";
import { SRTP_SUITES, type SrtpSuite } from "./suites.ts";

const NO_MKI = new Uint8Array(0);
/** 2^16: sequence numbers of one roll-over counter. */
const SEQUENCES = 0x1_0000;
/** Indices of SRTCP have 31 bits. */
const RTCP_INDICES = 0x8000_0000;

/** Of one way. */
export interface SrtpKey {
	readonly suite: SrtpSuite;
	/** Master key and salt, one behind the other. */
	readonly master: Uint8Array;
	/** Master key identifier that stands in each packet. */
	readonly mki?: Uint8Array;
}

export function packetCipher({ suite, master, mki = NO_MKI }: SrtpKey): PacketCipher {
	const keys = sessionKeys(suite, master);
	const { cipher, rtpTagBytes, rtcpTagBytes } = SRTP_SUITES[suite];
	if (cipher === "aes-128-ctr") return new AesCmCipher({ keys, rtpTagBytes, rtcpTagBytes, mki });
	return new AesGcmCipher({ cipher, keys, mki });
}

/** One stream of ours. Its roll-over counter begins at 0, as SDES has it (RFC 4568 §6.4). */
export class SrtpSender {
	readonly #cipher: PacketCipher;
	#highest = -1;
	#rtcpIndex = 0;

	constructor(key: SrtpKey) {
		this.#cipher = packetCipher(key);
	}

	/** @param packet as our sender writes it: 12 octets of header. */
	sealRtp(packet: Uint8Array): Uint8Array {
		const sequence = readSequence(packet);
		const index = this.#highest < 0 ? sequence : likelyIndex(this.#highest, sequence);
		this.#highest = Math.max(this.#highest, index);
		return this.#cipher.sealRtp(packet, RTP_HEADER_BYTES, index);
	}

	sealRtcp(packet: Uint8Array): Uint8Array {
		const index = this.#rtcpIndex;
		this.#rtcpIndex = (index + 1) % RTCP_INDICES;
		return this.#cipher.sealRtcp(packet, index);
	}
}

/** All streams under the peer's key, told apart by their SSRC. Only what is authenticated changes anything here. */
export class SrtpReceiver {
	/** Packets whose tag was wrong, and packets that came before. */
	forged = 0;
	replayed = 0;

	readonly #cipher: PacketCipher;
	readonly #rtp = new Map<number, ReplayWindow>();
	readonly #rtcp = new Map<number, ReplayWindow>();

	constructor(key: SrtpKey) {
		this.#cipher = packetCipher(key);
	}

	/** @returns the packet, decrypted in its place; undefined where it is to be dropped. */
	openRtp(packet: Uint8Array): Uint8Array | undefined {
		const headerBytes = rtpHeaderBytes(packet);
		if (headerBytes < 0) return this.#forged();
		const sequence = readSequence(packet);
		const ssrc = readUint32(packet, 8);
		const stream = this.#rtp.get(ssrc);
		if (stream === undefined) return this.#first(packet, headerBytes, ssrc, sequence);
		const index = likelyIndex(stream.highest, sequence);
		if (!stream.admits(index)) return this.#replayed();
		const opened = this.#cipher.openRtp(packet, headerBytes, index);
		if (opened === undefined) return this.#forged();
		stream.take(index);
		return opened;
	}

	openRtcp(packet: Uint8Array): Uint8Array | undefined {
		const index = packet.length < RTCP_CLEAR_BYTES ? -1 : this.#cipher.rtcpIndex(packet);
		if (index < 0) return this.#forged();
		const ssrc = readUint32(packet, 4);
		const stream = this.#rtcp.get(ssrc);
		if (stream?.admits(index) === false) return this.#replayed();
		const opened = stream === undefined && isFull(this.#rtcp) ? undefined : this.#cipher.openRtcp(packet);
		if (opened === undefined) return this.#forged();
		if (stream === undefined) this.#rtcp.set(ssrc, new ReplayWindow(index));
		else stream.take(index);
		return opened;
	}

	/** Where the first packets were lost, the sequence numbers may have wrapped before we heard anything. */
	#first(packet: Uint8Array, headerBytes: number, ssrc: number, sequence: number): Uint8Array | undefined {
		if (isFull(this.#rtp)) return this.#forged();
		for (const index of [sequence, sequence + SEQUENCES]) {
			const opened = this.#cipher.openRtp(packet, headerBytes, index);
			if (opened === undefined) continue;
			this.#rtp.set(ssrc, new ReplayWindow(index));
			return opened;
		}
		return this.#forged();
	}

	#forged(): undefined {
		this.forged++;
	}

	#replayed(): undefined {
		this.replayed++;
	}
}

const isFull = (streams: ReadonlyMap<number, ReplayWindow>): boolean => streams.size >= MEDIA_LIMITS.srtpStreamsMax;

/** Header with CSRCs and extension, which stays readable; -1 where it is no RTP. Padding is not: it is encrypted. */
function rtpHeaderBytes(packet: Uint8Array): number {
	if (packet.length < RTP_HEADER_BYTES || packet[0]! >> 6 !== 2) return -1;
	const bytes = RTP_HEADER_BYTES + 4 * (packet[0]! & 0x0f);
	if ((packet[0]! & 0x10) === 0) return bytes > packet.length ? -1 : bytes;
	if (bytes + 4 > packet.length) return -1;
	const extended = bytes + 4 + 4 * ((packet[bytes + 2]! << 8) | packet[bytes + 3]!);
	return extended > packet.length ? -1 : extended;
}
