/**
 * Recordings in files whose writer is gone: of an earlier process, or of a worker that crashed. They are read, handed
 * out, and their files removed when nothing in them is needed.
 */
import { appendFile, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { durationMsOf } from "../../audio/index.ts";
import type { LoggedRecording, MediaLog, TelephoneEncoding } from "../types.ts";
import { assemble, ChunkIndex, speechMsOf } from "./assemble.ts";
import {
	CHUNK_HEAD_BYTES,
	decodeEndBody,
	decodeHeaderBody,
	parseSegmentName,
	sealChunk,
	segmentName,
} from "./format.ts";
import { SegmentLedger } from "./ledger.ts";
import { type ScannedChunk, scanSegment } from "./scan.ts";

interface Lineage {
	readonly name: string;
	readonly ledger: SegmentLedger;
	/** The last file; done marks are added to it. */
	lastSegment: number;
}

interface Found {
	readonly lineage: Lineage;
	readonly number: number;
	readonly index: ChunkIndex;
	recordingId: string;
	startedAtMs: number;
	header: Uint8Array | undefined;
	encoding: TelephoneEncoding;
	octets: number | undefined;
	speechMs: number | undefined;
	done: boolean;
}

export class EarlierRecordings {
	/** By id, the latest take last. */
	readonly #byId = new Map<string, Found[]>();
	readonly #folder: string;
	readonly #log: MediaLog;

	constructor(folder: string, log: MediaLog) {
		this.#folder = folder;
		this.#log = log;
	}

	/** Takes over the files of writers that are gone: all that are there, or those of one lineage. */
	async load(lineageName?: string): Promise<void> {
		const files = (await readdir(this.#folder)).flatMap((name) => parseSegmentName(name) ?? []);
		const names = new Set(files.map((file) => file.lineage));
		for (const name of names) {
			if (lineageName !== undefined && name !== lineageName) continue;
			const numbers = files.filter((file) => file.lineage === name).map((file) => file.number);
			await this.#loadLineage(
				name,
				numbers.sort((a, b) => a - b),
			);
		}
		for (const takes of this.#byId.values()) takes.sort((a, b) => a.startedAtMs - b.startedAtMs);
	}

	/** Ids without done mark, in the order of their starts. */
	unfinished(): readonly string[] {
		const latest = [...this.#byId.values()].map((takes) => takes.at(-1)!);
		return latest.sort((a, b) => a.startedAtMs - b.startedAtMs).map((found) => found.recordingId);
	}

	/** Undefined where the id is unknown. @throws where the disk cannot be read. */
	async read(recordingId: string): Promise<LoggedRecording | undefined> {
		const found = this.#byId.get(recordingId)?.at(-1);
		if (found?.header === undefined) return undefined;
		const { index, encoding, octets, header, lineage } = found;
		const pathOf = (segment: number): string => join(this.#folder, segmentName(lineage.name, segment));
		const audio = await assemble({ index, encoding, octets, pathOf, cached: false });
		const durationMs = Math.floor(durationMsOf(audio));
		return { recordingId, durationMs, encoding, speechMs: found.speechMs ?? speechMsOf(audio), header, audio };
	}

	/** @returns false where the id is unknown here. */
	async done(recordingId: string): Promise<boolean> {
		const takes = this.#byId.get(recordingId);
		if (takes === undefined) return false;
		this.#byId.delete(recordingId);
		for (const take of takes) await this.#mark(take);
		for (const lineage of new Set(takes.map((take) => take.lineage))) await this.#removeUnneeded(lineage);
		return true;
	}

	async #loadLineage(name: string, numbers: readonly number[]): Promise<void> {
		const lineage: Lineage = { name, ledger: new SegmentLedger(), lastSegment: numbers.at(-1)! };
		const found = new Map<number, Found>();
		for (const number of numbers) {
			lineage.ledger.opened(number);
			const file = await readFile(join(this.#folder, segmentName(name, number)));
			const { harmedBytes } = scanSegment(file, (chunk) => takeChunk(lineage, found, number, chunk));
			if (harmedBytes > 0) {
				const fields = { file: segmentName(name, number), harmedBytes };
				this.#log.warn(fields, "part of the recording log cannot be read; the rest is kept");
			}
		}
		let headless = 0;
		for (const recording of found.values()) {
			if (recording.done) continue;
			if (recording.header === undefined) {
				// Nobody can say whose audio this is; it must not hold back the file for ever.
				headless++;
				lineage.ledger.marked(recording.number, lineage.lastSegment);
				continue;
			}
			const takes = this.#byId.get(recording.recordingId);
			if (takes === undefined) this.#byId.set(recording.recordingId, [recording]);
			else takes.push(recording);
		}
		if (headless > 0) this.#log.error({ lineage: name, headless }, "recordings without a readable header are dropped");
		await this.#removeUnneeded(lineage);
	}

	async #mark({ lineage, number, encoding }: Found): Promise<void> {
		const chunk = Buffer.alloc(CHUNK_HEAD_BYTES);
		sealChunk(chunk, 0, { kind: "done", encoding, recording: number, sequence: 0, position: 0 }, 0);
		try {
			await appendFile(join(this.#folder, segmentName(lineage.name, lineage.lastSegment)), chunk, { flush: true });
		} catch (error) {
			// The file may go away all the same; if not, the recording is handed out again at the next start.
			this.#log.warn({ err: error }, "a done mark could not be written");
		}
		lineage.ledger.marked(number, lineage.lastSegment);
	}

	async #removeUnneeded({ ledger, name }: Lineage): Promise<void> {
		for (const number of ledger.removable()) {
			await rm(join(this.#folder, segmentName(name, number)), { force: true });
			ledger.removed(number);
		}
	}
}

function takeChunk(lineage: Lineage, found: Map<number, Found>, segment: number, chunk: ScannedChunk): void {
	let recording = found.get(chunk.recording);
	if (recording === undefined) {
		recording = {
			lineage,
			number: chunk.recording,
			index: new ChunkIndex(),
			recordingId: "",
			startedAtMs: 0,
			header: undefined,
			encoding: chunk.encoding,
			octets: undefined,
			speechMs: undefined,
			done: false,
		};
		found.set(chunk.recording, recording);
	}
	if (chunk.kind === "done") {
		recording.done = true;
		lineage.ledger.marked(chunk.recording, segment);
		return;
	}
	lineage.ledger.wrote(chunk.recording, segment);
	if (chunk.kind === "audio") recording.index.add(segment, chunk.offset, chunk.bytes);
	if (chunk.kind === "header") Object.assign(recording, decodeHeaderBody(chunk.body));
	if (chunk.kind === "end") Object.assign(recording, decodeEndBody(chunk.body));
}
