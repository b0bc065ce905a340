/** Payloads of any octets into the decoders: audio of the length that the packet claims, at most what a packet may hold. */
import { makeDecoder, type PacketDecoder } from "../../src/media/codec/packets.ts";
import { MEDIA_LIMITS } from "../../src/media/limits.ts";
import { type FuzzTarget, must } from "../target.ts";

/** One for all cases, as in a stream: what one packet leaves behind must not break the next. */
const decoders = new Map<string, PacketDecoder>();

function decoderOf(codec: "G722" | "opus"): PacketDecoder {
	const decoder = decoders.get(codec) ?? makeDecoder(codec)!;
	decoders.set(codec, decoder);
	return decoder;
}

export const codecs: FuzzTarget = {
	name: "codecs",
	share: 1,
	generate: (random) => {
		const octets = Buffer.from(Array.from({ length: random.between(1, 120) }, () => random.between(0, 255)));
		// One frame of wideband speech, as phones send it.
		if (random.chance(0.5)) octets[0] = 0x48;
		return octets;
	},
	run: (octets) => {
		const payload = octets.subarray(0, MEDIA_LIMITS.packetSamplesMax);
		const narrow = decoderOf("G722").decode(payload, 0, payload.length);
		must(narrow.length === 2 * payload.length, `G.722 made ${narrow.length} samples of ${payload.length} octets`);
		const wide = decoderOf("opus").decode(payload, 0, payload.length);
		must(wide.length <= 1_920, `Opus made ${wide.length} samples of one packet`);
	},
};
