import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { LogWriter } from "../../src/media/recording-log/index.ts";
import { writeRtpHeader } from "../../src/media/rtp/packet.ts";
import { PlayoutClock } from "../../src/media/session/playout-clock.ts";
import { type HostCounters, WorkerSession } from "../../src/media/session/session.ts";
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

/** In the kernel when it returns, and not read before the event loop turns: what a worker without CPU meets. */
function speakAtOnce(packets: number): void {
	for (let i = 0; i < packets; i++, sequence++) {
		const datagram = Buffer.alloc(172, sequence);
		writeRtpHeader(datagram, 0, false, sequence, 160 * sequence, 4711);
		peer.send(datagram, rtpPort, "127.0.0.1");
	}
}

beforeEach(async () => {
	recordings = new LogWriter({ folder: newFolder(), lineage: "run-0", log });
	turns = setInterval(() => recordings.turn(now()), 10);
	const [rtp, rtcp] = [await bound(), await bound()];
	rtpPort = rtp.address().port;
	peer = await bound();
	sequence = 0;
	const playout = new PlayoutClock(now, () => {});
	const host = { recordings, playout, log, now, heard: now, wall: Date.now, counters: {} as HostCounters };
	session = new WorkerSession(host, { rtp, rtcp, rtpLostMs: 0, inbandDtmf: false, emit: () => {} });
	session.connect({
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
	});
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
});
