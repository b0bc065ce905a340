/** The codecs of the wire: how SDP names them, how fast RTP counts, and as what their audio is kept. */
import { NARROWBAND_HZ, type SampleRateHz, type TelephoneEncoding, WIDEBAND_HZ } from "../../audio/index.ts";

export type WireCodec = "PCMU" | "PCMA" | "G722" | "opus";

export interface WireForm {
	/** As in `a=rtpmap`, without the payload type. */
	readonly rtpmap: string;
	/** RFC 3551 table 4; undefined where the number is settled by SDP. */
	readonly staticPayloadType: number | undefined;
	/** Number in offers of ours. */
	readonly offeredPayloadType: number;
	/** Ticks of the RTP timestamp in a second. G.722 has half of its samples: RFC 3551 §4.5.2. */
	readonly clockHz: number;
	readonly rateHz: SampleRateHz;
	/** What a recording of it is kept as: nothing of its bandwidth is lost. */
	readonly kept: TelephoneEncoding;
	/** Lengths of packets that it can be sent in. */
	readonly ptimesMs: readonly number[];
}

const EVERY_TEN_MS = [10, 20, 30, 40, 50, 60] as const;

export const WIRE_FORMS: Readonly<Record<WireCodec, WireForm>> = {
	PCMU: {
		rtpmap: "PCMU/8000",
		staticPayloadType: 0,
		offeredPayloadType: 0,
		clockHz: 8000,
		rateHz: NARROWBAND_HZ,
		kept: "PCMU",
		ptimesMs: EVERY_TEN_MS,
	},
	PCMA: {
		rtpmap: "PCMA/8000",
		staticPayloadType: 8,
		offeredPayloadType: 8,
		clockHz: 8000,
		rateHz: NARROWBAND_HZ,
		kept: "PCMA",
		ptimesMs: EVERY_TEN_MS,
	},
	G722: {
		rtpmap: "G722/8000",
		staticPayloadType: 9,
		offeredPayloadType: 9,
		clockHz: 8000,
		rateHz: WIDEBAND_HZ,
		kept: "L16",
		ptimesMs: EVERY_TEN_MS,
	},
	// RFC 7587 §7: always 48000/2 in SDP, whatever is sent.
	opus: {
		rtpmap: "opus/48000/2",
		staticPayloadType: undefined,
		offeredPayloadType: 107,
		clockHz: 48_000,
		rateHz: WIDEBAND_HZ,
		kept: "L16",
		ptimesMs: [10, 20, 40, 60],
	},
};

/** In the order of our own offers: wideband first, and of two the one that costs less. */
export const WIRE_CODECS: readonly WireCodec[] = ["G722", "opus", "PCMU", "PCMA"];
export const G711_CODECS: readonly WireCodec[] = ["PCMU", "PCMA"];

export const ticksPerMs = (codec: WireCodec): number => WIRE_FORMS[codec].clockHz / 1000;
