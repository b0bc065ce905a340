/** Reading a log file of which any part may be torn or harmed: what is whole is kept. Pure. */
import { MEDIA_LIMITS } from "../limits.ts";
import { type Chunk, MAGIC, readChunk } from "./format.ts";

export interface ScannedChunk extends Chunk {
	/** Where in the file it begins. */
	readonly offset: number;
}

export interface ScanResult {
	/** Octets that belong to no whole chunk: a torn tail, harmed chunks. */
	readonly harmedBytes: number;
}

/** Bodies are audio (bounded by the writer), or a header with its id. */
const BODY_BYTES_MAX = MEDIA_LIMITS.logChunkBytesMax;

/** Calls `onChunk` for each whole chunk in the order of the file. */
export function scanSegment(file: Buffer, onChunk: (chunk: ScannedChunk) => void): ScanResult {
	let at = 0;
	let harmedBytes = 0;
	while (at < file.length) {
		const chunk = readChunk(file, at, BODY_BYTES_MAX);
		if (chunk !== undefined) {
			onChunk({ ...chunk, offset: at });
			at += chunk.bytes;
			continue;
		}
		// Whatever stands here is no chunk: go on at the next place that looks like one.
		const found = file.indexOf(MAGIC, at + 1);
		const next = found < 0 ? file.length : found;
		harmedBytes += next - at;
		at = next;
	}
	return { harmedBytes };
}
