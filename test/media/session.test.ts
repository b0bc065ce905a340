import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { TelephoneAudio } from "../../src/audio/index.ts";
import { type Clip, MEDIA_LIMITS, type MediaEvent, type Negotiated } from "../../src/media/index.ts";
import { PortPool } from "../../src/media/port-pool.ts";
import { parseRtp } from "../../src/media/rtp/packet.ts";
import { PlayoutClock } from "../../src/media/session/playout-clock.ts";
import { Sender } from "../../src/media/session/sender.ts";
import { SourceGate } from "../../src/media/session/source-gate.ts";

const negotiated: Negotiated = {
	codec: "PCMU",
	payloadType: 0,
	receivePayloadType: 0,
	telephoneEvent: { payloadType: 101, receivePayloadType: 101, clockHz: 8000 },
	remoteAddress: "198.51.100.7",
	remotePort: 4000,
	remoteRtcpPort: 4001,
	ptimeMs: 20,
	sending: true,
	receiving: true,
};
const clip = (ms: number, octet = 1): TelephoneAudio => ({
	encoding: "PCMU",
	samples: new Uint8Array(ms * 8).fill(octet),
});

/** A sender on a clock that the test moves. */
function bench() {
	const sent: {
		atMs: number;
		marker: boolean;
		payloadType: number;
		timestamp: number;
		sequence: number;
		first: number;
	}[] = [];
	const events: { atMs: number; event: MediaEvent }[] = [];
	const datagrams: Uint8Array[] = [];
	const played: Clip[][] = [];
	/** Whether the system takes each datagram at once. */
	const system = { takes: true };
	const sender = new Sender({
		ssrc: 1,
		sequence: 65_535,
		timestamp: -160,
		send: (datagram) => {
			const { marker, payloadType, timestamp, sequence, start } = parseRtp(datagram)!;
			sent.push({ atMs: performance.now(), marker, payloadType, timestamp, sequence, first: datagram[start]! });
			datagrams.push(datagram);
			return system.takes;
		},
		played: (clips) => played.push([...clips]),
		emit: (event) => events.push({ atMs: performance.now(), event }),
	});
	const failed: unknown[] = [];
	/** How long the thread slept so far: its timers come late by this. */
	const slept = { ms: 0 };
	const now = (): number => performance.now() + slept.ms;
	const clock = new PlayoutClock(now, (error) => failed.push(error));
	const wake = (): void => {
		if (sender.wake(now())) clock.add(sender);
	};
	const play = (id: number, ...clips: TelephoneAudio[]): void => {
		sender.player.start(id, clips);
		wake();
	};
	return { sender, clock, sent, events, datagrams, played, system, play, wake, failed, slept };
}

