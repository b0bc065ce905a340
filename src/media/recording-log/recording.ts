/** One recording as the log's writer holds it: what is not on disk yet, and where on disk the rest stands. */
import { AUDIO_FORMS } from "../../audio/index.ts";
import { MEDIA_LIMITS } from "../limits.ts";
import type { RecordingSummary, TelephoneEncoding } from "../types.ts";
import { ChunkIndex } from "./assemble.ts";

/** Audio that waits for its turn to be written. */
export interface PendingPart {
	position: number;
	length: number;
	readonly octets: Buffer;
}

/** Room for a turn that comes late. */
const PART_MS = 768;
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
	octets = 0;
	/** Lost because the disk did not take it; silence when read. */
	lostOctets = 0;
	speechMs = 0;
	sequence = 0;
	/** The file that already holds the header. */
	headerSegment = -1;
	/** When its audio was last taken for writing. */
	takenAtMs: number;
	endedAtMs: number | undefined;
	endTaken = false;

	readonly #budget: PendingBudget;
	readonly #partBytes: number;
	/** Full parts, and those before a hole. */
	#waiting: PendingPart[] = [];
	#part: PendingPart;
	/** The part's octets before they were taken, up to `#takenLength`, ending at the position `#takenEnd`. */
	#takenLength = 0;
	#takenEnd = 0;

	constructor(options: LogRecordingOptions) {
		this.number = options.number;
		this.recordingId = options.recordingId;
		this.encoding = options.encoding;
		this.header = options.header;
		this.headerBody = options.headerBody;
		this.takenAtMs = options.nowMs;
		this.#budget = options.budget;
		this.#partBytes = PART_MS * AUDIO_FORMS[options.encoding].octetsPerMs;
		this.#part = { position: 0, length: 0, octets: Buffer.allocUnsafeSlow(this.#partBytes) };
	}

	get ended(): boolean {
		return this.endedAtMs !== undefined;
	}

	/** Adds the octets `start` up to `end`; at most `MEDIA_LIMITS.packetSamplesMax`. */
	append(octets: Uint8Array, start: number, end: number): void {
		if (this.ended) return;
		const part = this.#partFor(end - start);
		if (part === undefined) {
			this.lostOctets += end - start;
		} else {
			part.octets.set(octets.subarray(start, end), part.length);
			part.length += end - start;
		}
		this.octets += end - start;
	}

	/** As `append`, each octet through a table first. */
	appendMapped(octets: Uint8Array, start: number, end: number, table: Uint8Array): void {
		const mapped = new Uint8Array(end - start);
		for (let i = 0; i < mapped.length; i++) mapped[i] = table[octets[start + i]!]!;
		this.append(mapped, 0, mapped.length);
	}

	/** Adds silence: a hole, which is read as silence. */
	skip(octets: number): void {
		this.octets += octets;
	}

	/** The last octets of audio, in order: as many of them as are still in memory, none behind a hole. A copy. */
	tail(count: number): Uint8Array<ArrayBuffer> {
		const { position, length, octets } = this.#part;
		const end = length > 0 ? position + length : this.#takenEnd;
		if (end !== this.octets) return new Uint8Array(0);
		const own = Math.min(count, length);
		const follows = length === 0 || this.#takenEnd === position;
		// What was taken stands where it stood until the part has grown over it.
		const before = follows ? Math.max(0, Math.min(count - own, this.#takenLength - length)) : 0;
		const tail = new Uint8Array(before + own);
		tail.set(octets.subarray(this.#takenLength - before, this.#takenLength));
		tail.set(octets.subarray(length - own, length), before);
		return tail;
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
		this.#budget.bytes -= this.#waiting.length * this.#partBytes;
		this.#waiting = [];
		return parts;
	}

	/** To be called when the parts that `take` gave are copied. */
	taken(): void {
		const part = this.#part;
		if (part.length > 0) {
			this.#takenLength = part.length;
			this.#takenEnd = part.position + part.length;
		}
		if (this.ended) {
			this.#part = { position: 0, length: 0, octets: NO_OCTETS };
			this.#takenLength = 0;
		}
		this.#part.length = 0;
	}

	summary(): RecordingSummary {
		const { recordingId, encoding, speechMs, lostOctets } = this;
		const { octetsPerMs } = AUDIO_FORMS[encoding];
		const summary = { recordingId, durationMs: Math.floor(this.octets / octetsPerMs), encoding, speechMs };
		return lostOctets === 0 ? summary : { ...summary, lostMs: Math.ceil(lostOctets / octetsPerMs) };
	}

	/** The part that takes the next octets, or undefined where memory for what waits is used up. */
	#partFor(bytes: number): PendingPart | undefined {
		const part = this.#part;
		if (part.length === 0) {
			part.position = this.octets;
			return part;
		}
		const follows = part.position + part.length === this.octets;
		if (follows && part.length + bytes <= this.#partBytes) return part;
		const waitingBytes = (this.#waiting.length + 1) * this.#partBytes;
		if (waitingBytes > MEDIA_LIMITS.logPendingBytesPerRecordingMax) return undefined;
		if (this.#budget.bytes + this.#partBytes > MEDIA_LIMITS.logPendingBytesMax) return undefined;
		this.#budget.bytes += this.#partBytes;
		this.#waiting.push(part);
		this.#part = { position: this.octets, length: 0, octets: Buffer.allocUnsafeSlow(this.#partBytes) };
		this.#takenLength = 0;
		return this.#part;
	}
}
