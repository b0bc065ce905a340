/** RTP packets: RFC 3550 §5.1. */

export interface RtpPacket {
	readonly payloadType: number;
	readonly marker: boolean;
	readonly sequence: number;
	readonly timestamp: number;
	readonly ssrc: number;
	/** Octets of the payload in the datagram: from `start` up to `end`. */
	readonly start: number;
	readonly end: number;
}

export const RTP_HEADER_BYTES = 12;
/** With all its extensions; nobody sends as much, and `payloadBounds` has room for no more. */
const HEADER_BYTES_MAX = 0x7fff;

/**
 * Where the payload of a datagram lies, `start` in the upper 16 bits and `end` in the lower, or -1 where it is no RTP
 * packet. One number, since this runs for every packet of every call and an object would be garbage.
 */
export function payloadBounds(datagram: Uint8Array): number {
	const length = datagram.length;
	if (length < RTP_HEADER_BYTES || length > 65_535) return -1;
	const first = datagram[0]!;
	if (first === 0x80) return (RTP_HEADER_BYTES << 16) | length;
	if (first >> 6 !== 2) return -1;
	let start = RTP_HEADER_BYTES + 4 * (first & 0x0f);
	let end = length;
	if (first & 0x10) {
		if (start + 4 > length) return -1;
		start += 4 + 4 * ((datagram[start + 2]! << 8) | datagram[start + 3]!);
	}
	if (first & 0x20) {
		const padding = datagram[length - 1]!;
		if (padding === 0) return -1;
		end -= padding;
	}
	return start > end || start > HEADER_BYTES_MAX ? -1 : (start << 16) | end;
}

export const readSequence = (datagram: Uint8Array): number => (datagram[2]! << 8) | datagram[3]!;
export const readUint32 = (octets: Uint8Array, at: number): number =>
	((octets[at]! << 24) | (octets[at + 1]! << 16) | (octets[at + 2]! << 8) | octets[at + 3]!) >>> 0;

/** @returns the packet, or undefined where the datagram is no RTP of version 2. */
export function parseRtp(datagram: Uint8Array): RtpPacket | undefined {
	const bounds = payloadBounds(datagram);
	if (bounds < 0) return undefined;
	return {
		payloadType: datagram[1]! & 0x7f,
		marker: (datagram[1]! & 0x80) !== 0,
		sequence: readSequence(datagram),
		timestamp: readUint32(datagram, 4),
		ssrc: readUint32(datagram, 8),
		start: bounds >>> 16,
		end: bounds & 0xffff,
	};
}

/** RTCP that came to the RTP port (RFC 5761 §4): its packet types 192-223 look like payload types 64-95 with marker. */
export const looksLikeRtcp = (datagram: Uint8Array): boolean =>
	datagram.length >= 8 && datagram[0]! >> 6 === 2 && datagram[1]! >= 192 && datagram[1]! <= 223;

function putUint32(octets: Uint8Array, at: number, value: number): void {
	octets[at] = value >>> 24;
	octets[at + 1] = value >>> 16;
	octets[at + 2] = value >>> 8;
	octets[at + 3] = value;
}

/** Writes a header without CSRCs or extension into the first 12 octets of `datagram`. */
export function writeRtpHeader(
	datagram: Uint8Array,
	payloadType: number,
	marker: boolean,
	sequence: number,
	timestamp: number,
	ssrc: number,
): void {
	datagram[0] = 0x80;
	datagram[1] = (marker ? 0x80 : 0) | payloadType;
	datagram[2] = sequence >>> 8;
	datagram[3] = sequence;
	putUint32(datagram, 4, timestamp);
	putUint32(datagram, 8, ssrc);
}
