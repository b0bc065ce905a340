import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { setImmediate } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { MEDIA_LIMITS } from "../../src/media/limits.ts";
import { LogWriter } from "../../src/media/recording-log/index.ts";
import { writeRtpHeader } from "../../src/media/rtp/packet.ts";
import type { HostCounters } from "../../src/media/session/host.ts";
import { PlayoutClock } from "../../src/media/session/playout-clock.ts";
import { WorkerSession } from "../../src/media/session/session.ts";
import { StraightReader } from "../../src/media/session/straight-reader.ts";
import type { MediaEvent, Negotiated } from "../../src/media/types.ts";
import { log, newFolder, randomPort } from "./support/pair.ts";

const noLookup = ((host: string, _options: object, found: (error: null, host: string, family: number) => void) =>
	found(null, host, 4)) as never;

/** On a port that is asked for by number, as a worker does: one that the system chose would be lost with the peer. */
async function bound(address = "127.0.0.1"): Promise<Socket> {
	for (;;) {
		const socket = createSocket({ type: "udp4", lookup: noLookup });
		const listening = once(socket, "listening");
		socket.bind({ address, port: randomPort(), exclusive: true });
		try {
			await listening;
			return socket;
		} catch (error) {
			socket.close();
			if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
		}
	}
}

const now = () => performance.now();
let straight: StraightReader;
let recordings: LogWriter;
let turns: NodeJS.Timeout;
let peer: Socket;
let session: WorkerSession;
let rtpPort: number;
let sequence: number;
let settled: Negotiated;
let events: MediaEvent[];

/** Each packet is 20 ms, of octets that are its number. */
function speak(packets: number, from = peer, payloadType = 0): void {
	for (let i = 0; i < packets; i++, sequence++) {
		const datagram = Buffer.alloc(172, sequence);
		writeRtpHeader(datagram, payloadType, false, sequence, 160 * sequence, 4711);
		from.send(datagram, rtpPort, "127.0.0.1");
	}
}

const said = (from: number, to: number): Buffer =>
	Buffer.concat(Array.from({ length: to - from }, (_, n) => Buffer.alloc(160, from + n)));

const heard = (packets: number) =>
	vi.waitFor(() => expect(session.stats().packetsReceived).toBe(packets), { timeout: 20_000, interval: 5 });

/** A recording that is long enough, and the housekeeping of the time that it takes. */
async function recordUntilStraight(): Promise<void> {
	session.record({ header: Uint8Array.of(7), maxMs: 60_000, silenceMs: 0, recordingId: "R1" });
	const packets = MEDIA_LIMITS.straightAfterMs / 20;
	speak(packets);
	await heard(packets);
	for (let step = 0; step < 20 && straight.size === 0; step++) {
		session.housekeeping(now());
		await setImmediate();
		await setImmediate();
	}
	expect(straight.size).toBe(1);
}

const recorded = async () => Buffer.from((await recordings.read("R1", now()))!.audio.samples);

beforeEach(async () => {
	recordings = new LogWriter({ folder: newFolder(), lineage: "run-0", log });
	turns = setInterval(() => recordings.turn(now()), 10);
	const [rtp, rtcp] = [await bound(), await bound()];
	rtpPort = rtp.address().port;
	peer = await bound();
	sequence = 0;
	events = [];
	straight = new StraightReader(now);
	const playout = new PlayoutClock(now, () => {});
	const host = {
		recordings,
		playout,
		straight,
		log,
		now,
		heard: now,
		played: () => {},
		wall: Date.now,
		counters: {} as HostCounters,
	};
	const emit = (event: MediaEvent): void => void events.push(event);
	session = new WorkerSession(host, { rtp, rtcp, rtpLostMs: 0, inbandDtmf: false, emit });
	settled = {
		codec: "PCMU",
		payloadType: 0,
		receivePayloadType: 0,
		telephoneEvent: { payloadType: 101, receivePayloadType: 101, clockHz: 8000 },
		remoteAddress: "127.0.0.1",
		remotePort: peer.address().port,
		remoteRtcpPort: 9,
		ptimeMs: 20,
		sending: true,
		receiving: true,
	};
	session.connect(settled);
});

