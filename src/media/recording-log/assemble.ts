/** A recording put together from its chunks on disk. */

import { closeSync, openSync, readSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { setImmediate } from "node:timers/promises";
import {
	AUDIO_FORMS,
	energyOfDbfs,
	energyTable,
	isG711,
	l16ToPcm,
	linearEnergy,
	packetEnergy,
	SILENCE_OCTET,
} from "../../audio/index.ts";
import { MEDIA_LIMITS } from "../limits.ts";
import type { TelephoneAudio, TelephoneEncoding } from "../types.ts";
import { readChunk } from "./format.ts";

/** Where the audio chunks of one recording stand: three numbers each. Grows by doubling; some 12 octets a chunk. */
export class ChunkIndex {
	#places = new Uint32Array(24);
	#length = 0;

	get length(): number {
		return this.#length / 3;
	}

	add(segment: number, offset: number, bytes: number): void {
		if (this.#length + 3 > this.#places.length) {
			const larger = new Uint32Array(this.#places.length * 2);
			larger.set(this.#places);
			this.#places = larger;
		}
		this.#places[this.#length++] = segment;
		this.#places[this.#length++] = offset;
		this.#places[this.#length++] = bytes;
	}

	at(index: number): { segment: number; offset: number; bytes: number } {
		const at = 3 * index;
		return { segment: this.#places[at]!, offset: this.#places[at + 1]!, bytes: this.#places[at + 2]! };
	}
}

/** Chunks read between two turns of the event loop where reading blocks it: some 0.1 ms. */
const CHUNKS_PER_TURN = 32;

export interface AssembleOptions {
	readonly index: ChunkIndex;
	readonly encoding: TelephoneEncoding;
	/** Length; undefined where no end was written: then as far as the chunks reach. */
	readonly octets: number | undefined;
	pathOf(segment: number): string;
	/** The files are surely in the page cache: read without the detour over the thread pool. */
	readonly cached: boolean;
}

/**
 * Chunks that are missing or harmed are silence, so that what follows stays in its place.
 * @throws where a file cannot be opened or read.
 */
export async function assemble(options: AssembleOptions): Promise<TelephoneAudio> {
	const timeline = new Timeline(options.encoding, options.octets);
	if (options.cached) await readCached(options, timeline);
	else await readAll(options, timeline);
	return { encoding: options.encoding, samples: timeline.samples() };
}

/** Audio put into its places. Memory of its own, since it is moved to the thread that asked. */
class Timeline {
	readonly #silence: number;
	readonly #length: number | undefined;
	#octets: Uint8Array<ArrayBuffer>;
	#reach = 0;

	/** @param length where it is known; else as far as the audio reaches. */
	constructor(encoding: TelephoneEncoding, length: number | undefined) {
		this.#silence = encoding === "L16" ? 0 : SILENCE_OCTET[encoding];
		this.#length = length;
		this.#octets = new Uint8Array(length ?? 0).fill(this.#silence);
	}

	/** @param raw a chunk as it stands in the log; not kept. */
	add(raw: Buffer): void {
		const chunk = readChunk(raw, 0, MEDIA_LIMITS.logChunkBytesMax);
		if (chunk?.kind !== "audio") return;
		const end = chunk.position + chunk.body.length;
		if (this.#length === undefined) this.#growTo(end);
		const last = Math.min(end, this.#octets.length);
		if (last > chunk.position) this.#octets.set(chunk.body.subarray(0, last - chunk.position), chunk.position);
	}

	samples(): Uint8Array {
		return this.#length === undefined ? this.#octets.slice(0, this.#reach) : this.#octets;
	}

	#growTo(end: number): void {
		this.#reach = Math.max(this.#reach, end);
		if (end <= this.#octets.length) return;
		const larger = new Uint8Array(Math.max(end, 2 * this.#octets.length)).fill(this.#silence);
		larger.set(this.#octets);
		this.#octets = larger;
	}
}

/** One buffer for all chunks of a reading, as large as the largest. */
function chunkBuffer(index: ChunkIndex): Buffer {
	let largest = 0;
	for (let i = 0; i < index.length; i++) largest = Math.max(largest, index.at(i).bytes);
	return Buffer.allocUnsafeSlow(largest);
}

async function readCached({ index, pathOf }: AssembleOptions, timeline: Timeline): Promise<void> {
	const buffer = chunkBuffer(index);
	let file: number | undefined;
	let openSegment = -1;
	try {
		for (let i = 0; i < index.length; i++) {
			const { segment, offset, bytes } = index.at(i);
			if (segment !== openSegment) {
				if (file !== undefined) closeSync(file);
				file = undefined;
				file = openSync(pathOf(segment), "r");
				openSegment = segment;
			}
			if (readSync(file!, buffer, 0, bytes, offset) === bytes) timeline.add(buffer.subarray(0, bytes));
			if (i % CHUNKS_PER_TURN === CHUNKS_PER_TURN - 1) await setImmediate();
		}
	} finally {
		if (file !== undefined) closeSync(file);
	}
}

async function readAll({ index, pathOf }: AssembleOptions, timeline: Timeline): Promise<void> {
	const buffer = chunkBuffer(index);
	let file: FileHandle | undefined;
	let openSegment = -1;
	try {
		for (let i = 0; i < index.length; i++) {
			const { segment, offset, bytes } = index.at(i);
			if (segment !== openSegment) {
				await file?.close();
				file = undefined;
				file = await open(pathOf(segment), "r");
				openSegment = segment;
			}
			const { bytesRead } = await file!.read(buffer, 0, bytes, offset);
			if (bytesRead === bytes) timeline.add(buffer.subarray(0, bytes));
		}
	} finally {
		await file?.close();
	}
}

/** Time louder than the silence level, where no summary was written; in steps of 20 ms as packets have them. */
export function speechMsOf(audio: TelephoneAudio): number {
	const threshold = energyOfDbfs(MEDIA_LIMITS.silenceLevelDbfs);
	const block = SPEECH_STEP_MS * AUDIO_FORMS[audio.encoding].octetsPerMs;
	const { samples } = audio;
	let speechMs = 0;
	for (let at = 0; at + block <= samples.length; at += block) {
		const energy = isG711(audio)
			? packetEnergy(energyTable(audio.encoding), samples, at, at + block)
			: linearEnergy(l16ToPcm(samples.subarray(at, at + block)));
		if (energy > threshold) speechMs += SPEECH_STEP_MS;
	}
	return speechMs;
}

const SPEECH_STEP_MS = 20;
