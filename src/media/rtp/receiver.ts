/**
 * One stream of RTP audio put back in order: RFC 3550 §5.1 and A.1. Pure: time comes with each packet.
 *
 * What comes out is a timeline without holes, counted in ticks of the stream's clock (for G.711 and G.722 an octet is a
 * tick): loss and pauses (DTX) are told as gaps by the difference of
 * timestamps, reordering is undone in a small buffer, duplicates are dropped. A gap is never longer than the clock on
 * the wall allows, so that one absurd timestamp cannot make hours of audio.
 */
import { MEDIA_LIMITS } from "../limits.ts";

export interface AudioSink {
	/** Audio of one packet: its payload, octets `start` up to `end`, valid during the call only. */
	audio(payloadType: number, octets: Uint8Array, start: number, end: number, nowMs: number): void;
	/** Time without audio, in ticks of the stream's clock: packets were lost, or the peer sent nothing (DTX). */
	gap(ticks: number, kind: "lost" | "silent"): void;
}

interface HeldPacket {
	readonly sequence: number;
	readonly timestamp: number;
	readonly payloadType: number;
	/** A copy; undefined for a packet that only takes a place in the sequence (DTMF, comfort noise). */
	readonly octets: Uint8Array | undefined;
	readonly heldSinceMs: number;
}

/** Packet of what may be a new stream: one is believed when a second follows (RFC 3550 A.1). */
interface Candidate extends HeldPacket {
	readonly ssrc: number;
}

const NO_OCTETS = new Uint8Array(0);

/** How long the payload `start` up to `end` lasts, in ticks. */
export type TicksOf = (octets: Uint8Array, start: number, end: number) => number;

export class RtpReceiver {
	/** Counted for RFC 3550 A.3 and for the session's statistics. */
	received = 0;
	duplicates = 0;
	late = 0;
	/** Packets of other streams (SSRC) that did not become the stream. */
	strays = 0;
	ssrc = 0;
	started = false;
	/** Interarrival jitter in ticks (RFC 3550 A.8). */
	jitter = 0;

	readonly #sink: AudioSink;
	#ticksPerMs = 8;
	#ticksOf: TicksOf | undefined;
	/** When the present stream was last heard; another SSRC must wait until it is quiet. */
	#heardAtMs = Number.NEGATIVE_INFINITY;
	#expectedSequence = 0;
	#expectedTimestamp = 0;
	/** Bit n: the packet n+1 before the expected one came. */
	#history = 0;
	#lastTicks = 160;
	#held: HeldPacket[] = [];
	/** Packets in a row of what may be a new stream. */
	#candidates: Candidate[] = [];
	/** Packets that earlier streams of this receiver should have brought, and the first sequence of this one. */
	#expectedBefore = 0;
	#extendedFirst = 0;
	#extendedHighest = 0;
	/** Wall clock at which the timeline's sample 0 is placed, and the timeline's length. */
	#originMs = 0;
	#timeline = 0;
	#lastTransit = 0;

	constructor(sink: AudioSink) {
		this.#sink = sink;
	}

