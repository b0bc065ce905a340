/** Breaks octets as networks, bugs and attackers do: some edits of some octets, seeded. */
import type { SeededRandom } from "../test/support/seeded-random.ts";

const OCTETS_MAX = 70_000;
/** Where readers of numbers, lines and lengths turn wrong. */
const PIECES = [
	...'\r\n\t \0"<>;:,=@%\\?()[]{}/',
	"\r\n\r\n",
	"\r\n ",
	"SIP/2.0",
	"z9hG4bK",
	"Content-Length: 0\r\n",
	"%00",
	"%",
	"-1",
	"4294967296",
	"99999999999999999999",
	"::",
	"[::1]",
	"\u00ff\u00fe",
	"é",
	"a=rtpmap:",
	"m=audio 0 RTP/AVP",
	"0.0.0.0",
].map((piece) => Buffer.from(piece, "latin1"));
const LONG = [255, 256, 4_096, 65_536];

export function mutate(octets: Uint8Array, random: SeededRandom): Uint8Array {
	let broken = Buffer.from(octets);
	for (let edits = random.between(1, 6); edits > 0; edits--) broken = edit(broken, random);
	return broken.subarray(0, OCTETS_MAX);
}

function edit(octets: Buffer<ArrayBuffer>, random: SeededRandom): Buffer<ArrayBuffer> {
	const at = random.between(0, octets.length);
	const length = Math.min(random.between(1, 12), octets.length - at);
	const before = octets.subarray(0, at);
	switch (random.between(0, 6)) {
		case 0: {
			if (at < octets.length) octets[at] = octets[at]! ^ (1 << random.between(0, 7));
			return octets;
		}
		case 1:
			return Buffer.concat([before, random.pick(PIECES), octets.subarray(at)]);
		case 2:
			return Buffer.concat([before, octets.subarray(at + length)]);
		case 3:
			return Buffer.concat([before, octets.subarray(at, at + length), octets.subarray(at)]);
		case 4:
			return Buffer.concat([before, random.pick(PIECES), octets.subarray(at + length)]);
		case 5:
			return octets.subarray(0, at);
		default: {
			if (!random.chance(0.05)) return Buffer.concat([before, Buffer.of(random.between(0, 255)), octets.subarray(at)]);
			const flood = Buffer.alloc(random.pick(LONG), random.pick(PIECES));
			return Buffer.concat([before, flood, octets.subarray(at)]);
		}
	}
}
