/**
 * Telephone audio as a blob: a WAV file with the G.711 octets as they came from the wire (RFC 2361: formats 6 and 7),
 * so that whoever holds the file can play it. Pure.
 */
import type { TelephoneAudio, TelephoneEncoding } from "../domain/index.ts";

const FORMAT: Record<TelephoneEncoding, number> = { PCMA: 6, PCMU: 7 };
const ENCODINGS = ["PCMU", "PCMA"] as const;
const SAMPLE_RATE_HZ = 8_000;
/** RIFF, fmt (18 octets: other than PCM needs the size of its extension, 0), fact (sample count), head of data. */
const HEADER_BYTES = 12 + 26 + 12 + 8;

export const SAMPLES_PER_MS = SAMPLE_RATE_HZ / 1000;

export function toBlob(audio: TelephoneAudio): Uint8Array {
	const { samples } = audio;
	const blob = new Uint8Array(HEADER_BYTES + padded(samples.length));
	blob.set(headerOf(audio.encoding, samples.length));
	blob.set(samples, HEADER_BYTES);
	return blob;
}

/** @returns undefined for anything that `toBlob` did not write whole. */
export function fromBlob(blob: Uint8Array): TelephoneAudio | undefined {
	if (blob.length < HEADER_BYTES) return undefined;
	const header = Buffer.from(blob.buffer, blob.byteOffset, HEADER_BYTES);
	const encoding = ENCODINGS.find((each) => FORMAT[each] === header.readUInt16LE(20));
	const samples = header.readUInt32LE(54);
	if (encoding === undefined || blob.length !== HEADER_BYTES + padded(samples)) return undefined;
	if (!headerOf(encoding, samples).equals(header)) return undefined;
	return { encoding, samples: new Uint8Array(blob.subarray(HEADER_BYTES, HEADER_BYTES + samples)) };
}

/** Chunks are padded to even length; the pad octet is not counted. */
const padded = (octets: number) => octets + (octets % 2);

function headerOf(encoding: TelephoneEncoding, samples: number): Buffer {
	const header = Buffer.alloc(HEADER_BYTES);
	header.write("RIFF", 0, "latin1");
	header.writeUInt32LE(HEADER_BYTES - 8 + padded(samples), 4);
	header.write("WAVEfmt ", 8, "latin1");
	header.writeUInt32LE(18, 16);
	header.writeUInt16LE(FORMAT[encoding], 20);
	header.writeUInt16LE(1, 22); // channels
	header.writeUInt32LE(SAMPLE_RATE_HZ, 24);
	header.writeUInt32LE(SAMPLE_RATE_HZ, 28); // octets a second
	header.writeUInt16LE(1, 32); // octets a sample frame
	header.writeUInt16LE(8, 34); // bits a sample
	header.write("fact", 38, "latin1");
	header.writeUInt32LE(4, 42);
	header.writeUInt32LE(samples, 46);
	header.write("data", 50, "latin1");
	header.writeUInt32LE(samples, 54);
	return header;
}
