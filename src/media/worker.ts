/** A media worker: the sessions of one thread, their playout clock and their recording log. */
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { isIPv6 } from "node:net";
import { parentPort, workerData } from "node:worker_threads";
import { letGo } from "../audio/index.ts";
import { LatenessMeter } from "./lateness.ts";
import { MEDIA_LIMITS } from "./limits.ts";
import { LogWriter } from "./recording-log/index.ts";
import type { HostCounters, SessionHost } from "./session/host.ts";
import { PlayoutClock } from "./session/playout-clock.ts";
import { Rest } from "./session/rest.ts";
import { WorkerSession } from "./session/session.ts";
import { StraightReader } from "./session/straight-reader.ts";
import type { Clip, LoggedRecording, MediaEvent, MediaLog } from "./types.ts";
import type { Command, FromWorker, Question, ToWorker, WorkerSetup } from "./worker-messages.ts";

const port = parentPort!;
const setup = workerData as WorkerSetup;

/** What is said in one turn of the event loop goes together: each message apart would wake the other thread. */
let outbox: FromWorker[] = [];
let outboxAudio: ArrayBuffer[] = [];

function tell(message: FromWorker): void {
	if (outbox.length === 0) setImmediate(post);
	outbox.push(message);
}

function post(): void {
	if (outbox.length === 0) return;
	const messages = outbox;
	const moved = outboxAudio;
	outbox = [];
	outboxAudio = [];
	port.postMessage(messages, moved);
}

const logger = (level: "debug" | "info" | "warn" | "error") => (fields: object, message: string) =>
	tell({ type: "log", level, fields, message });
const log: MediaLog = {
	debug: logger("debug"),
	info: logger("info"),
	warn: logger("warn"),
	error: logger("error"),
};

const now = (): number => performance.now();
const counters: HostCounters = {
	packetsReceived: 0,
	packetsLost: 0,
	packetsForeign: 0,
	packetsDuplicate: 0,
	packetsInvalid: 0,
	packetsSent: 0,
	rtcpReceived: 0,
	rtcpSent: 0,
	srtpForged: 0,
	srtpReplayed: 0,
	sendErrors: 0,
	sessionErrors: 0,
};
const recordings = new LogWriter({ folder: setup.recordingLogFolder, lineage: setup.lineage, log });
const playout = new PlayoutClock(now, (error) => {
	counters.sessionErrors++;
	log.error({ err: error }, "playing to one call stopped: error of ours");
});
const rest = new Rest({
	everyMs: MEDIA_LIMITS.restMs,
	bell: setup.bell,
	now,
	dueMs: () => playout.dueMs,
	beforeRest: post,
});
const heard = (): number => rest.heard();
const straight = new StraightReader(now);
const host: SessionHost = { recordings, playout, straight, log, now, heard, played, wall: Date.now, counters };
const sessions = new Map<number, WorkerSession>();

/** What is not shared came with one play and is no other's (`workersOwn`). */
function played(clips: readonly Clip[]): void {
	for (const clip of clips) if ("samples" in clip) letGo(clip.samples);
}

/** Addresses are always numbers; the detour over the resolver would cost a turn of the event loop for each packet. */
const noLookup = (
	address: string,
	_options: object,
	callback: (error: null, address: string, family: number) => void,
): void => callback(null, address, isIPv6(address) ? 6 : 4);

async function bound(bind: string, localPort: number, receiveBufferBytes?: number): Promise<Socket> {
	const type = isIPv6(bind) ? "udp6" : "udp4";
	const recvBufferSize = receiveBufferBytes === undefined ? {} : { recvBufferSize: receiveBufferBytes };
	// The type of `lookup` is that of dns.lookup with all its overloads; dgram calls it in this one way.
	const socket = createSocket({ type, lookup: noLookup as never, ...recvBufferSize });
	try {
		// Listened for before the bind: with a lookup that answers at once, so does the bind.
		const listening = once(socket, "listening");
		socket.bind({ address: bind, port: localPort, exclusive: true });
		await listening;
		return socket;
	} catch (error) {
		socket.close();
		throw error;
	}
}

