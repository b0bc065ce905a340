/**
 * What one session sends: audio of its player, and key presses, one packet each packet time. Pure: the clock calls
 * `run` when a packet is due, and packets go out through `send`.
 */
import { SILENCE_OCTET, WIDEBAND_HZ } from "../../audio/index.ts";
import { type PacketEncoder, ticksPerMs } from "../codec/index.ts";
import { type SendingDigits, startDigits, stepDigits } from "../dtmf/send.ts";
import { MEDIA_LIMITS } from "../limits.ts";
import { RTP_HEADER_BYTES, writeRtpHeader } from "../rtp/packet.ts";
import type { Clip, MediaEvent, Negotiated } from "../types.ts";
import { Player } from "./player.ts";

export interface SenderOptions {
	readonly ssrc: number;
	/** Random, by RFC 3550 §5.1. */
	readonly sequence: number;
	readonly timestamp: number;
	/** @returns whether the datagram may be written anew: the system has it, or a copy of it. */
	send(datagram: Uint8Array): boolean;
	/** The clips of a play that is over; by default they are the caller's to keep. */
	played?(clips: readonly Clip[]): void;
	emit(event: MediaEvent): void;
}

/** G.711: an octet is a sample is a tick. */
const G711_PER_MS = 8;
const WIDE_PER_MS = WIDEBAND_HZ / 1000;

export class Sender {
	readonly player: Player;
	readonly ssrc: number;
	packets = 0;
	octets = 0;
	/** When the next packet is due; meaningful while the clock holds us. */
	dueMs = 0;

	readonly #options: SenderOptions;
	#negotiated: Negotiated | undefined;
	/** Undefined for G.711, which needs none. */
	#encoder: PacketEncoder | undefined;
	#pcm = new Int16Array(0);
	/**
	 * Of the last packet, where it may be written anew. One for each packet would be 8 MB of buffers a second at a thousand
	 * calls, for which V8 collects all garbage twice a second; nobody sends meanwhile.
	 */
	#spare: Uint8Array | undefined;
	#ticksPerMs = G711_PER_MS;
	#digits: SendingDigits | undefined;
	#pressTimestamp = 0;
	#sequence: number;
	/** Of the next packet. */
	#timestamp: number;
	/** The next audio packet follows a pause. */
	#marker = true;
	#scheduled = false;

	constructor(options: SenderOptions) {
		this.#options = options;
		this.player = new Player(options.played);
		this.ssrc = options.ssrc;
		this.#sequence = options.sequence;
		this.#timestamp = options.timestamp;
	}

	get timestamp(): number {
		return this.#timestamp >>> 0;
	}

	/** @param encoder of the codec; undefined for G.711. */
	connect(negotiated: Negotiated, encoder: PacketEncoder | undefined): void {
		this.#negotiated = negotiated;
		this.#encoder = encoder;
		this.#ticksPerMs = ticksPerMs(negotiated.codec);
		if (encoder !== undefined) this.#pcm = new Int16Array(negotiated.ptimeMs * WIDE_PER_MS);
	}

	/** Sends nothing any more. */
	disconnect(): void {
		this.#negotiated = undefined;
		this.player.stop();
	}

	/** Replaces what is being sent of keys. Without telephone-event at the peer nothing is sent. */
	sendDigits(digits: string): void {
		this.#digits = startDigits(digits);
	}

