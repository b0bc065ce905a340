import { describe, expect, test } from "vitest";
import { MEDIA_LIMITS } from "../../src/media/index.ts";
import { parseRtp, payloadBounds, writeRtpHeader } from "../../src/media/rtp/packet.ts";
import { RtpReceiver } from "../../src/media/rtp/receiver.ts";
import { seededRandom } from "../support/seeded-random.ts";

/** A timeline as it comes out: one number per sample, the number of the packet it belongs to; -1 lost, -2 silent. */
class Timeline {
	readonly samples: number[] = [];
	audio(_type: number, octets: Uint8Array, start: number, end: number): void {
		for (let i = start; i < end; i++) this.samples.push(octets[i]!);
	}
	gap(count: number, kind: "lost" | "silent"): void {
		for (let i = 0; i < count; i++) this.samples.push(kind === "lost" ? -1 : -2);
	}
	/** Runs of equal values, each as [value, milliseconds]. */
	get runs(): (readonly [number, number])[] {
		const runs: [number, number][] = [];
		for (const value of this.samples) {
			const last = runs.at(-1);
			if (last?.[0] === value) last[1] += 1 / 8;
			else runs.push([value, 1 / 8]);
		}
		return runs;
	}
}

interface Packet {
	/** Number of the packet: its payload, and by default its place. */
	readonly n: number;
	readonly sequence?: number;
	readonly timestamp?: number;
	readonly ssrc?: number;
	readonly audible?: boolean;
	readonly atMs?: number;
}

function hear(packets: readonly Packet[], firstSequence = 65_530, firstTimestamp = 0xffff_ff00) {
	const timeline = new Timeline();
	const receiver = new RtpReceiver(timeline);
	let endMs = 0;
	for (const { n, sequence, timestamp, ssrc = 1, audible = true, atMs = 1000 + n * 20 } of packets) {
		const octets = new Uint8Array(160).fill(n);
		receiver.receive(
			(sequence ?? firstSequence + n) & 0xffff,
			(timestamp ?? firstTimestamp + 160 * n) >>> 0,
			ssrc,
			0,
			audible,
			octets,
			0,
			160,
			atMs,
		);
		octets.fill(99); // The buffer is the socket's again.
		endMs = Math.max(endMs, atMs);
	}
	receiver.flush(endMs);
	return { receiver, timeline, runs: timeline.runs };
}
const count = (to: number, from = 0): Packet[] => Array.from({ length: to - from }, (_, i) => ({ n: from + i }));
const whole = (to: number, from = 0) => count(to, from).map(({ n }) => [n, 20]);