async function openSession(question: Extract<Question, { type: "open" }>): Promise<void> {
	const rtp = await bound(question.bind, question.port, MEDIA_LIMITS.receiveBufferBytes);
	let rtcp: Socket;
	try {
		rtcp = await bound(question.bind, question.port + 1);
	} catch (error) {
		rtp.close();
		throw error;
	}
	const { session, rtpLostMs, inbandDtmf, negotiated } = question;
	const emit = (event: MediaEvent): void => tell({ type: "event", session, event });
	sessions.set(session, new WorkerSession(host, { rtp, rtcp, rtpLostMs, inbandDtmf, emit }));
	if (negotiated !== undefined) alone(session, () => obey({ type: "connect", session, negotiated }));
}

/** An error of ours in one call must not end the calls of the whole thread: that call loses its media, alone. */
function alone(session: number, act: () => void): void {
	try {
		act();
	} catch (error) {
		counters.sessionErrors++;
		log.error({ err: error }, "one call lost its media: error of ours");
		tell({ type: "event", session, event: { type: "rtpLost" } });
	}
}

function obey(command: Command): void {
	const session = sessions.get(command.session);
	if (session === undefined) return;
	switch (command.type) {
		case "connect":
			session.connect(command.negotiated);
			break;
		case "play":
			session.play(command.playId, command.clips);
			break;
		case "sendDigits":
			session.sendDigits(command.digits);
			break;
		case "record":
			session.record(command.options);
			break;
		case "close":
			void session.close().finally(() => sessions.delete(command.session));
			break;
		default:
			session[command.type]();
	}
}

async function answer(question: Question): Promise<unknown> {
	switch (question.type) {
		case "open":
			return openSession(question);
		case "stopRecording":
			return sessions.get(question.session)?.stopRecording();
		case "stats":
			return sessions.get(question.session)?.stats();
		case "read":
			return recordings.read(question.recordingId, now());
		case "done":
			return recordings.done(question.recordingId, now());
		case "counters":
			return gauges();
		case "shutdown":
			return shutdown();
	}
}

function gauges(): Record<string, number> {
	const sums: Record<string, number> = { ...counters, lateMsMax: lateness.takeMaxMs() };
	for (const session of sessions.values()) {
		for (const [name, value] of Object.entries(session.stats())) sums[name] = (sums[name] ?? 0) + value;
	}
	return {
		...sums,
		sessions: sessions.size,
		sessionsPlaying: playout.members,
		sessionsReadStraight: straight.size,
		recordings: recordings.activeCount,
		recordingLogSegments: recordings.segmentCount,
		recordingLogPendingBytes: recordings.pendingBytes,
		recordingLogBytesWritten: recordings.bytesWritten,
		recordingLogSyncs: recordings.syncs,
		recordingLogFailures: recordings.writesFailed,
	};
}

async function shutdown(): Promise<void> {
	clearInterval(housekeeping);
	await Promise.all([...sessions.values()].map((session) => session.close()));
	sessions.clear();
	playout.close();
	await recordings.close(now());
}

const lateness = new LatenessMeter(setup.lateness, now());
const housekeeping = setInterval(() => {
	const nowMs = now();
	lateness.turn(nowMs);
	for (const [number, session] of sessions) alone(number, () => session.housekeeping(nowMs));
	recordings.turn(nowMs);
}, MEDIA_LIMITS.housekeepingMs);

port.on("message", (messages: readonly ToWorker[]) => {
	for (const message of messages) told(message);
});

function told(message: ToWorker): void {
	if (message.type !== "ask") {
		alone(message.session, () => obey(message));
		return;
	}
	const { ask, question } = message;
	answer(question).then(
		(value) => {
			tell({ type: "answer", ask, value });
			if (question.type === "read" && value !== undefined) hand((value as LoggedRecording).audio.samples);
			if (question.type !== "shutdown") return;
			post();
			port.close();
		},
		({ name, message, code }: NodeJS.ErrnoException) => tell({ type: "failed", ask, failure: { name, message, code } }),
	);
}

/** Nobody here needs it any more: moved, not copied. */
function hand({ buffer }: Uint8Array): void {
	if (buffer instanceof ArrayBuffer) outboxAudio.push(buffer);
}