describe("sending in simulated time", () => {
	beforeEach(() => {
		vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"], now: 0 });
		vi.advanceTimersByTime(1000);
	});
	afterEach(() => {
		vi.useRealTimers();
	});

	test("playEnded comes one packet time after the last packet", () => {
		const { sender, sent, events, play } = bench();
		sender.connect(negotiated, undefined);
		play(7, clip(100));
		vi.advanceTimersByTime(500);
		expect(sent.length).toBe(5);
		expect(events.map(({ event }) => event)).toEqual([{ type: "playEnded", playId: 7 }]);
		expect(events[0]!.atMs - sent[4]!.atMs).toBeGreaterThanOrEqual(19);
		expect(events[0]!.atMs - sent[4]!.atMs).toBeLessThanOrEqual(21);
	});

	test("clips that end within a packet join without a gap, the last packet is filled with silence", () => {
		const { sender, sent, play } = bench();
		sender.connect(negotiated, undefined);
		play(1, clip(30, 1), clip(15, 2));
		vi.advanceTimersByTime(200);
		expect(sent.map(({ first }) => first)).toEqual([1, 1, 2]);
		expect(sent.map(({ marker }) => marker)).toEqual([true, false, false]);
		expect(sent.map(({ timestamp }) => timestamp)).toEqual([0xffff_ff60, 0, 160]);
		expect(sent.map(({ sequence }) => sequence)).toEqual([65_535, 0, 1]);
	});

	test("a datagram that the system has is written anew for the next packet, one that still waits is not", () => {
		const { sender, datagrams, system, play } = bench();
		sender.connect(negotiated, undefined);
		system.takes = false;
		play(1, clip(100));
		vi.advanceTimersByTime(50);
		expect(new Set(datagrams).size).toBe(3);
		system.takes = true;
		vi.advanceTimersByTime(200);
		expect(datagrams).toHaveLength(5);
		expect(datagrams[4]).toBe(datagrams[3]);
	});

	test("clips are given back at the end, where another play takes their place, at a stop and at the end of the call", () => {
		const { sender, played, play } = bench();
		sender.connect(negotiated, undefined);
		const [whole, replaced, stopped, cut] = [clip(40), clip(500), clip(500), clip(500)];
		play(1, whole);
		vi.advanceTimersByTime(100);
		expect(played.flat()).toEqual([whole]);
		play(2, replaced);
		vi.advanceTimersByTime(50);
		play(3, stopped);
		expect(played.flat()).toEqual([whole, replaced]);
		sender.player.stop();
		expect(played.flat()).toEqual([whole, replaced, stopped]);
		play(4, cut);
		sender.disconnect();
		expect(played.flat()).toEqual([whole, replaced, stopped, cut]);
	});

	test("after a pause the marker is set and the timestamp has gone on by its length", () => {
		const { sender, sent, play, wake } = bench();
		sender.connect(negotiated, undefined);
		play(1, clip(100));
		vi.advanceTimersByTime(45);
		sender.player.paused = true;
		vi.advanceTimersByTime(1000);
		const before = sent.at(-1)!;
		const count = sent.length;
		sender.player.paused = false;
		wake();
		vi.advanceTimersByTime(200);
		expect(sent.length).toBe(5);
		const after = sent[count]!;
		expect(after.marker).toBe(true);
		expect(Math.abs(((after.timestamp - before.timestamp) | 0) - 8 * (after.atMs - before.atMs))).toBeLessThanOrEqual(
			16,
		);
	});

	test("a play in place of another goes on in step, without a second marker", () => {
		const { sender, sent, play, events } = bench();
		sender.connect(negotiated, undefined);
		play(1, clip(1000, 1));
		vi.advanceTimersByTime(50);
		play(2, clip(40, 2));
		vi.advanceTimersByTime(500);
		expect(sent.filter(({ marker }) => marker).length).toBe(1);
		expect(sent.filter(({ first }) => first === 2).length).toBe(2);
		expect(events.map(({ event }) => event)).toEqual([{ type: "playEnded", playId: 2 }]);
	});

	test("what is played before connect, or while the peer holds, waits", () => {
		const { sender, sent, play, wake } = bench();
		play(1, clip(40));
		vi.advanceTimersByTime(500);
		sender.connect({ ...negotiated, sending: false }, undefined);
		wake();
		vi.advanceTimersByTime(500);
		expect(sent).toEqual([]);
		sender.connect(negotiated, undefined);
		wake();
		vi.advanceTimersByTime(500);
		expect(sent.length).toBe(2);
	});

	test("keys go first, 100 ms each and 100 ms apart, and playing goes on behind them", () => {
		const { sender, sent, events, play, wake } = bench();
		sender.connect(negotiated, undefined);
		play(1, clip(60));
		sender.sendDigits("12");
		wake();
		vi.advanceTimersByTime(1000);
		const starts = sent.filter(({ payloadType, marker }) => payloadType === 101 && marker);
		expect(starts.length).toBe(2);
		expect((starts[1]!.timestamp - starts[0]!.timestamp) | 0).toBe(1600);
		expect(sent.slice(-3).map(({ payloadType }) => payloadType)).toEqual([0, 0, 0]);
		expect(events.map(({ event }) => event.type)).toEqual(["digitsSent", "playEnded"]);
	});

	test("a thread that slept sends no burst and loses nothing", () => {
		const { sender, sent, play, slept } = bench();
		sender.connect(negotiated, undefined);
		play(1, clip(400));
		vi.advanceTimersByTime(100);
		const before = sent.length;
		slept.ms = 1003;
		vi.advanceTimersByTime(21);
		expect(sent.length - before).toBeLessThanOrEqual(2 + MEDIA_LIMITS.catchUpMs / negotiated.ptimeMs);
		vi.advanceTimersByTime(1000);
		expect(sent.length).toBe(20);
		expect(sent.map(({ timestamp }) => (timestamp + 160) | 0)).toEqual(Array.from({ length: 20 }, (_, n) => n * 160));
	});

	test("a thread that slept keeps each call's own moment within the packet time", () => {
		const { sender, play, slept } = bench();
		sender.connect(negotiated, undefined);
		play(1, clip(2000));
		vi.advanceTimersByTime(100);
		const beforeMs = sender.dueMs;
		slept.ms = 1003;
		vi.advanceTimersByTime(100);
		expect(sender.dueMs).toBeGreaterThan(beforeMs + 1000);
		expect(((sender.dueMs - beforeMs) / negotiated.ptimeMs) % 1).toBeCloseTo(0);
	});

	test("a member that throws leaves the clock, the others go on", () => {
		const { sender, clock, sent, play, failed } = bench();
		const broken = {
			dueMs: performance.now(),
			run: () => {
				throw new Error("broken");
			},
		};
		clock.add(broken);
		sender.connect(negotiated, undefined);
		play(1, clip(100));
		vi.advanceTimersByTime(300);
		expect(failed.length).toBe(1);
		expect(sent.length).toBe(5);
		expect(clock.members).toBe(0);
	});
});

