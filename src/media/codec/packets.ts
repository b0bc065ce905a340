/** Coders of packets for the codecs that need more than a table. Each is one stream's, and must be closed. */
import { G722Decoder, G722Encoder } from "../../audio/index.ts";
import { MEDIA_LIMITS } from "../limits.ts";
import { OpusDecoder, OpusEncoder, type OpusWishes } from "./opus.ts";
import type { WireCodec } from "./wire-codecs.ts";

export interface PacketDecoder {
	/** Linear samples at 16,000 Hz, valid until the next call; none where the packet cannot be decoded. */
	decode(octets: Uint8Array, start: number, end: number): Int16Array;
	close(): void;
}

export interface PacketEncoder {
	/** @param pcm one packet at 16,000 Hz. @returns its payload, valid until the next call. */
	encode(pcm: Int16Array): Uint8Array;
	close(): void;
}

/** Undefined for G.711, which is mapped octet by octet. */
export function makeDecoder(codec: WireCodec): PacketDecoder | undefined {
	if (codec === "G722") return new G722Packets();
	return codec === "opus" ? new OpusDecoder() : undefined;
}

/** Undefined for G.711. */
export function makeEncoder(codec: WireCodec, wishes: OpusWishes): PacketEncoder | undefined {
	if (codec === "G722") return new G722PacketEncoder();
	return codec === "opus" ? new OpusEncoder(wishes) : undefined;
}

class G722Packets implements PacketDecoder {
	readonly #decoder = new G722Decoder();
	readonly #pcm = new Int16Array(2 * MEDIA_LIMITS.packetSamplesMax);

	decode(octets: Uint8Array, start: number, end: number): Int16Array {
		this.#decoder.decode(octets, start, end, this.#pcm, 0);
		return this.#pcm.subarray(0, 2 * (end - start));
	}

	close(): void {}
}

class G722PacketEncoder implements PacketEncoder {
	readonly #encoder = new G722Encoder();

	encode(pcm: Int16Array): Uint8Array {
		const octets = new Uint8Array(pcm.length >> 1);
		this.#encoder.encode(pcm, 0, pcm.length, octets, 0);
		return octets;
	}

	close(): void {}
}
