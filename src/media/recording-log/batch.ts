/** Chunks on their way to disk in one write. */
import { CHUNK_HEAD_BYTES, encodeEndBody, sealChunk } from "./format.ts";
import type { LogRecording } from "./recording.ts";

export interface BatchEntry {
	readonly recording: LogRecording;
	readonly kind: "header" | "audio" | "end" | "done";
	readonly offset: number;
	readonly bytes: number;
}

const CAPACITY_BYTES = 64 * 1024;
/** A larger buffer, left from a time when the disk hung, is given back. */
const CAPACITY_KEPT_BYTES = 8 * 1024 * 1024;

export class Batch {
	entries: BatchEntry[] = [];
	bytes = 0;
	buffer = Buffer.allocUnsafeSlow(CAPACITY_BYTES);

	/** Takes what waits of a recording; its header first where the file `segment` does not hold it yet. */
	addRecording(recording: LogRecording, segment: number, nowMs: number): void {
		const parts = recording.take(nowMs);
		const ending = recording.ended && !recording.endTaken;
		if (parts.length === 0 && !ending) return;
		if (recording.headerSegment !== segment) {
			this.#add(recording, "header", 0, recording.headerBody, recording.headerBody.length);
			recording.headerSegment = segment;
		}
		for (const part of parts) this.#add(recording, "audio", part.position, part.octets, part.length);
		recording.taken();
		if (!ending) return;
		const end = encodeEndBody({ octets: recording.octets, speechMs: recording.speechMs });
		this.#add(recording, "end", recording.octets, end, end.length);
		recording.endTaken = true;
	}

	addDone(recording: LogRecording): void {
		this.#add(recording, "done", recording.octets, Buffer.alloc(0), 0);
	}

	clear(): void {
		this.entries = [];
		this.bytes = 0;
		if (this.buffer.length > CAPACITY_KEPT_BYTES) this.buffer = Buffer.allocUnsafeSlow(CAPACITY_BYTES);
	}

	#add(recording: LogRecording, kind: BatchEntry["kind"], position: number, body: Buffer, length: number): void {
		const needed = this.bytes + CHUNK_HEAD_BYTES + length;
		if (needed > this.buffer.length) {
			const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.buffer.length * 2));
			this.buffer.copy(larger, 0, 0, this.bytes);
			this.buffer = larger;
		}
		body.copy(this.buffer, this.bytes + CHUNK_HEAD_BYTES, 0, length);
		const head = { kind, encoding: recording.encoding, recording: recording.number, position };
		const bytes = sealChunk(this.buffer, this.bytes, { ...head, sequence: recording.sequence++ }, length);
		this.entries.push({ recording, kind, offset: this.bytes, bytes });
		this.bytes += bytes;
	}
}
