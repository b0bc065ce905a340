/**
 * What each payload type is to a session, and the coders of what was settled. A coder is of one stream: it goes on as
 * long as the codec is the same, whatever else a re-INVITE changes.
 */
import {
	makeDecoder,
	makeEncoder,
	NO_OPUS_WISHES,
	opusTicks,
	type PacketDecoder,
	type PacketEncoder,
	ticksPerMs,
	WIRE_FORMS,
	type WireCodec,
} from "../codec/index.ts";
import type { TicksOf } from "../rtp/receiver.ts";
import type { Negotiated } from "../types.ts";
import type { AudioSource } from "./recorder.ts";

export const IGNORED = 0;
export const DTMF = 1;
/** Takes a place in the sequence, is a pause in the audio. */
export const QUIET = 2;
/** From here on it is audio. */
export const ULAW = 3;
const ALAW = 4;
/** What the session's decoder reads: G.722, Opus. */
const CODED = 5;

/** RFC 3551 table 4, RFC 3389 §4. */
export const COMFORT_NOISE_PAYLOAD_TYPE = 13;

export class Payloads {
	/** By payload type. */
	readonly kinds = new Uint8Array(128);
	encoder: PacketEncoder | undefined;
	#decoder: PacketDecoder | undefined;
	#codec: WireCodec = "PCMU";

	/** Of the stream's timestamps. */
	get ticksPerMs(): number {
		return ticksPerMs(this.#codec);
	}

	/** How long a payload lasts; undefined where each octet is a tick. */
	get ticksOf(): TicksOf | undefined {
		return this.#codec === "opus" ? opusTicks : undefined;
	}

	settle(negotiated: Negotiated): void {
		const { codec, opus } = negotiated;
		this.#settleKinds(negotiated);
		if (codec === this.#codec) return;
		this.#codec = codec;
		this.close();
		this.#decoder = makeDecoder(codec);
		this.encoder = makeEncoder(codec, opus ?? NO_OPUS_WISHES);
	}

	/** What reads the audio of a payload type. */
	sourceOf(payloadType: number): AudioSource {
		const kind = this.kinds[payloadType];
		if (kind === CODED) return this.#decoder!;
		return kind === ALAW ? "PCMA" : "PCMU";
	}

	close(): void {
		this.#decoder?.close();
		this.encoder?.close();
		this.#decoder = undefined;
		this.encoder = undefined;
	}

	#settleKinds({ codec, payloadType, receivePayloadType, telephoneEvent }: Negotiated): void {
		const kinds = this.kinds.fill(IGNORED);
		kinds[COMFORT_NOISE_PAYLOAD_TYPE] = QUIET;
		// The static types stay readable whatever was settled, as long as their clock is the same: a peer may switch
		// between the two laws.
		if (WIRE_FORMS[codec].clockHz === WIRE_FORMS.PCMU.clockHz) {
			kinds[0] = ULAW;
			kinds[8] = ALAW;
		}
		const kind = codec === "PCMU" ? ULAW : codec === "PCMA" ? ALAW : CODED;
		// Our own number is the right one; some peers send under theirs. Where one number means two things, ours counts.
		kinds[payloadType] = kind;
		if (telephoneEvent !== undefined) {
			kinds[telephoneEvent.payloadType] = DTMF;
			kinds[telephoneEvent.receivePayloadType] = DTMF;
		}
		kinds[receivePayloadType] = kind;
	}
}