afterEach(async () => {
	await session.close();
	clearInterval(turns);
	await recordings.close(now());
	peer.close();
	expect(straight.size).toBe(0);
});

describe("a recording whose socket is read straight", () => {
	test("has every octet, from before the change, from after it, and what had arrived at its end", async () => {
		await recordUntilStraight();
		speak(60);
		await heard(110);
		speak(90);
		expect(await session.stopRecording()).toMatchObject({ durationMs: 4000 });
		expect(Buffer.compare(await recorded(), said(0, 200))).toBe(0);
		expect(straight.size).toBe(0);
	});

	test("keeps what had arrived when the call is closed", async () => {
		await recordUntilStraight();
		speak(70);
		const closed = session.close();
		await closed;
		expect(Buffer.compare(await recorded(), said(0, 120))).toBe(0);
	});

	test("takes nothing of strangers, neither of those who spoke before the change nor later", async () => {
		const stranger = await bound("127.0.0.2");
		await recordUntilStraight();
		const before = sequence;
		speak(20, stranger);
		sequence = before;
		speak(20);
		await heard(70);
		expect(await session.stopRecording()).toMatchObject({ durationMs: 1400 });
		expect(Buffer.compare(await recorded(), said(0, 70))).toBe(0);
		expect(session.stats()).toMatchObject({ packetsForeign: 0, packetsDuplicate: 0 });
		stranger.close();
	});

	test("is not begun where strangers speak: they are to be counted", async () => {
		const stranger = await bound("127.0.0.2");
		session.record({ header: Uint8Array.of(7), maxMs: 60_000, silenceMs: 0, recordingId: "R1" });
		speak(60);
		await heard(60);
		speak(3, stranger);
		await vi.waitFor(() => expect(session.stats().packetsForeign).toBe(3), { timeout: 20_000 });
		for (let step = 0; step < 10; step++) {
			session.housekeeping(now());
			await setImmediate();
		}
		expect(straight.size).toBe(0);
		stranger.close();
	});

	test("goes on from another source after a re-INVITE", async () => {
		await recordUntilStraight();
		const moved = await bound();
		speak(50);
		session.connect({ ...settled, remotePort: moved.address().port });
		speak(50, moved);
		await heard(150);
		expect(await session.stopRecording()).toMatchObject({ durationMs: 3000 });
		expect(Buffer.compare(await recorded(), said(0, 150))).toBe(0);
		moved.close();
	});

	test("is sent to as before, and hears keys", async () => {
		await recordUntilStraight();
		const answer = once(peer, "message");
		session.play(1, [{ encoding: "PCMU", samples: new Uint8Array(160).fill(9) }]);
		const press = Buffer.alloc(16);
		press.set([5, 10, 0, 160], 12);
		writeRtpHeader(press, 101, true, sequence++, 160 * sequence, 4711);
		peer.send(press, rtpPort, "127.0.0.1");
		expect(((await answer)[0] as Buffer)[12]).toBe(9);
		await vi.waitFor(() => expect(events).toContainEqual({ type: "digit", digit: "5" }), { timeout: 20_000 });
	});

	test("outlives a peer whose port is closed for a while", async () => {
		await recordUntilStraight();
		peer.close();
		session.play(1, [{ encoding: "PCMU", samples: new Uint8Array(1600) }]);
		await vi.waitFor(() => expect(events).toContainEqual({ type: "playEnded", playId: 1 }), { timeout: 20_000 });
		expect(straight.size).toBe(1);
		expect(await session.stopRecording()).toMatchObject({ durationMs: 1000 });
		peer = await bound();
	});
});
