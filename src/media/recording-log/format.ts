/**
 * The recording log on disk: files of chunks, little-endian.
 *
 *  0  u32 magic "ABRC"
 *  4  u32 CRC-32 of everything after it, to the end of the body
 *  8  u32 length of the body
 * 12  u8  kind: 1 header, 2 audio, 3 end, 4 done
 * 13  u8  encoding: 0 µ-law, 8 A-law, 11 linear (L16, little-endian)
 * 14  u16 sampling rate in steps of 100 Hz; 0, as older releases wrote, is 8,000 Hz
 * 16  u32 recording: its number within the writer that made the file
 * 20  u32 sequence of the chunk within the recording
 * 24  u32 position: octets of audio before this chunk
 * 28      body
 *
 * Header body: u8 length of the id, id, f64 start in ms since 1970, the caller's header. It is repeated in every file
 * that holds audio of the recording, so that each file can be understood alone. Audio body: octets of the encoding.
 * End body: u32 octets of audio, u32 milliseconds of speech. Done body: empty.
 */
import { crc32 } from "node:zlib";
import { AUDIO_FORMS } from "../../audio/index.ts";
import type { TelephoneEncoding } from "../types.ts";

export type ChunkKind = "header" | "audio" | "end" | "done";

export const CHUNK_HEAD_BYTES = 28;
/** "ABRC" as it stands in the file. */
export const MAGIC = Buffer.from("ABRC", "latin1");
const KINDS: readonly (ChunkKind | undefined)[] = [undefined, "header", "audio", "end", "done"];

const ENCODING_NUMBERS: Readonly<Record<TelephoneEncoding, number>> = { PCMU: 0, PCMA: 8, L16: 11 };
const RATE_STEP_HZ = 100;

/** Undefined for what a later release may write: such a chunk is not ours to read. */
function encodingOf(number: number, rateHz: number): TelephoneEncoding | undefined {
	const encodings = Object.keys(ENCODING_NUMBERS) as TelephoneEncoding[];
	const encoding = encodings.find((one) => ENCODING_NUMBERS[one] === number);
	if (encoding === undefined || (rateHz !== 0 && rateHz !== AUDIO_FORMS[encoding].rateHz)) return undefined;
	return encoding;
}

export interface ChunkHead {
	readonly kind: ChunkKind;
	readonly encoding: TelephoneEncoding;
	readonly recording: number;
	readonly sequence: number;
	readonly position: number;
}

export interface Chunk extends ChunkHead {
	/** Octets of the whole chunk. */
	readonly bytes: number;
	/** A view into what was read. */
	readonly body: Buffer;
}

/** Writes a chunk whose body already stands at `at + CHUNK_HEAD_BYTES`. @returns octets of the whole chunk. */
export function sealChunk(target: Buffer, at: number, head: ChunkHead, bodyBytes: number): number {
	MAGIC.copy(target, at);
	target.writeUInt32LE(bodyBytes, at + 8);
	target[at + 12] = KINDS.indexOf(head.kind);
	target[at + 13] = ENCODING_NUMBERS[head.encoding];
	target.writeUInt16LE(AUDIO_FORMS[head.encoding].rateHz / RATE_STEP_HZ, at + 14);
	target.writeUInt32LE(head.recording, at + 16);
	target.writeUInt32LE(head.sequence, at + 20);
	target.writeUInt32LE(head.position, at + 24);
	const end = at + CHUNK_HEAD_BYTES + bodyBytes;
	target.writeUInt32LE(crc32(target.subarray(at + 8, end)), at + 4);
	return end - at;
}

/** @returns the chunk that begins at `at`, or undefined where none whole and unharmed does. */
export function readChunk(source: Buffer, at: number, bodyBytesMax: number): Chunk | undefined {
	if (at + CHUNK_HEAD_BYTES > source.length || source.compare(MAGIC, 0, 4, at, at + 4) !== 0) return undefined;
	const bodyBytes = source.readUInt32LE(at + 8);
	const kind = KINDS[source[at + 12]!];
	const end = at + CHUNK_HEAD_BYTES + bodyBytes;
	if (kind === undefined || bodyBytes > bodyBytesMax || end > source.length) return undefined;
	if (crc32(source.subarray(at + 8, end)) !== source.readUInt32LE(at + 4)) return undefined;
	const encoding = encodingOf(source[at + 13]!, source.readUInt16LE(at + 14) * RATE_STEP_HZ);
	if (encoding === undefined) return undefined;
	return {
		kind,
		encoding,
		recording: source.readUInt32LE(at + 16),
		sequence: source.readUInt32LE(at + 20),
		position: source.readUInt32LE(at + 24),
		bytes: end - at,
		body: source.subarray(at + CHUNK_HEAD_BYTES, end),
	};
}

export interface HeaderBody {
	readonly recordingId: string;
	readonly startedAtMs: number;
	readonly header: Uint8Array;
}

export function encodeHeaderBody({ recordingId, startedAtMs, header }: HeaderBody): Buffer {
	const body = Buffer.alloc(1 + recordingId.length + 8 + header.length);
	body[0] = recordingId.length;
	body.write(recordingId, 1, "latin1");
	body.writeDoubleLE(startedAtMs, 1 + recordingId.length);
	body.set(header, 9 + recordingId.length);
	return body;
}

export function decodeHeaderBody(body: Buffer): HeaderBody | undefined {
	const idBytes = body[0] ?? 0;
	if (idBytes === 0 || body.length < 9 + idBytes) return undefined;
	return {
		recordingId: body.toString("latin1", 1, 1 + idBytes),
		startedAtMs: body.readDoubleLE(1 + idBytes),
		header: Uint8Array.from(body.subarray(9 + idBytes)),
	};
}

export interface EndBody {
	readonly octets: number;
	readonly speechMs: number;
}

export function encodeEndBody({ octets, speechMs }: EndBody): Buffer {
	const body = Buffer.alloc(8);
	body.writeUInt32LE(octets, 0);
	body.writeUInt32LE(speechMs, 4);
	return body;
}

export const decodeEndBody = (body: Buffer): EndBody | undefined =>
	body.length < 8 ? undefined : { octets: body.readUInt32LE(0), speechMs: body.readUInt32LE(4) };

/** One writer's files share a lineage: `<lineage>.<number>.reclog`. */
export const segmentName = (lineage: string, number: number): string =>
	`${lineage}.${String(number).padStart(6, "0")}.reclog`;

export function parseSegmentName(name: string): { lineage: string; number: number } | undefined {
	const match = /^([0-9a-z-]{1,60})\.(\d{6,12})\.reclog$/.exec(name);
	return match === null ? undefined : { lineage: match[1]!, number: Number(match[2]) };
}
