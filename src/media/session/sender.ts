/**
 * What one session sends: audio of its player, and key presses, one packet each packet time. Pure: the clock calls
 * `run` when a packet is due, and packets go out through `send`.
 */
import { SILENCE_OCTET } from "../../audio/index.ts";
import { type SendingDigits, startDigits, stepDigits } from "../dtmf/send.ts";
import { MEDIA_LIMITS } from "../limits.ts";
import { RTP_HEADER_BYTES, writeRtpHeader } from "../rtp/packet.ts";
import type { MediaEvent, Negotiated } from "../types.ts";
import { Player } from "./player.ts";

export interface SenderOptions {
	readonly ssrc: number;
	/** Random, by RFC 3550 §5.1. */
	readonly sequence: number;
	readonly timestamp: number;
	/** The datagram is the receiver's to keep. */
	send(datagram: Uint8Array): void;
	emit(event: MediaEvent): void;
}

const SAMPLES_PER_MS = MEDIA_LIMITS.clockRateHz / 1000;

export class Sender {
	readonly player = new Player();
	readonly ssrc: number;
	packets = 0;
	octets = 0;
	/** When the next packet is due; meaningful while the clock holds us. */
	dueMs = 0;

	readonly #options: SenderOptions;
	#negotiated: Negotiated | undefined;
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
		this.ssrc = options.ssrc;
		this.#sequence = options.sequence;
		this.#timestamp = options.timestamp;
	}

	get timestamp(): number {
		return this.#timestamp >>> 0;
	}

	connect(negotiated: Negotiated): void {
		this.#negotiated = negotiated;
	}

	/** Sends nothing any more. */
	disconnect(): void {
		this.#negotiated = undefined;
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
		if (this.dueMs > 0) this.#timestamp = (this.#timestamp + Math.round(idleMs * SAMPLES_PER_MS)) | 0;
		this.dueMs = Math.max(nowMs, this.dueMs);
		this.#marker = true;
		this.#scheduled = true;
		return true;
	}

	/** Sends what is due. @returns false where nothing more is to be sent: the clock lets go of us. */
	run(nowMs: number): boolean {
		// A worker that slept sends no burst, which phones would drop: it goes on later.
		if (nowMs - this.dueMs > MEDIA_LIMITS.catchUpMs) this.dueMs = nowMs;
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
		const datagram = this.#datagram(negotiated).fill(SILENCE_OCTET[negotiated.encoding]);
		this.dueMs = nowMs;
		this.#sendAudio(datagram, negotiated);
		this.#advance(negotiated);
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
		const datagram = this.#datagram(negotiated);
		const filled = this.player.fill(datagram, RTP_HEADER_BYTES, datagram.length, negotiated.encoding);
		if (filled === 0) {
			// This is the end of the last packet's time: the last sample is being heard now.
			const playId = this.player.playId!;
			this.player.stop();
			this.#options.emit({ type: "playEnded", playId });
			return this.#hasWork();
		}
		this.#sendAudio(datagram, negotiated);
		this.#advance(negotiated);
		return true;
	}

	#sendPress(negotiated: Negotiated, digits: SendingDigits): void {
		const { state, packets, starts } = stepDigits(digits, negotiated.ptimeMs);
		this.#digits = state;
		if (starts) this.#pressTimestamp = this.#timestamp;
		for (const { payload, marker } of negotiated.dtmfPayloadType === undefined ? [] : packets) {
			const datagram = new Uint8Array(RTP_HEADER_BYTES + payload.length);
			datagram.set(payload, RTP_HEADER_BYTES);
			this.#send(datagram, negotiated.dtmfPayloadType!, marker, this.#pressTimestamp);
		}
		this.#advance(negotiated);
		this.#marker = true;
		if (state === undefined) this.#options.emit({ type: "digitsSent" });
	}

	#datagram({ ptimeMs }: Negotiated): Uint8Array {
		return Buffer.allocUnsafe(RTP_HEADER_BYTES + ptimeMs * SAMPLES_PER_MS);
	}

	#sendAudio(datagram: Uint8Array, negotiated: Negotiated): void {
		this.#send(datagram, negotiated.payloadType, this.#marker, this.#timestamp);
		this.#marker = false;
	}

	#send(datagram: Uint8Array, payloadType: number, marker: boolean, timestamp: number): void {
		writeRtpHeader(datagram, payloadType, marker, this.#sequence, timestamp, this.ssrc);
		this.#sequence = (this.#sequence + 1) & 0xffff;
		this.packets++;
		this.octets += datagram.length - RTP_HEADER_BYTES;
		this.#options.send(datagram);
	}

	#advance({ ptimeMs }: Negotiated): void {
		this.#timestamp = (this.#timestamp + ptimeMs * SAMPLES_PER_MS) | 0;
		this.dueMs += ptimeMs;
	}
}