describe("whose RTP is taken", () => {
	const opened = (signalling?: string): SourceGate => {
		const gate = new SourceGate();
		gate.negotiate("198.51.100.7", 4000, signalling);
		return gate;
	};
	const where = ({ address, port }: SourceGate): string => `${address}:${port}`;

	test("before anything is heard, another port of the peer is followed, a stranger never", () => {
		const gate = opened();
		expect(gate.admit("203.0.113.66", 4000)).toBe(false);
		expect(gate.admit("198.51.100.7", 4444)).toBe(true);
		expect(where(gate)).toBe("198.51.100.7:4444");
	});

	test("the signalling address counts as the peer's, as behind a NAT", () => {
		const gate = opened("203.0.113.5");
		expect(gate.admit("203.0.113.5", 12_345)).toBe(true);
		expect(where(gate)).toBe("203.0.113.5:12345");
	});

	test("the first source that is heard stays the one, even before the negotiated port, until a re-INVITE", () => {
		const gate = opened();
		expect(gate.admit("198.51.100.7", 4444)).toBe(true);
		gate.lock();
		expect(gate.admit("198.51.100.7", 5555)).toBe(false);
		expect(gate.admit("198.51.100.7", 4000)).toBe(false);
		expect(where(gate)).toBe("198.51.100.7:4444");
		gate.negotiate("198.51.100.7", 4000, undefined);
		gate.unlock();
		expect(where(gate)).toBe("198.51.100.7:4444");
		expect(gate.admit("203.0.113.66", 4000)).toBe(false);
		expect(gate.admit("198.51.100.7", 5555)).toBe(true);
		expect(where(gate)).toBe("198.51.100.7:5555");
	});

	test("a re-offer of the same place keeps the source, of another place begins anew", () => {
		const gate = opened();
		gate.admit("198.51.100.7", 4444);
		gate.lock();
		gate.negotiate("198.51.100.7", 4000, undefined);
		expect(where(gate)).toBe("198.51.100.7:4444");
		gate.negotiate("198.51.100.8", 6000, undefined);
		expect(where(gate)).toBe("198.51.100.8:6000");
		expect(gate.admit("198.51.100.7", 4444)).toBe(false);
	});

	test("whoever was heard before a re-INVITE to another place is not taken for the next one, but for going on alone", () => {
		const gate = opened();
		const old = ["198.51.100.7", 4444] as const;
		gate.admit(...old);
		gate.lock();
		gate.negotiate("198.51.100.7", 6000, undefined);
		gate.unlock();
		expect(gate.admit(...old)).toBe(false);
		expect(gate.isLeft(...old)).toBe(true);
		expect(gate.isLeft("198.51.100.7", 6666)).toBe(false);
		expect(gate.admit("198.51.100.7", 6666)).toBe(true);
		gate.lock();
		expect(gate.admit(...old)).toBe(false);
		// The peer moves again, and nobody but who was there speaks.
		gate.negotiate("198.51.100.7", 8000, undefined);
		gate.unlock();
		let refused = 0;
		while (!gate.admit("198.51.100.7", 6666) && gate.isLeft("198.51.100.7", 6666)) refused++;
		expect(refused).toBe(MEDIA_LIMITS.leftSourcePackets);
		expect(where(gate)).toBe("198.51.100.7:6666");
	});

	test("the old hold by 0.0.0.0 leaves the source as it is", () => {
		const gate = opened();
		gate.negotiate("0.0.0.0", 4000, undefined);
		expect(where(gate)).toBe("198.51.100.7:4000");
	});

	test("one IPv6 address in two spellings is one", () => {
		const gate = new SourceGate();
		gate.negotiate("2001:DB8:0:0::7", 4000, undefined);
		expect(gate.address).toBe("2001:db8::7");
		expect(gate.isPeer("2001:db8::7")).toBe(true);
		expect(new SourceGate().isPeer("::1")).toBe(false);
	});
});

describe("ports", () => {
	test("only pairs of an even and the odd port above it are given out, each once, the longest free first", () => {
		const pool = new PortPool(20_001, 20_008);
		expect([pool.take(), pool.take(), pool.take(), pool.take()]).toEqual([20_002, 20_004, 20_006, undefined]);
		pool.release(20_004);
		pool.release(20_002);
		expect([pool.take(), pool.take()]).toEqual([20_002, 20_004]);
	});

	test("a block of ports that another program holds is jumped over", () => {
		const pool = new PortPool(20_000, 29_999);
		const held = (port: number): boolean => port < 22_000;
		let tries = 0;
		for (let port = pool.take()!; held(port) && tries < 10; port = pool.take()!) {
			pool.passOver(port);
			tries++;
		}
		expect(tries).toBeLessThan(3);
		expect(pool.free).toBe(4999);
	});

	test("in a small range every port is tried", () => {
		const pool = new PortPool(20_000, 20_013);
		const tried = new Set<number>();
		for (let tries = 0; tries < MEDIA_LIMITS.portTriesMax; tries++) {
			const port = pool.take()!;
			tried.add(port);
			pool.passOver(port);
		}
		expect(tried.size).toBe(7);
	});
});