	/**
	 * To be called after every change. @returns true where the clock must now hold us, `dueMs` being set: something is
	 * to be sent, and we were idle.
	 */
	wake(nowMs: number): boolean {
		if (this.#scheduled || !this.#hasWork()) return false;
		// Idle time passed on the media clock too (RFC 3550 §5.1), and the next packet begins a talkspurt. The clock
		// itself never goes back, or the new packet would overlap the last.
		const idleMs = Math.max(0, nowMs - this.dueMs);
		if (this.dueMs > 0) this.#timestamp = (this.#timestamp + Math.round(idleMs * this.#ticksPerMs)) | 0;
		this.dueMs = Math.max(nowMs, this.dueMs);
		this.#marker = true;
		this.#scheduled = true;
		return true;
	}

	/** Sends what is due. @returns false where nothing more is to be sent: the clock lets go of us. */
	run(nowMs: number): boolean {
		const lateMs = nowMs - this.dueMs;
		if (lateMs > MEDIA_LIMITS.catchUpMs) this.#goOnLater(lateMs);
		while (this.dueMs <= nowMs) {
			if (!this.#sendOne()) {
				this.#scheduled = false;
				return false;
			}
		}
		return true;
	}

	/** One packet of silence, so that NATs and firewalls on the way open for the peer's audio. */
	keepAlive(nowMs: number): void {
		const negotiated = this.#negotiated;
		if (negotiated === undefined || this.#scheduled || !negotiated.sending) return;
		this.dueMs = nowMs;
		const { codec } = negotiated;
		if (codec === "PCMU" || codec === "PCMA") {
			this.#sendAudio(this.#datagram(negotiated).fill(SILENCE_OCTET[codec]), negotiated);
		} else this.#sendEncoded(this.#pcm.fill(0), negotiated);
		this.#advance(negotiated);
	}

	/**
	 * A worker that slept sends no burst, which phones would drop. By whole packet times: were it from now on, all calls
	 * would be due at the same moment ever after, and the last of a thousand is sent 10 ms behind the first.
	 */
	#goOnLater(lateMs: number): void {
		const ptimeMs = this.#negotiated?.ptimeMs ?? lateMs;
		this.dueMs += Math.floor(lateMs / ptimeMs) * ptimeMs;
	}

	#hasWork(): boolean {
		if (this.#negotiated?.sending !== true) return false;
		return this.#digits !== undefined || this.player.running;
	}

	#sendOne(): boolean {
		const negotiated = this.#negotiated;
		if (negotiated === undefined || !this.#hasWork()) return false;
		if (this.#digits !== undefined) {
			this.#sendPress(negotiated, this.#digits);
			return true;
		}
		if (!this.#sendPlayed(negotiated)) {
			// This is the end of the last packet's time: the last sample is being heard now.
			const playId = this.player.playId!;
			this.player.stop();
			this.#options.emit({ type: "playEnded", playId });
			return this.#hasWork();
		}
		this.#advance(negotiated);
		return true;
	}

	/** @returns false where all was played before. */
	#sendPlayed(negotiated: Negotiated): boolean {
		const { codec } = negotiated;
		if (codec === "PCMU" || codec === "PCMA") {
			const datagram = this.#datagram(negotiated);
			if (this.player.fill(datagram, RTP_HEADER_BYTES, datagram.length, codec) === 0) return false;
			this.#sendAudio(datagram, negotiated);
			return true;
		}
		if (this.player.fillWide(this.#pcm) === 0) return false;
		this.#sendEncoded(this.#pcm, negotiated);
		return true;
	}

	#sendEncoded(pcm: Int16Array, negotiated: Negotiated): void {
		const payload = this.#encoder!.encode(pcm);
		const datagram = Buffer.allocUnsafe(RTP_HEADER_BYTES + payload.length);
		datagram.set(payload, RTP_HEADER_BYTES);
		this.#sendAudio(datagram, negotiated);
	}

	#sendPress(negotiated: Negotiated, digits: SendingDigits): void {
		const event = negotiated.telephoneEvent;
		const { state, packets, starts } = stepDigits(digits, negotiated.ptimeMs, event?.clockHz ?? 8000);
		this.#digits = state;
		if (starts) this.#pressTimestamp = this.#timestamp;
		for (const { payload, marker } of event === undefined ? [] : packets) {
			const datagram = new Uint8Array(RTP_HEADER_BYTES + payload.length);
			datagram.set(payload, RTP_HEADER_BYTES);
			this.#send(datagram, event!.payloadType, marker, this.#pressTimestamp);
		}
		this.#advance(negotiated);
		this.#marker = true;
		if (state === undefined) this.#options.emit({ type: "digitsSent" });
	}

	#datagram({ ptimeMs }: Negotiated): Uint8Array {
		const octets = RTP_HEADER_BYTES + ptimeMs * G711_PER_MS;
		const spare = this.#spare;
		this.#spare = undefined;
		return spare?.length === octets ? spare : new Uint8Array(octets);
	}

	#sendAudio(datagram: Uint8Array, negotiated: Negotiated): void {
		const sent = this.#send(datagram, negotiated.payloadType, this.#marker, this.#timestamp);
		if (sent) this.#spare = datagram;
		this.#marker = false;
	}

	#send(datagram: Uint8Array, payloadType: number, marker: boolean, timestamp: number): boolean {
		writeRtpHeader(datagram, payloadType, marker, this.#sequence, timestamp, this.ssrc);
		this.#sequence = (this.#sequence + 1) & 0xffff;
		this.packets++;
		this.octets += datagram.length - RTP_HEADER_BYTES;
		return this.#options.send(datagram);
	}

	#advance({ ptimeMs }: Negotiated): void {
		this.#timestamp = (this.#timestamp + ptimeMs * this.#ticksPerMs) | 0;
		this.dueMs += ptimeMs;
	}
}