describe("a stream of RTP becomes a timeline without holes", () => {
	test("in order, over the wraps of sequence and timestamp, it comes out as it is", () => {
		const { runs, receiver } = hear(count(20));
		expect(runs).toEqual(whole(20));
		expect(receiver).toMatchObject({ received: 20, lost: 0, duplicates: 0, expected: 20 });
		expect(receiver.extendedHighest).toBe(65_549);
	});

	test("lost packets are told as a gap of their length", () => {
		const { runs, receiver } = hear([...count(5), ...count(20, 8)]);
		expect(runs).toEqual([...whole(5), [-1, 60], ...whole(20, 8)]);
		expect(receiver.lost).toBe(3);
	});

	test("reordered packets are put back, duplicates dropped", () => {
		const { runs, receiver } = hear([0, 1, 3, 2, 2, 4, 7, 6, 5, 6, 8, 8].map((n) => ({ n })));
		expect(runs).toEqual(whole(9));
		expect(receiver).toMatchObject({ received: 9, duplicates: 3, lost: 0 });
	});

	test("a packet that comes after its place was filled is dropped and not counted as lost", () => {
		const { runs, receiver } = hear([...count(3), ...count(20, 4), { n: 3 }, ...count(25, 20)]);
		expect(runs).toEqual([...whole(3), [-1, 20], ...whole(25, 4)]);
		expect(receiver).toMatchObject({ late: 1, lost: 0, duplicates: 0 });
	});

	test("a pause by DTX is filled by the timestamps", () => {
		const after = count(10, 5).map(({ n }) => ({
			n,
			timestamp: 0xffff_ff00 + 160 * (n + 100),
			atMs: 1000 + (n + 100) * 20,
		}));
		expect(hear([...count(5), ...after]).runs).toEqual([...whole(5), [-2, 2000], ...whole(10, 5)]);
	});

	test("one absurd timestamp makes no audio, and the stream goes on behind it", () => {
		const packets = count(20).map((packet) => (packet.n === 10 ? { ...packet, timestamp: 0x7000_0000 } : packet));
		const { timeline } = hear(packets);
		expect(timeline.samples.length).toBe(20 * 160);
	});

	test("absurd timestamps in every packet make at most the lead of audio that nobody sent", () => {
		const packets = count(200).map(({ n }) => ({ n, timestamp: n * 160 * 40 }));
		const { timeline } = hear(packets);
		expect(timeline.samples.length).toBeLessThanOrEqual(200 * 160 + 8 * MEDIA_LIMITS.timelineLeadMs);
	});

	test("a timestamp that jumps back, as of a restarted clock, loses nothing", () => {
		const packets = count(20).map(({ n }) => ({ n, timestamp: n < 10 ? 5_000_000 + 160 * n : 160 * n }));
		expect(hear(packets).runs).toEqual(whole(20));
	});

	test("a change of SSRC, sequence and timestamp loses nothing", () => {
		const other = count(20, 10).map(({ n }) => ({ n, ssrc: 2, sequence: 100 + n, timestamp: 77 + 160 * n }));
		const { runs, receiver } = hear([...count(10), ...other]);
		expect(runs).toEqual(whole(20));
		expect(receiver).toMatchObject({ lost: 0, strays: 0 });
	});

	test("a change of SSRC after a silence is filled by the clock on the wall", () => {
		const other = count(20, 10).map(({ n }) => ({ n, ssrc: 2, sequence: n, timestamp: 160 * n, atMs: 2000 + 20 * n }));
		expect(hear([...count(10), ...other]).runs).toEqual([...whole(10), [-2, 1000], ...whole(20, 10)]);
	});

	test("single packets of a strange SSRC are strays", () => {
		const packets = count(30).flatMap((packet) => [
			packet,
			{ n: 77, ssrc: 9, sequence: 5 * packet.n, atMs: 1000 + packet.n * 20 },
		]);
		const { runs, receiver } = hear(packets);
		expect(runs).toEqual(whole(30));
		expect(receiver.strays).toBeGreaterThan(20);
	});

	test("the same stream that restarts its sequence far away is followed", () => {
		const packets = count(20).map(({ n }) => (n < 10 ? { n } : { n, sequence: 20_000 + n }));
		expect(hear(packets).runs).toEqual(whole(20));
	});

	test("key presses take their places in the sequence, and their time is a pause of the audio", () => {
		const packets = count(20).map((packet) =>
			packet.n >= 8 && packet.n < 12 ? { ...packet, audible: false } : packet,
		);
		const { runs, receiver } = hear(packets);
		expect(runs).toEqual([...whole(8), [-2, 80], ...whole(20, 12)]);
		expect(receiver.lost).toBe(0);
	});

	test("after a hold the stream begins anew without filling the hold", () => {
		const timeline = new Timeline();
		const receiver = new RtpReceiver(timeline);
		const give = (n: number, atMs: number): void =>
			receiver.receive(n, n * 160, 1, 0, true, new Uint8Array(160).fill(n % 50), 0, 160, atMs);
		for (let n = 0; n < 5; n++) give(n, n * 20);
		receiver.restart(100);
		for (let n = 3000; n < 3005; n++) give(n, 20 * n);
		expect(timeline.samples.length).toBe(10 * 160);
		expect(receiver.expected).toBe(10);
	});

	test("what is held back is let go when nothing follows it", () => {
		const timeline = new Timeline();
		const receiver = new RtpReceiver(timeline);
		for (const n of [0, 2]) receiver.receive(n, n * 160, 1, 0, true, new Uint8Array(160).fill(n), 0, 160, n * 20);
		receiver.idle(100);
		expect(timeline.samples.length).toBe(160);
		receiver.idle(40 + MEDIA_LIMITS.reorderHoldMs);
		expect(timeline.runs).toEqual([
			[0, 20],
			[-1, 20],
			[2, 20],
		]);
	});
});