	/**
	 * The clock that the stream's timestamps count by; 8 ticks a millisecond by default.
	 * @param ticksOf undefined where each octet is one tick.
	 */
	setClock(ticksPerMs: number, ticksOf: TicksOf | undefined, nowMs: number): void {
		this.#ticksOf = ticksOf;
		if (ticksPerMs === this.#ticksPerMs) return;
		this.restart(nowMs);
		this.#timeline = (this.#timeline * ticksPerMs) / this.#ticksPerMs;
		this.#lastTicks = (this.#lastTicks * ticksPerMs) / this.#ticksPerMs;
		this.#ticksPerMs = ticksPerMs;
		this.jitter = 0;
	}

	/** Another SSRC is believed at once: signalling said that the stream may change. */
	unlock(): void {
		this.#heardAtMs = Number.NEGATIVE_INFINITY;
	}

	/** Length of the last packet. */
	get packetMs(): number {
		return this.#lastTicks / this.#ticksPerMs;
	}

	/** Highest sequence number with its wraps (RFC 3550 A.1). */
	get extendedHighest(): number {
		return this.#extendedHighest >>> 0;
	}

	/** Packets that should have come so far. */
	get expected(): number {
		return this.started ? this.#expectedBefore + this.#extendedHighest - this.#extendedFirst + 1 : 0;
	}

	/** Packets that did not come; duplicates do not make up for them. */
	get lost(): number {
		return Math.max(0, this.expected - this.received);
	}

	/**
	 * A packet came.
	 * @param audible false for packets that take a place in the sequence and carry no audio (DTMF, comfort noise).
	 * @param start,end payload in `octets`, which is the caller's again after the return.
	 */
	receive(
		sequence: number,
		timestamp: number,
		ssrc: number,
		payloadType: number,
		audible: boolean,
		octets: Uint8Array,
		start: number,
		end: number,
		nowMs: number,
	): void {
		if (!this.started) this.#begin(sequence, timestamp, ssrc, nowMs, 0);
		else if (ssrc !== this.ssrc) {
			this.#unexpected(sequence, timestamp, ssrc, payloadType, audible, octets, start, end, nowMs);
			return;
		}
		const ahead = (sequence - this.#expectedSequence) & 0xffff;
		if (ahead === 0) {
			if (this.#candidates.length > 0) this.#dropCandidates();
			this.received++;
			this.#heardAtMs = nowMs;
			if (audible) this.#measureJitter(timestamp, nowMs);
			this.#deliver(sequence, timestamp, payloadType, audible, octets, start, end, nowMs);
			if (this.#held.length > 0) this.#drain(nowMs);
		} else if (ahead < MEDIA_LIMITS.sequenceDropoutMax) {
			if (this.#candidates.length > 0) this.#dropCandidates();
			this.#hold(sequence, timestamp, payloadType, audible ? octets.slice(start, end) : undefined, nowMs);
		} else if (0x1_0000 - ahead <= MEDIA_LIMITS.sequenceMisorderMax) {
			this.#behind(0x1_0000 - ahead);
		} else {
			this.#unexpected(sequence, timestamp, ssrc, payloadType, audible, octets, start, end, nowMs);
		}
	}

	/** To be called now and then: lets go of packets whose predecessor will not come any more. */
	idle(nowMs: number): void {
		// Only what waited long enough, and what follows it: before a later one there may be another that is on its way.
		while (this.#held.length > 0 && nowMs - this.#held[0]!.heldSinceMs >= MEDIA_LIMITS.reorderHoldMs) {
			this.#release(nowMs);
			this.#drain(nowMs);
		}
	}

	/** Delivers everything held back, as at the end of a recording. */
	flush(nowMs: number): void {
		while (this.#held.length > 0) this.#release(nowMs);
	}

	/** Forgets the position in the stream (after a hold): the next packet begins anew, the pause is not filled. */
	restart(nowMs: number): void {
		this.flush(nowMs);
		this.#candidates = [];
		if (!this.started) return;
		this.#expectedBefore = this.expected;
		this.started = false;
	}

	#begin(sequence: number, timestamp: number, ssrc: number, nowMs: number, gapTicks: number): void {
		this.started = true;
		this.ssrc = ssrc;
		this.#expectedSequence = sequence;
		this.#expectedTimestamp = timestamp;
		this.#extendedFirst = sequence;
		this.#extendedHighest = sequence - 1;
		this.#history = 0;
		this.#lastTransit = Number.NaN;
		if (gapTicks > 0) {
			this.#sink.gap(gapTicks, "silent");
			this.#timeline += gapTicks;
		} else this.#originMs = nowMs - this.#timeline / this.#ticksPerMs;
	}

	/**
	 * Another SSRC, or a sequence number far off: two in a row are a new stream, one alone is a stray. The SSRC is locked
	 * beside that: another one waits until the present one has been quiet, or someone could speak into the call.
	 */
	#unexpected(
		sequence: number,
		timestamp: number,
		ssrc: number,
		payloadType: number,
		audible: boolean,
		octets: Uint8Array,
		start: number,
		end: number,
		nowMs: number,
	): void {
		const last = this.#candidates.at(-1);
		const follows = last !== undefined && last.ssrc === ssrc && ((sequence - last.sequence) & 0xffff) === 1;
		if (!follows) this.#dropCandidates();
		const copy = audible ? octets.slice(start, end) : undefined;
		this.#candidates.push({ sequence, timestamp, ssrc, payloadType, octets: copy, heldSinceMs: nowMs });
		const { length } = this.#candidates;
		if (length < 2) return;
		const quiet = ssrc === this.ssrc || nowMs - this.#heardAtMs >= MEDIA_LIMITS.ssrcQuietMs;
		if (quiet || length >= MEDIA_LIMITS.reorderPacketsMax) this.#follow(this.#candidates);
	}

	/** The candidates are the stream from now on. */
	#follow(candidates: readonly Candidate[]): void {
		this.#candidates = [];
		const { sequence, timestamp, ssrc, heldSinceMs } = candidates[0]!;
		this.flush(heldSinceMs);
		this.#expectedBefore = this.expected;
		const behind = this.#allowance(heldSinceMs) - MEDIA_LIMITS.timelineLeadMs * this.#ticksPerMs;
		const gap = behind >= MEDIA_LIMITS.streamChangeGapMs * this.#ticksPerMs ? Math.round(behind) : 0;
		this.#begin(sequence, timestamp, ssrc, heldSinceMs, gap);
		for (const one of candidates) {
			const held = one.octets ?? NO_OCTETS;
			const audible = one.octets !== undefined;
			const { length } = held;
			this.receive(one.sequence, one.timestamp, ssrc, one.payloadType, audible, held, 0, length, one.heldSinceMs);
		}
	}

	/** The old stream goes on: what looked like a new one was not. */
	#dropCandidates(): void {
		this.strays += this.#candidates.length;
		this.#candidates = [];
	}

	/** A packet from before the expected one: told apart only for the statistics. */
	#behind(age: number): void {
		if (age <= 32 && (this.#history >>> (age - 1)) & 1) this.duplicates++;
		else {
			this.late++;
			// It did come, too late to be heard: not lost on the way (RFC 3550 §6.4.1).
			this.received++;
			if (age <= 32) this.#history |= 1 << (age - 1);
		}
	}

	#hold(sequence: number, timestamp: number, payloadType: number, octets: Uint8Array | undefined, nowMs: number): void {
		const ahead = (sequence - this.#expectedSequence) & 0xffff;
		let at = this.#held.length;
		while (at > 0) {
			const other = (this.#held[at - 1]!.sequence - this.#expectedSequence) & 0xffff;
			if (other === ahead) {
				this.duplicates++;
				return;
			}
			if (other < ahead) break;
			at--;
		}
		this.received++;
		this.#held.splice(at, 0, { sequence, timestamp, payloadType, octets, heldSinceMs: nowMs });
		if (this.#held.length > MEDIA_LIMITS.reorderPacketsMax) {
			this.#release(nowMs);
			this.#drain(nowMs);
		}
	}

	/** Delivers the first held packet, whatever is missing before it. */
	#release(nowMs: number): void {
		const packet = this.#held.shift()!;
		const octets = packet.octets ?? NO_OCTETS;
		const audible = packet.octets !== undefined;
		this.#deliver(packet.sequence, packet.timestamp, packet.payloadType, audible, octets, 0, octets.length, nowMs);
	}

	#drain(nowMs: number): void {
		while (this.#held.length > 0 && this.#held[0]!.sequence === this.#expectedSequence) this.#release(nowMs);
	}

	#deliver(
		sequence: number,
		timestamp: number,
		payloadType: number,
		audible: boolean,
		octets: Uint8Array,
		start: number,
		end: number,
		nowMs: number,
	): void {
		const missing = (sequence - this.#expectedSequence) & 0xffff;
		this.#expectedSequence = (sequence + 1) & 0xffff;
		this.#extendedHighest += missing + 1;
		this.#history = missing >= 31 ? 1 : (this.#history << (missing + 1)) | 1;
		if (!audible) return;
		const ticks = this.#ticksOf === undefined ? end - start : this.#ticksOf(octets, start, end);
		const skipped = (timestamp - this.#expectedTimestamp) | 0;
		if (skipped !== 0) this.#skip(skipped, missing, nowMs);
		this.#expectedTimestamp = (timestamp + ticks) | 0;
		this.#lastTicks = ticks;
		this.#timeline += ticks;
		// What was really heard is believed even when it comes faster than the clock; gaps never are.
		const lead = this.#allowance(nowMs);
		if (lead < 0) this.#originMs += lead / this.#ticksPerMs;
		this.#sink.audio(payloadType, octets, start, end, nowMs);
	}

	/** The timestamp is not the expected one: fill what is plausible. */
	#skip(skipped: number, missing: number, nowMs: number): void {
		// Backwards: the peer restarted its clock within the stream. Nothing says how long it was silent.
		const byTimestamp = Math.max(skipped, 0);
		const allowed = Math.max(0, Math.floor(this.#allowance(nowMs) - this.#lastTicks));
		let ticks = byTimestamp;
		// A jump beyond the clock is no pause: count the packets instead.
		if (byTimestamp > allowed || skipped < 0) ticks = Math.min(missing * this.#lastTicks, allowed);
		if (ticks === 0) return;
		this.#timeline += ticks;
		this.#sink.gap(ticks, missing > 0 ? "lost" : "silent");
	}

	/** Ticks by which the timeline may still grow: the wall's clock and a lead for jitter. */
	#allowance(nowMs: number): number {
		return (nowMs - this.#originMs + MEDIA_LIMITS.timelineLeadMs) * this.#ticksPerMs - this.#timeline;
	}

	#measureJitter(timestamp: number, nowMs: number): void {
		// Both clocks are numbers of 32 bits that wrap; in whole ticks, since a remainder of doubles costs more than the rest.
		const transit = ((nowMs * this.#ticksPerMs) | 0) - timestamp;
		const change = Math.abs((transit - this.#lastTransit) | 0);
		this.#lastTransit = transit;
		// A change of a second or more is a new clock of the peer, not jitter.
		if (change < 1000 * this.#ticksPerMs) this.jitter += (change - this.jitter) / 16;
	}
}
