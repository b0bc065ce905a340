/**
 * The recording log of one worker: all its recordings appended to one file at a time.
 *
 * Every `logTurnMs` the recordings whose turn it is go into one write; one fdatasync a second serves them all, and one
 * comes sooner where a recording ended and somebody waits for it to be durable. At most one write is under way. A write
 * that fails is kept and tried again at the same place, so that nothing that was taken is lost.
 */
import { type FileHandle, open, rm } from "node:fs/promises";
import { join } from "node:path";
import { durationMsOf } from "../../audio/index.ts";
import { MEDIA_LIMITS } from "../limits.ts";
import type { LoggedRecording, MediaLog, RecordingSummary, TelephoneEncoding } from "../types.ts";
import { assemble } from "./assemble.ts";
import { Batch } from "./batch.ts";
import { encodeHeaderBody, segmentName } from "./format.ts";
import { SegmentLedger } from "./ledger.ts";
import { LogRecording, type PendingBudget } from "./recording.ts";
import { Waiters } from "./waiters.ts";

/** The disk did not take a recording; `message` is one sentence. */
export class RecordingLogError extends Error {
	override readonly name = "RecordingLogError";
}

export interface LogWriterOptions {
	readonly folder: string;
	/** Names this writer's files; never used before. Lower-case letters, digits, hyphens. */
	readonly lineage: string;
	readonly log: MediaLog;
}

interface Segment {
	readonly number: number;
	readonly file: FileHandle;
	readonly openedAtMs: number;
	bytes: number;
	/** Something was written since the last fdatasync. */
	dirty: boolean;
	/** Writes that failed one after the other. */
	failures: number;
}

/** After so many failures a new file is tried: the fault may be that of one file. */
const FAILURES_BEFORE_NEW_FILE = 3;

const isFailing = (segment: Segment): boolean => segment.failures >= FAILURES_BEFORE_NEW_FILE;

export class LogWriter {
	/** For metrics. */
	bytesWritten = 0;
	writesFailed = 0;
	syncs = 0;

	readonly #options: LogWriterOptions;
	readonly #budget: PendingBudget = { bytes: 0 };
	readonly #ledger = new SegmentLedger();
	readonly #batch = new Batch();
	readonly #waiters = new Waiters();
	/** By id, the latest take last. */
	readonly #byId = new Map<string, LogRecording[]>();
	/** Not ended, or its end not yet taken for writing. */
	readonly #active = new Set<LogRecording>();
	#doneMarks: LogRecording[] = [];
	#segment: Segment | undefined;
	#nextSegment = 0;
	#nextRecording = 0;
	#busy = false;
	#retryAtMs = 0;
	#syncedAtMs = 0;
	#sweepWanted = false;
	#sweptAtMs = 0;

	constructor(options: LogWriterOptions) {
		this.#options = options;
	}

	/** A write is under way. */
	get busy(): boolean {
		return this.#busy;
	}

	get activeCount(): number {
		return this.#active.size;
	}

	get segmentCount(): number {
		return this.#ledger.size;
	}

	get pendingBytes(): number {
		return this.#budget.bytes + this.#batch.bytes;
	}

	/** Starts a recording. Nothing is on disk before its first turn. */
	begin(
		recordingId: string,
		header: Uint8Array,
		encoding: TelephoneEncoding,
		nowMs: number,
		wallMs: number,
	): LogRecording {
		const number = this.#nextRecording++;
		const headerBody = encodeHeaderBody({ recordingId, startedAtMs: wallMs, header });
		const budget = this.#budget;
		const recording = new LogRecording({ number, recordingId, encoding, header, headerBody, budget, nowMs });
		this.#active.add(recording);
		const takes = this.#byId.get(recordingId);
		if (takes === undefined) this.#byId.set(recordingId, [recording]);
		else takes.push(recording);
		return recording;
	}

	/** Ends a recording. Resolves when it is durable; rejects where the disk does not take it within a set time. */
	end(recording: LogRecording, speechMs: number, nowMs: number): Promise<RecordingSummary> {
		if (!recording.ended) {
			recording.endedAtMs = nowMs;
			recording.speechMs = speechMs;
			if (recording.lostOctets > 0) {
				const { recordingId, lostMs } = recording.summary();
				this.#options.log.error({ recordingId, lostMs }, "the disk did not take part of a recording");
			}
		}
		const error = new RecordingLogError(
			`Recording ${recording.recordingId} could not be made durable: the disk is full or hangs.`,
		);
		return this.#waiters
			.durable(recording, nowMs + MEDIA_LIMITS.logDurableMsMax, error)
			.then(() => recording.summary());
	}