const PRESETS = {
	clean: { loss: 0, duplicate: 0, jitterMs: 0 },
	office: { loss: 0.005, duplicate: 0.001, jitterMs: 15 },
	wireless: { loss: 0.05, duplicate: 0.01, jitterMs: 60 },
	awful: { loss: 0.3, duplicate: 0.1, jitterMs: 120 },
} as const;

describe("networks", () => {
	const runs = Object.keys(PRESETS).flatMap((name) =>
		[1, 2, 3, 4, 5].map((seed) => [name as keyof typeof PRESETS, seed] as const),
	);

	test.each(runs)(
		"%s, seed %i: the length is exact and every packet stands in its place or not at all",
		(name, seed) => {
			const { loss, duplicate, jitterMs } = PRESETS[name];
			const random = seededRandom(seed);
			const packets: (Packet & { atMs: number })[] = [];
			for (let n = 0; n < 250; n++) {
				const edge = n === 0 || n === 249;
				for (let copies = random.next() < duplicate ? 2 : 1; copies > 0; copies--) {
					const atMs = 1000 + n * 20 + (edge ? 0 : random.next() * jitterMs);
					if (edge || random.next() >= loss) packets.push({ n, atMs });
				}
			}
			packets.sort((a, b) => a.atMs - b.atMs);
			const { timeline, receiver } = hear(packets);
			expect(timeline.samples.length).toBe(250 * 160);
			expect(timeline.samples.findIndex((value, i) => value >= 0 && value !== Math.floor(i / 160))).toBe(-1);
			const distinct = new Set(packets.map(({ n }) => n)).size;
			expect(receiver.lost).toBe(250 - distinct);
			expect(receiver.received + receiver.duplicates).toBe(packets.length);
		},
	);
});

describe("parsing RTP", () => {
	const packet = (...octets: number[]): Uint8Array => Uint8Array.from(octets);
	const head = [0x80, 0x80, 0x12, 0x34, 0, 0, 0, 9, 1, 2, 3, 4];

	test("what is written is read back", () => {
		const datagram = new Uint8Array(15);
		writeRtpHeader(datagram, 101, true, 0xfffe, 0xffff_fff0, 0xdead_beef);
		expect(parseRtp(datagram)).toEqual({
			payloadType: 101,
			marker: true,
			sequence: 0xfffe,
			timestamp: 0xffff_fff0,
			ssrc: 0xdead_beef,
			start: 12,
			end: 15,
		});
	});

	test("CSRCs, extension and padding are no payload", () => {
		const datagram = packet(0xb1, ...head.slice(1), 9, 9, 9, 9, 0xbe, 0xde, 0, 1, 8, 8, 8, 8, 42, 43, 0, 2);
		expect(parseRtp(datagram)).toMatchObject({ start: 24, end: 26 });
	});

	test.each([
		["too short", packet(...head.slice(0, 11))],
		["another version", packet(0x40, ...head.slice(1))],
		["CSRCs beyond the end", packet(0x8f, ...head.slice(1))],
		["an extension beyond the end", packet(0x90, ...head.slice(1), 0, 0, 0, 9)],
		["padding of nothing", packet(0xa0, ...head.slice(1), 0)],
		["padding beyond the start", packet(0xa0, ...head.slice(1), 200)],
	])("%s is no packet", (_, datagram) => {
		expect(payloadBounds(datagram)).toBe(-1);
	});
});
