/** One recording as the log's writer holds it: what is not on disk yet, and where on disk the rest stands. */
import { MEDIA_LIMITS } from "../limits.ts";
import type { RecordingSummary, TelephoneEncoding } from "../types.ts";
import { ChunkIndex } from "./assemble.ts";

/** Audio that waits for its turn to be written. */
export interface PendingPart {
	position: number;
	length: number;
	readonly octets: Buffer;
}

/** Room for a turn that comes late: 768 ms. */
const PART_BYTES = 6144;
const NO_OCTETS = Buffer.alloc(0);

/** Octets of all recordings of a writer that wait for the disk. */
export interface PendingBudget {
	bytes: number;
}

export interface LogRecordingOptions {
	/** Unique within the writer. */
	readonly number: number;
	readonly recordingId: string;
	readonly encoding: TelephoneEncoding;
	readonly headerBody: Buffer;
	readonly header: Uint8Array;
	readonly budget: PendingBudget;
	readonly nowMs: number;
}

export class LogRecording {
	readonly number: number;
	readonly recordingId: string;
	readonly encoding: TelephoneEncoding;
	readonly header: Uint8Array;
	readonly headerBody: Buffer;
	readonly index = new ChunkIndex();
	/** Length so far, what waits included. */
	samples = 0;
	/** Lost because the disk did not take it; silence when read. */
	lostSamples = 0;
	speechMs = 0;
	sequence = 0;
	/** The file that already holds the header. */
	headerSegment = -1;
	/** When its audio was last taken for writing. */
	takenAtMs: number;
	endedAtMs: number | undefined;
	endTaken = false;

	readonly #budget: PendingBudget;
	/** Full parts, and those before a hole. */
	#waiting: PendingPart[] = [];
	#part: PendingPart;

	constructor(options: LogRecordingOptions) {
		this.number = options.number;
		this.recordingId = options.recordingId;
		this.encoding = options.encoding;
		this.header = options.header;
		this.headerBody = options.headerBody;
		this.takenAtMs = options.nowMs;
		this.#budget = options.budget;
		this.#part = { position: 0, length: 0, octets: Buffer.allocUnsafeSlow(PART_BYTES) };
	}

	get ended(): boolean {
		return this.endedAtMs !== undefined;
	}

	/** Adds the octets `start` up to `end`; at most `MEDIA_LIMITS.packetSamplesMax`. */
	append(octets: Uint8Array, start: number, end: number): void {
		if (this.ended) return;
		const part = this.#partFor(end - start);
		if (part === undefined) {
			this.lostSamples += end - start;
		} else {
			part.octets.set(octets.subarray(start, end), part.length);
			part.length += end - start;
		}
		this.samples += end - start;
	}

	/** As `append`, each octet through a table first. */
	appendMapped(octets: Uint8Array, start: number, end: number, table: Uint8Array): void {
		const mapped = new Uint8Array(end - start);
		for (let i = 0; i < mapped.length; i++) mapped[i] = table[octets[start + i]!]!;
		this.append(mapped, 0, mapped.length);
	}

	/**
	 * Adds the last 20 ms again and again, each time through `table` (which makes it softer).
	 * @returns samples added: fewer where too little of the past is still in memory.
	 */
	repeatLast(samples: number, table: Uint8Array): number {
		const period = 160;
		const part = this.#part;
		const follows = part.position + part.length === this.samples;
		if (!follows || part.length < period || part.length + samples > PART_BYTES) return 0;
		for (let i = 0; i < samples; i++) part.octets[part.length + i] = table[part.octets[part.length + i - period]!]!;
		part.length += samples;
		this.samples += samples;
		return samples;
	}

	/** Adds silence: a hole, which is read as silence. */
	skip(samples: number): void {
		this.samples += samples;
	}

	/** What is not wanted any more is not written any more. */
	discard(nowMs: number): void {
		this.endedAtMs ??= nowMs;
		this.take(nowMs);
		this.taken();
	}

	/** What waits for the disk, in order; each part must be copied before the next `append`. */
	take(nowMs: number): readonly PendingPart[] {
		this.takenAtMs = nowMs;
		const parts = [...this.#waiting, this.#part].filter((part) => part.length > 0);
		this.#budget.bytes -= this.#waiting.length * PART_BYTES;
		this.#waiting = [];
		return parts;
	}

	/** To be called when the parts that `take` gave are copied. */
	taken(): void {
		if (this.ended) this.#part = { position: 0, length: 0, octets: NO_OCTETS };
		this.#part.length = 0;
	}

	summary(): RecordingSummary {
		const { recordingId, encoding, speechMs, lostSamples } = this;
		const perMs = MEDIA_LIMITS.clockRateHz / 1000;
		const summary = { recordingId, durationMs: Math.floor(this.samples / perMs), encoding, speechMs };
		return lostSamples === 0 ? summary : { ...summary, lostMs: Math.ceil(lostSamples / perMs) };
	}

	/** The part that takes the next octets, or undefined where memory for what waits is used up. */
	#partFor(bytes: number): PendingPart | undefined {
		const part = this.#part;
		if (part.length === 0) {
			part.position = this.samples;
			return part;
		}
		const follows = part.position + part.length === this.samples;
		if (follows && part.length + bytes <= PART_BYTES) return part;
		const waitingBytes = (this.#waiting.length + 1) * PART_BYTES;
		if (waitingBytes > MEDIA_LIMITS.logPendingBytesPerRecordingMax) return undefined;
		if (this.#budget.bytes + PART_BYTES > MEDIA_LIMITS.logPendingBytesMax) return undefined;
		this.#budget.bytes += PART_BYTES;
		this.#waiting.push(part);
		this.#part = { position: this.samples, length: 0, octets: Buffer.allocUnsafeSlow(PART_BYTES) };
		return this.#part;
	}
}
