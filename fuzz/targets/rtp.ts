/** RTP, RTCP and telephone-events: single packets, and whole streams put back in order. */
import { DTMF_DIGITS, noPress, receiveDtmf } from "../../src/media/dtmf/receive.ts";
import { parseRtp, writeRtpHeader } from "../../src/media/rtp/packet.ts";
import { RtpReceiver } from "../../src/media/rtp/receiver.ts";
import { parseRtcp } from "../../src/media/rtp/rtcp.ts";
import type { SeededRandom } from "../../test/support/seeded-random.ts";
import { type FuzzTarget, must } from "../target.ts";

function packet(random: SeededRandom, sequence: number, timestamp: number, ssrc: number, payload: number): Buffer {
	const octets = Buffer.alloc(12 + payload, random.between(0, 255));
	octets[0] = 0x80;
	octets[1] = random.pick([0, 8, 13, 101]) | (random.chance(0.1) ? 0x80 : 0);
	octets.writeUInt16BE(sequence & 0xffff, 2);
	octets.writeUInt32BE(timestamp >>> 0, 4);
	octets.writeUInt32BE(ssrc >>> 0, 8);
	return octets;
}

export const rtp: FuzzTarget = {
	name: "rtp",
	share: 3,
	generate: (random) =>
		packet(random, random.between(0, 65_535), random.between(0, 2 ** 32 - 1), 7, random.between(0, 200)),
	run: (octets) => {
		const read = parseRtp(octets);
		if (read === undefined) return;
		must(read.start >= 12 && read.start <= read.end && read.end <= octets.length, "a payload outside of its packet");
		const again = new Uint8Array(octets.length);
		writeRtpHeader(again, read.payloadType, read.marker, read.sequence, read.timestamp, read.ssrc);
		const same = parseRtp(again);
		must(
			same?.sequence === read.sequence && same.timestamp === read.timestamp && same.ssrc === read.ssrc,
			"a header written again reads otherwise",
		);
	},
};

export const rtcp: FuzzTarget = {
	name: "rtcp",
	share: 2,
	generate: (random) => {
		const parts = Array.from({ length: random.between(1, 4) }, () => {
			const words = random.between(0, 14);
			const octets = Buffer.alloc(4 + 4 * words, random.between(0, 255));
			octets[0] = 0x80 | random.between(0, 31);
			octets[1] = random.pick([200, 201, 202, 203, 204, 205]);
			octets.writeUInt16BE(words, 2);
			return octets;
		});
		return Buffer.concat(parts);
	},
	run: (octets) => {
		const items = parseRtcp(octets);
		must((items?.length ?? 0) <= octets.length / 4, "more items than words");
	},
};

/** A stream: records of two octets of length, one of milliseconds since the last, then the packet. */
export const rtpStream: FuzzTarget = {
	name: "rtp-stream",
	share: 2,
	generate: (random) => {
		const records: Buffer[] = [];
		let sequence = random.between(0, 65_535);
		let timestamp = random.between(0, 2 ** 32 - 1);
		let ssrc = 1;
		for (let packets = random.between(1, 40); packets > 0; packets--) {
			sequence += random.chance(0.85) ? 1 : random.pick([0, 2, -1, -3, 5, 3_100, 30_000]);
			timestamp += random.chance(0.9) ? 160 : random.pick([0, 320, -160, 2 ** 31, 1_000_000]);
			if (random.chance(0.03)) ssrc++;
			const octets = packet(random, sequence, timestamp, ssrc, random.pick([160, 160, 80, 4, 0]));
			const head = Buffer.alloc(3);
			head.writeUInt16BE(octets.length);
			head[2] = random.pick([20, 20, 20, 0, 100, 255]);
			records.push(head, octets);
		}
		return Buffer.concat(records);
	},
	run: (octets) => {
		let samples = 0;
		let dtmf = noPress;
		const receiver = new RtpReceiver({
			audio: (_type, _octets, start, end) => {
				must(end >= start, "a payload that ends before it starts");
				samples += end - start;
			},
			gap: (count) => {
				must(Number.isInteger(count) && count > 0, `a gap of ${count} samples`);
				samples += count;
			},
		});
		let nowMs = 1_000;
		let brought = 0;
		for (let at = 0; at + 3 <= octets.length; ) {
			const length = (octets[at]! << 8) | octets[at + 1]!;
			nowMs += octets[at + 2]!;
			const datagram = octets.subarray(at + 3, at + 3 + length);
			at += 3 + length;
			const read = parseRtp(datagram);
			receiver.idle(nowMs);
			if (read === undefined) continue;
			const { sequence, timestamp, ssrc, payloadType, start, end, marker } = read;
			if (payloadType === 101) {
				const step = receiveDtmf(dtmf, sequence, timestamp, marker, datagram, start, end, 8);
				dtmf = step.state;
				must(step.digit === undefined || DTMF_DIGITS.includes(step.digit), `a key ${step.digit}`);
			}
			if (end - start > 1_600) continue;
			brought += end - start;
			receiver.receive(sequence, timestamp, ssrc, payloadType, payloadType !== 101, datagram, start, end, nowMs);
		}
		receiver.flush(nowMs);
		// The wall's clock bounds what timestamps may claim: 8 samples a millisecond, and what packets themselves brought.
		const bound = 8 * (nowMs - 1_000 + 2_000) + brought;
		must(samples <= bound, `${samples} samples of audio in ${nowMs - 1_000} ms`);
		must(receiver.lost >= 0 && receiver.expected >= 0, "a negative count of packets");
	},
};