	/** The recording is not needed any more. Resolves when that is written (not: durable). */
	async done(recordingId: string, nowMs: number): Promise<void> {
		const takes = this.#byId.get(recordingId);
		if (takes === undefined) return;
		this.#byId.delete(recordingId);
		for (const take of takes) {
			take.discard(nowMs);
			this.#active.delete(take);
			this.#doneMarks.push(take);
		}
		const error = new RecordingLogError(
			`Recording ${recordingId} could not be marked as done: the disk is full or hangs.`,
		);
		await this.#waiters.written(nowMs + MEDIA_LIMITS.logDurableMsMax, error);
	}

	/** Reads a recording, also a running one as far as it is heard. Undefined where it is unknown. */
	async read(recordingId: string, nowMs: number): Promise<LoggedRecording | undefined> {
		const recording = this.#byId.get(recordingId)?.at(-1);
		if (recording === undefined) return undefined;
		if (this.#active.has(recording) || this.#batch.bytes > 0) {
			recording.takenAtMs = Number.NEGATIVE_INFINITY;
			const error = new RecordingLogError(`Recording ${recordingId} could not be written: the disk is full or hangs.`);
			await this.#waiters.written(nowMs + MEDIA_LIMITS.logDurableMsMax, error);
		}
		const { lineage, folder } = this.#options;
		const audio = await assemble({
			index: recording.index,
			encoding: recording.encoding,
			octets: recording.ended ? recording.octets : undefined,
			pathOf: (segment) => join(folder, segmentName(lineage, segment)),
			cached: nowMs - (recording.endedAtMs ?? nowMs) < MEDIA_LIMITS.logCachedMs,
		});
		const durationMs = Math.floor(durationMsOf(audio));
		return { ...recording.summary(), durationMs, header: recording.header, audio };
	}

