import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { TelephoneAudio } from "../../src/audio/index.ts";
import { fromBlob, toBlob } from "../../src/mailbox/blob-audio.ts";

const blobOf = (audio: TelephoneAudio) => new Uint8Array(Buffer.concat(toBlob(audio)));

const audio = fc.record({
	encoding: fc.constantFrom("PCMU" as const, "PCMA" as const),
	samples: fc.uint8Array({ maxLength: 500 }),
});

describe("telephone audio as a blob", () => {
	test("comes back as it was put in", () => {
		fc.assert(fc.property(audio, (each) => void expect(fromBlob(blobOf(each))).toEqual(each)));
	});

	test("is written from the audio as it is: a copy of each message would fill the memory", () => {
		const samples = new Uint8Array(8000);
		expect(toBlob({ encoding: "PCMU", samples })[1]).toBe(samples);
		expect(toBlob({ encoding: "L16", samples })[1]!.buffer).toBe(samples.buffer);
	});

	test("is a WAV file of mono G.711 at 8,000 samples a second that any player knows", () => {
		const blob = Buffer.from(blobOf({ encoding: "PCMA", samples: new Uint8Array(3) }));
		expect(blob.toString("latin1", 0, 4)).toBe("RIFF");
		expect(blob.readUInt32LE(4)).toBe(blob.length - 8);
		expect(blob.length % 2).toBe(0);
		expect(blob.toString("latin1", 8, 16)).toBe("WAVEfmt ");
		expect([blob.readUInt16LE(20), blob.readUInt16LE(22), blob.readUInt32LE(24)]).toEqual([6, 1, 8000]);
		expect(blob.toString("latin1", 50, 54)).toBe("data");
		expect(blob.readUInt32LE(54)).toBe(3);
		expect(Buffer.from(blobOf({ encoding: "PCMU", samples: new Uint8Array(3) })).readUInt16LE(20)).toBe(7);
	});

	test("cut anywhere, or with an octet of its header changed, it is not read", () => {
		fc.assert(
			fc.property(audio, fc.nat(), fc.integer({ min: 1, max: 255 }), (each, at, change) => {
				const blob = blobOf(each);
				expect(fromBlob(blob.subarray(0, at % blob.length))).toBeUndefined();
				const damaged = blob.slice();
				// 20 is the format: PCMU and PCMA differ in it alone, which no length or order can tell.
				const where = at % 58;
				damaged[where]! ^= change;
				if (where !== 20) expect(fromBlob(damaged)).toBeUndefined();
			}),
		);
	});

	test("other bytes are not read, and never throw", () => {
		fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void expect(fromBlob(bytes)).toBeUndefined()));
	});
});
