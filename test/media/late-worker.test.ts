import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { setImmediate } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { MEDIA_LIMITS } from "../../src/media/limits.ts";
import { LogWriter } from "../../src/media/recording-log/index.ts";
import { writeRtpHeader } from "../../src/media/rtp/packet.ts";
import type { HostCounters } from "../../src/media/session/host.ts";
import { PlayoutClock } from "../../src/media/session/playout-clock.ts";
import { WorkerSession } from "../../src/media/session/session.ts";
import { StraightReader } from "../../src/media/session/straight-reader.ts";
import type { Negotiated } from "../../src/media/types.ts";
import { log, newFolder } from "./support/pair.ts";

/** As the worker's own sockets: an address needs no turn of the event loop to be found. */
const noLookup = ((host: string, _options: object, found: (error: null, host: string, family: number) => void) =>
	found(null, host, 4)) as never;

async function bound(): Promise<Socket> {
	const socket = createSocket({ type: "udp4", lookup: noLookup });
	const listening = once(socket, "listening");
	socket.bind({ address: "127.0.0.1", port: 0 });
	await listening;
	return socket;
}

const now = () => performance.now();
let recordings: LogWriter;
let turns: NodeJS.Timeout;
let peer: Socket;
let session: WorkerSession;
let rtpPort: number;
let sequence: number;
let settled: Negotiated;

/** In the kernel when it returns, and not read before the event loop turns: what a worker without CPU meets. */
function speakAtOnce(packets: number, payloadType = 0): void {
	for (let i = 0; i < packets; i++, sequence++) {
		const datagram = Buffer.alloc(172, sequence);
		writeRtpHeader(datagram, payloadType, false, sequence, 160 * sequence, 4711);
		peer.send(datagram, rtpPort, "127.0.0.1");
	}
}

async function heard(packets: number): Promise<void> {
	while (session.stats().packetsReceived < packets) await setImmediate();
}

beforeEach(async () => {
	recordings = new LogWriter({ folder: newFolder(), lineage: "run-0", log });
	turns = setInterval(() => recordings.turn(now()), 10);
	const [rtp, rtcp] = [await bound(), await bound()];
	rtpPort = rtp.address().port;
	peer = await bound();
	sequence = 0;
	const playout = new PlayoutClock(now, () => {});
	const straight = new StraightReader(now);
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
	session = new WorkerSession(host, { rtp, rtcp, rtpLostMs: 0, inbandDtmf: false, emit: () => {} });
	settled = {
		codec: "PCMU",
		payloadType: 0,
		receivePayloadType: 0,
		telephoneEvent: undefined,
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
});

const take = { header: Uint8Array.of(7), maxMs: 60_000, silenceMs: 0 };

describe("a worker that comes late", () => {
	test("still records what had arrived when the recording was ended", async () => {
		session.record({ ...take, recordingId: "R1" });
		speakAtOnce(200);
		expect(await session.stopRecording()).toMatchObject({ recordingId: "R1", durationMs: 4000 });
		const said = Buffer.concat(Array.from({ length: 200 }, (_, n) => Buffer.alloc(160, n)));
		expect(Buffer.compare((await recordings.read("R1", now()))!.audio.samples, said)).toBe(0);
	});

	test("also when the session is closed right behind", async () => {
		session.record({ ...take, recordingId: "R1" });
		speakAtOnce(100);
		const stopped = session.stopRecording();
		const closed = session.close();
		expect(await stopped).toMatchObject({ durationMs: 2000 });
		await closed;
	});

	test("a recording that begins meanwhile is not the one that is ended", async () => {
		session.record({ ...take, recordingId: "R1" });
		const stopped = session.stopRecording();
		session.record({ ...take, recordingId: "R2" });
		speakAtOnce(100);
		expect(await stopped).toMatchObject({ recordingId: "R1", durationMs: 0 });
		expect(await session.stopRecording()).toMatchObject({ recordingId: "R2", durationMs: 2000 });
	});

	test("still records what was said before the peer holds, and after it resumes", async () => {
		session.record({ ...take, recordingId: "R1" });
		speakAtOnce(200);
		session.connect({ ...settled, receiving: false });
		await heard(200);
		session.connect(settled);
		speakAtOnce(100);
		expect(await session.stopRecording()).toMatchObject({ recordingId: "R1", durationMs: 6000 });
	});

	test("records nothing of what is said while the peer holds", async () => {
		session.record({ ...take, recordingId: "R1" });
		speakAtOnce(100);
		session.connect({ ...settled, receiving: false });
		// Long enough for the rest to be read, whatever there is.
		for (let turn = 0; turn <= MEDIA_LIMITS.drainTurnsMax; turn++) await setImmediate();
		speakAtOnce(50);
		expect(await session.stopRecording()).toMatchObject({ recordingId: "R1", durationMs: 2000 });
	});

	test("still records what was said in the payload type before, and in the one after, of a change", async () => {
		session.record({ ...take, recordingId: "R1" });
		speakAtOnce(100);
		session.connect({ ...settled, codec: "PCMA", payloadType: 8, receivePayloadType: 8 });
		speakAtOnce(100, 8);
		expect(await session.stopRecording()).toMatchObject({ recordingId: "R1", durationMs: 4000 });
	});
});