	/** To be called every `logTurnMs`. */
	turn(nowMs: number): void {
		this.#waiters.expire(nowMs);
		if (this.#busy || nowMs < this.#retryAtMs) return;
		void this.#cycle(nowMs);
	}

	/** Ends what runs, writes everything and closes. Gives up, with a log line, where the disk does not take it. */
	async close(nowMs: number): Promise<void> {
		for (const recording of this.#active) {
			recording.endedAtMs ??= nowMs;
			recording.takenAtMs = Number.NEGATIVE_INFINITY;
		}
		while (this.#busy) await this.#waiters.cycleOver();
		// Once for a batch that failed before, once for what waits behind it.
		if (this.#batch.bytes > 0) await this.#cycle(nowMs + MEDIA_LIMITS.logSyncMs);
		await this.#cycle(nowMs + 2 * MEDIA_LIMITS.logSyncMs);
		const segment = this.#segment;
		this.#segment = undefined;
		await segment?.file.close();
		await this.#removeUnneeded();
		if (this.#batch.bytes > 0 || this.#active.size > 0) {
			this.#options.log.error({ bytes: this.pendingBytes }, "recordings lost at the end: the disk did not take them");
		}
		this.#waiters.rejectAll(new RecordingLogError("The recording log is closed."));
	}

	async #cycle(nowMs: number): Promise<void> {
		this.#busy = true;
		try {
			if (this.#batch.bytes === 0) await this.#collect(nowMs);
			else if (this.#segment === undefined || isFailing(this.#segment)) await this.#rotate(nowMs);
			if (this.#batch.bytes > 0) await this.#write();
			this.#waiters.wroteAll();
			const syncDue = nowMs - this.#syncedAtMs >= MEDIA_LIMITS.logSyncMs;
			if (this.#segment?.dirty && (syncDue || this.#waiters.durableWanted)) await this.#sync(this.#segment, nowMs);
			if (this.#sweepWanted && nowMs - this.#sweptAtMs >= MEDIA_LIMITS.logSyncMs) await this.#sweep(nowMs);
		} catch (error) {
			this.writesFailed++;
			if (this.#segment !== undefined) this.#segment.failures++;
			this.#retryAtMs = nowMs + MEDIA_LIMITS.logRetryMs;
			const fields = { err: error, pendingBytes: this.pendingBytes, retryMs: MEDIA_LIMITS.logRetryMs };
			this.#options.log.error(fields, "writing the recording log failed; it is tried again");
		} finally {
			this.#busy = false;
			this.#waiters.endCycle();
		}
	}

	/** Fills the batch with what is due. */
	async #collect(nowMs: number): Promise<void> {
		const dueMs = nowMs - MEDIA_LIMITS.logWriteMs + MEDIA_LIMITS.logTurnMs / 2;
		const isDue = (recording: LogRecording): boolean => recording.ended || recording.takenAtMs <= dueMs;
		let due = false;
		for (const recording of this.#active) due ||= isDue(recording);
		// What begins to wait from here on is not served by this cycle.
		this.#waiters.beginCycle();
		if (!due && this.#doneMarks.length === 0) return;
		if (this.#segment === undefined || this.#isFull(this.#segment, nowMs)) await this.#rotate(nowMs);
		const segment = this.#segment!;
		for (const recording of this.#active) {
			if (!isDue(recording)) continue;
			this.#batch.addRecording(recording, segment.number, nowMs);
			if (recording.endTaken) this.#active.delete(recording);
		}
		const marks = this.#doneMarks;
		this.#doneMarks = [];
		// Of what never reached the disk nothing can come back.
		for (const recording of marks) if (recording.headerSegment >= 0) this.#batch.addDone(recording);
		if (marks.length > 0) this.#sweepWanted = true;
	}

	#isFull(segment: Segment, nowMs: number): boolean {
		const old = nowMs - segment.openedAtMs >= MEDIA_LIMITS.logSegmentMsMax;
		if (isFailing(segment)) return true;
		return segment.bytes >= MEDIA_LIMITS.logSegmentBytesMax || (old && segment.bytes > 0);
	}

	async #write(): Promise<void> {
		const segment = this.#segment!;
		const batch = this.#batch;
		// Always at the same place, so that a write that failed half-way is written over.
		for (let at = 0; at < batch.bytes; ) {
			const { bytesWritten } = await segment.file.write(batch.buffer, at, batch.bytes - at, segment.bytes + at);
			at += bytesWritten;
		}
		for (const { recording, kind, offset, bytes } of batch.entries) {
			if (kind === "done") this.#ledger.marked(recording.number, segment.number);
			else this.#ledger.wrote(recording.number, segment.number);
			if (kind === "audio") recording.index.add(segment.number, segment.bytes + offset, bytes);
			if (kind === "end") this.#waiters.endWritten(recording);
		}
		segment.bytes += batch.bytes;
		segment.dirty = true;
		segment.failures = 0;
		this.bytesWritten += batch.bytes;
		batch.clear();
	}

	async #sync(segment: Segment, nowMs: number): Promise<void> {
		try {
			await segment.file.datasync();
		} catch (error) {
			// The kernel forgets what it could not write: a later success would not mean that this data is safe.
			this.#waiters.rejectWritten(new RecordingLogError("The disk failed while a recording was made durable."));
			segment.failures = FAILURES_BEFORE_NEW_FILE;
			throw error;
		}
		this.syncs++;
		segment.dirty = false;
		this.#syncedAtMs = nowMs;
		this.#waiters.synced();
	}

	/** Goes on in a new file; the old one is made durable first. */
	async #rotate(nowMs: number): Promise<void> {
		const old = this.#segment;
		if (old !== undefined) {
			if (old.dirty && old.failures === 0) await this.#sync(old, nowMs);
			this.#segment = undefined;
			await old.file.close();
			this.#sweepWanted = true;
		}
		const { folder, lineage } = this.#options;
		const number = this.#nextSegment++;
		const file = await open(join(folder, segmentName(lineage, number)), "wx", 0o600);
		this.#segment = { number, file, openedAtMs: nowMs, bytes: 0, dirty: false, failures: 0 };
		this.#ledger.opened(number);
		await syncFolder(folder);
	}

	async #sweep(nowMs: number): Promise<void> {
		this.#sweptAtMs = nowMs;
		const segment = this.#segment;
		// An old file of which nothing is needed would otherwise stay until the next call.
		if (segment !== undefined && this.#isFull(segment, nowMs) && this.#active.size === 0) {
			this.#segment = undefined;
			await segment.file.close();
		}
		this.#sweepWanted = this.#segment !== undefined && this.#active.size === 0;
		await this.#removeUnneeded();
	}

	async #removeUnneeded(): Promise<void> {
		for (const number of this.#ledger.removable(this.#segment?.number)) {
			await rm(join(this.#options.folder, segmentName(this.#options.lineage, number)), { force: true });
			this.#ledger.removed(number);
		}
	}
}

/** Without it a new file's name may be gone after a power cut, and its durable contents with it. */
async function syncFolder(folder: string): Promise<void> {
	const handle = await open(folder, "r");
	try {
		await handle.sync();
	} finally {
		await handle.close();
	}
}
