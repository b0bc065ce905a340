/**
 * Opus (RFC 6716, RTP by RFC 7587): libopus compiled to WebAssembly, one instance for each thread. This file alone
 * knows the library. Mono at 16,000 Hz both ways: a peer's stereo is mixed, a peer's full band comes as wideband.
 */
import { createRequire } from "node:module";
import { WIDEBAND_HZ } from "../../audio/index.ts";
import { MEDIA_LIMITS } from "../limits.ts";

interface OpusLibrary {
	readonly Encoder: new (options: {
		channels: 1;
		sample_rate: number;
		application: "voip";
	}) => { ctl(request: number, value: number): number; encode(pcm: Int16Array): Uint8Array; drop(): void };
	readonly Decoder: new (options: {
		channels: 1;
		sample_rate: number;
	}) => { decode(packet: Uint8Array): Uint8Array; drop(): void };
}

/** Requests of `opus_encoder_ctl`. */
const SET_BITRATE = 4002;
const SET_VBR = 4006;
const SET_COMPLEXITY = 4010;
const SET_INBAND_FEC = 4012;
const SET_PACKET_LOSS = 4014;

let library: OpusLibrary | undefined;

/** Compiled when the first call asks for it: most workers never do. The package's other half, native code, is not used. */
function opusLibrary(): OpusLibrary {
	library ??= createRequire(import.meta.url)("@evan/opus/wasm/index.js") as OpusLibrary;
	return library;
}

/** What the peer wishes of us by `a=fmtp` (RFC 7587 §6.1). */
export interface OpusWishes {
	/** Bits a second. */
	readonly bitrateMax: number | undefined;
	readonly inbandFec: boolean;
	readonly constantBitrate: boolean;
}

export const NO_OPUS_WISHES: OpusWishes = { bitrateMax: undefined, inbandFec: false, constantBitrate: false };

/** What we say of ourselves: nothing above 8 kHz is kept, stereo would be mixed, and redundancy is not read. */
export const OPUS_FMTP = "maxplaybackrate=16000; sprop-maxcapturerate=16000; stereo=0; useinbandfec=0";

/** @param config of `a=fmtp`; what is not understood is left out. */
export function parseOpusFmtp(config: string): OpusWishes {
	const values = new Map(
		config
			.toLowerCase()
			.split(";")
			.map((part) => part.split("=").map((text) => text.trim()))
			.map(([name = "", value = ""]) => [name, value]),
	);
	const bitrate = Number(values.get("maxaveragebitrate"));
	const { opusBitrateMin, opusBitrateMax } = MEDIA_LIMITS;
	return {
		bitrateMax: bitrate >= opusBitrateMin && bitrate <= opusBitrateMax ? Math.round(bitrate) : undefined,
		inbandFec: values.get("useinbandfec") === "1",
		constantBitrate: values.get("cbr") === "1",
	};
}

/** Ticks of 48,000 Hz of one frame by the five upper bits of a packet's first octet (RFC 6716 §3.1, table 2). */
function frameTicks(config: number): number {
	if (config < 12) return [480, 960, 1920, 2880][config & 3]!;
	if (config < 16) return [480, 960][config & 1]!;
	return [120, 240, 480, 960][config & 3]!;
}

/** Ticks of 48,000 Hz that a packet lasts; 0 where it is none (RFC 6716 §3.2: at most 120 ms). */
export function opusTicks(octets: Uint8Array, start: number, end: number): number {
	if (end <= start) return 0;
	const toc = octets[start]!;
	const code = toc & 3;
	if (code === 3 && end - start < 2) return 0;
	const frames = code === 0 ? 1 : code === 3 ? octets[start + 1]! & 0x3f : 2;
	const ticks = frames * frameTicks(toc >> 3);
	return ticks <= 5760 ? ticks : 0;
}

export class OpusDecoder {
	readonly #decoder = new (opusLibrary().Decoder)({ channels: 1, sample_rate: WIDEBAND_HZ });

	/** @returns the samples of one packet; silence of its length where it cannot be decoded. */
	decode(octets: Uint8Array, start: number, end: number): Int16Array {
		const ticks = opusTicks(octets, start, end);
		if (ticks === 0) return new Int16Array(0);
		try {
			const pcm = this.#decoder.decode(octets.subarray(start, end));
			return new Int16Array(pcm.buffer, pcm.byteOffset, pcm.byteLength >> 1);
		} catch {
			// What a peer sends may be no Opus inside; the library says so by throwing.
			return new Int16Array(ticks / 3);
		}
	}

	close(): void {
		this.#decoder.drop();
	}
}

export class OpusEncoder {
	readonly #encoder = new (opusLibrary().Encoder)({ channels: 1, sample_rate: WIDEBAND_HZ, application: "voip" });

	constructor({ bitrateMax, inbandFec, constantBitrate }: OpusWishes) {
		this.#encoder.ctl(SET_BITRATE, Math.min(bitrateMax ?? MEDIA_LIMITS.opusBitrate, MEDIA_LIMITS.opusBitrate));
		this.#encoder.ctl(SET_COMPLEXITY, MEDIA_LIMITS.opusComplexity);
		this.#encoder.ctl(SET_VBR, constantBitrate ? 0 : 1);
		if (!inbandFec) return;
		this.#encoder.ctl(SET_INBAND_FEC, 1);
		this.#encoder.ctl(SET_PACKET_LOSS, MEDIA_LIMITS.opusExpectedLossPercent);
	}

	/** @param pcm 10, 20, 40 or 60 ms at 16,000 Hz. */
	encode(pcm: Int16Array): Uint8Array {
		return this.#encoder.encode(pcm);
	}

	close(): void {
		this.#encoder.drop();
	}
}
