/** A recording put together from its chunks on disk. */

import { closeSync, openSync, readSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { setImmediate } from "node:timers/promises";
import { energyOfDbfs, energyTable, packetEnergy, SILENCE_OCTET } from "../../audio/index.ts";
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
	readonly samples: number | undefined;
	pathOf(segment: number): string;
	/** The files are surely in the page cache: read without the detour over the thread pool. */
	readonly cached: boolean;
}

/**
 * Audio in shared memory. Chunks that are missing or harmed are silence, so that what follows stays in its place.
 * @throws where a file cannot be opened or read.
 */
export async function assemble(options: AssembleOptions): Promise<TelephoneAudio> {
	const parts = options.cached ? await readCached(options) : await readAll(options);
	const reach = parts.reduce((end, part) => Math.max(end, part.position + part.audio.length), 0);
	const length = options.samples ?? reach;
	const samples = new Uint8Array(new SharedArrayBuffer(length));
	samples.fill(SILENCE_OCTET[options.encoding]);
	for (const { position, audio } of parts) {
		if (position < length) samples.set(audio.subarray(0, length - position), position);
	}
	return { encoding: options.encoding, samples };
}

interface Part {
	readonly position: number;
	readonly audio: Buffer;
}

function toPart(raw: Buffer): Part[] {
	const chunk = readChunk(raw, 0, MEDIA_LIMITS.logChunkBytesMax);
	return chunk?.kind === "audio" ? [{ position: chunk.position, audio: chunk.body }] : [];
}

async function readCached({ index, pathOf }: AssembleOptions): Promise<Part[]> {
	const parts: Part[] = [];
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
			const raw = Buffer.allocUnsafe(bytes);
			if (readSync(file!, raw, 0, bytes, offset) === bytes) parts.push(...toPart(raw));
			if (i % CHUNKS_PER_TURN === CHUNKS_PER_TURN - 1) await setImmediate();
		}
	} finally {
		if (file !== undefined) closeSync(file);
	}
	return parts;
}

async function readAll({ index, pathOf }: AssembleOptions): Promise<Part[]> {
	const parts: Part[] = [];
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
			const raw = Buffer.allocUnsafe(bytes);
			const { bytesRead } = await file!.read(raw, 0, bytes, offset);
			if (bytesRead === bytes) parts.push(...toPart(raw));
		}
	} finally {
		await file?.close();
	}
	return parts;
}

/** Time louder than the silence level, where no summary was written; in steps of 20 ms as packets have them. */
export function speechMsOf(audio: TelephoneAudio): number {
	const energy = energyTable(audio.encoding);
	const threshold = energyOfDbfs(MEDIA_LIMITS.silenceLevelDbfs);
	let speechMs = 0;
	for (let at = 0; at + 160 <= audio.samples.length; at += 160) {
		if (packetEnergy(energy, audio.samples, at, at + 160) > threshold) speechMs += 20;
	}
	return speechMs;
}
