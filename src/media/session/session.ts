/**
 * One call's audio within a worker: a pair of sockets, what is heard, what is sent. `onRtp` runs for each packet of
 * each call, so it makes no objects, sets no timers and sends no message between threads.
 */
import { randomBytes, randomInt } from "node:crypto";
import { WIRE_FORMS } from "../codec/index.ts";
import { noPress, receiveDtmf } from "../dtmf/receive.ts";
import { isDigits } from "../dtmf/send.ts";
import { MEDIA_LIMITS } from "../limits.ts";
import { looksLikeRtcp, payloadBounds, readSequence, readUint32 } from "../rtp/packet.ts";
import { RtpReceiver } from "../rtp/receiver.ts";
import { SecureMedia } from "../srtp/index.ts";
import type { Clip, Negotiated, RecordingSummary, RecordOptions, SessionStats } from "../types.ts";
import { addStats, type SessionHost, type SessionSetup } from "./host.ts";
import { COMFORT_NOISE_PAYLOAD_TYPE, DTMF, IGNORED, Payloads, QUIET, ULAW } from "./payloads.ts";
import { Recorder } from "./recorder.ts";
import { Refusals } from "./refusals.ts";
import { Reports } from "./reports.ts";
import { Sender } from "./sender.ts";
import { canonicalAddress, isUnspecified, type Source, SourceGate, sameRemote } from "./source-gate.ts";
import { StraightSocket } from "./straight-reader.ts";

const MAX_SAMPLES = MEDIA_LIMITS.packetSamplesMax;

export class WorkerSession {
	readonly #host: SessionHost;
	readonly #setup: SessionSetup;
	readonly #gate = new SourceGate();
	readonly #payloads = new Payloads();
	readonly #kinds = this.#payloads.kinds;
	readonly #recorder: Recorder;
	readonly #receiver: RtpReceiver;
	readonly #sender: Sender;
	readonly #reports = new Reports(randomBytes(12).toString("base64"));
	#negotiated: Negotiated | undefined;
	/** Takes effect when what was sent before it is read. */
	#next: Negotiated | undefined;
	#dtmf = noPress;
	readonly #refusals: Refusals;
	/** For `rtpLost`: when RTP was last heard, or waiting for it began. */
	#heardAtMs = 0;
	#rtpLostTold = false;
	#rtpHeardTold = false;
	#rtcpAddress = "";
	#rtcpPort = 0;
	#ending: Promise<RecordingSummary | undefined> = Promise.resolve(undefined);
	#draining: Promise<void> = Promise.resolve();
	#closed = false;
	readonly #srtp = new SecureMedia();
	readonly #straight: StraightSocket;

	constructor(host: SessionHost, setup: SessionSetup) {
		this.#host = host;
		this.#setup = setup;
		this.#refusals = new Refusals(host.log, () => setup.rtp.address().port);
		this.#recorder = new Recorder(setup.emit, (payloadType) => this.#payloads.sourceOf(payloadType));
		this.#recorder.hearKeys(setup.inbandDtmf);
		this.#receiver = new RtpReceiver(this.#recorder);
		this.#sender = new Sender({
			ssrc: randomBytes(4).readUInt32BE(),
			// The upper half would let a peer that misses our first packets take a wrap for none (RFC 4568 §6.4).
			sequence: randomInt(0x8000),
			timestamp: randomBytes(4).readInt32BE(),
			send: (datagram) => this.#sendRtp(datagram),
			played: (clips) => host.played(clips),
			emit: setup.emit,
		});
		this.#straight = new StraightSocket(host.straight, setup.rtp, {
			packetMs: () => this.#receiver.packetMs,
			packet: (datagram, atMs) => this.#read(datagram, this.#gate, atMs),
			ended: () => this.#host.counters.sendErrors++,
		});
		setup.rtp.on("message", this.#onRtp);
		setup.rtcp.on("message", this.#onRtcp);
		// An ICMP error of an earlier packet, or a full buffer: RTP may be lost, a call goes on.
		setup.rtp.on("error", () => this.#host.counters.sendErrors++);
		setup.rtcp.on("error", () => this.#host.counters.sendErrors++);
	}

	/** A change takes effect behind the audio that was sent before it, also where a busy worker has not read that yet. */
	connect(negotiated: Negotiated): void {
		this.#straight.leave();
		this.#settleNext();
		const { receiving, srtp } = this.#negotiated ?? {};
		// Without a key of before nothing tells whether a packet that is still unread was sealed.
		const sealedFromNow = srtp === undefined && negotiated.srtp !== undefined;
		if (receiving !== true || this.#recorder.recording === undefined || sealedFromNow) {
			this.#settle(negotiated);
			return;
		}
		this.#next = negotiated;
		this.#draining = this.#straight.drain().then(() => {
			if (this.#next === negotiated) this.#settleNext();
		});
	}

	#settleNext(): void {
		const next = this.#next;
		this.#next = undefined;
		if (next !== undefined && !this.#closed) this.#settle(next);
	}

	#settle(negotiated: Negotiated): void {
		const nowMs = this.#host.now();
		const before = this.#negotiated;
		const moved = before !== undefined && !sameRemote(before, negotiated);
		const resumed = before?.receiving === false && negotiated.receiving;
		if (moved || resumed) this.#receiver.restart(nowMs);
		this.#negotiated = negotiated;
		this.#srtp.settle(negotiated.srtp);
		this.#gate.negotiate(negotiated.remoteAddress, negotiated.remotePort, negotiated.signallingAddress);
		// Signalling said that something may change: whoever of the peer is heard next is the one.
		this.#gate.unlock();
		this.#receiver.unlock();
		this.#payloads.settle(negotiated);
		this.#receiver.setClock(this.#payloads.ticksPerMs, this.#payloads.ticksOf, nowMs);
		this.#recorder.setClock(this.#payloads.ticksPerMs);
		if (!isUnspecified(negotiated.remoteAddress)) {
			this.#rtcpAddress = canonicalAddress(negotiated.remoteAddress);
			this.#rtcpPort = negotiated.remoteRtcpPort;
		}
		if (before?.receiving !== true || !negotiated.receiving) this.#heardAtMs = nowMs;
		this.#reports.start(nowMs, Math.random());
		this.#sender.connect(negotiated, this.#payloads.encoder);
		this.#wake();
		if (before === undefined) this.#sender.keepAlive(nowMs);
	}

	play(playId: number, clips: readonly Clip[]): void {
		this.#sender.player.start(playId, clips);
		this.#wake();
	}

	pause(): void {
		this.#sender.player.paused = true;
	}

	resume(): void {
		this.#sender.player.paused = false;
		this.#wake();
	}

	stopPlaying(): void {
		this.#sender.player.stop();
	}

	sendDigits(digits: string): void {
		if (!isDigits(digits)) return;
		if (this.#negotiated !== undefined && this.#negotiated.telephoneEvent === undefined) {
			this.#host.log.warn({}, "the peer takes no telephone-event: its keys cannot be pressed");
		}
		this.#sender.sendDigits(digits);
		this.#wake();
	}

	record(options: RecordOptions): void {
		this.#straight.leave();
		this.#settleNext();
		const nowMs = this.#host.now();
		// What was held back was heard before the command.
		this.#receiver.flush(nowMs);
		this.#endRecording();
		const { recordingId, header, maxMs, silenceMs } = options;
		const encoding = WIRE_FORMS[this.#negotiated?.codec ?? "PCMU"].kept;
		const recording = this.#host.recordings.begin(recordingId, header, encoding, nowMs, this.#host.wall());
		this.#recorder.start({ recording, maxMs, silenceMs }, nowMs);
	}

	/** Ends the recording with everything that had arrived by now, also what a busy worker has not read yet. */
	async stopRecording(): Promise<RecordingSummary | undefined> {
		const { recording } = this.#recorder;
		if (recording !== undefined) {
			this.#draining = this.#straight.drain();
			await this.#draining;
		}
		// Meanwhile another one may have begun, which ended this one.
		return this.#stopNow(recording);
	}

	#stopNow(recording = this.#recorder.recording): Promise<RecordingSummary | undefined> {
		if (recording !== undefined && this.#recorder.recording === recording) {
			this.#receiver.flush(this.#host.now());
			this.#endRecording();
		}
		const ending = this.#ending;
		this.#ending = Promise.resolve(undefined);
		return ending;
	}

	/** Called every 100 ms: everything that depends on time and on no packet. */
	housekeeping(nowMs: number): void {
		this.#receiver.idle(nowMs);
		this.#recorder.housekeeping(nowMs);
		const negotiated = this.#negotiated;
		if (negotiated === undefined) return;
		if (!this.#rtpHeardTold && this.#receiver.received > 0) {
			this.#rtpHeardTold = true;
			this.#setup.emit({ type: "rtpHeard" });
		}
		if (this.#mayReadStraight(negotiated)) this.#straight.approach(this.#gate.address, this.#gate.port);
		const { rtpLostMs } = this.#setup;
		if (rtpLostMs > 0 && negotiated.receiving && !this.#rtpLostTold && nowMs - this.#heardAtMs >= rtpLostMs) {
			this.#rtpLostTold = true;
			this.#setup.emit({ type: "rtpLost" });
		}
		const report = this.#reports.due(nowMs, this.#host.wall(), Math.random(), this.#sender, this.#receiver);
		if (report !== undefined) this.#sendRtcp(report);
	}

	/** Nothing but the peer's audio is to come: strangers are counted, and told of, only where the event loop reads. */
	#mayReadStraight({ receiving }: Negotiated): boolean {
		const settled = receiving && this.#next === undefined && this.#gate.locked && this.#refusals.foreign === 0;
		return settled && !this.#closed && this.#recorder.recordedMs >= MEDIA_LIMITS.straightAfterMs;
	}

	stats(): SessionStats {
		return {
			packetsReceived: this.#receiver.received,
			packetsLost: this.#receiver.lost,
			packetsForeign: this.#refusals.foreign,
			packetsDuplicate: this.#receiver.duplicates,
			packetsSent: this.#sender.packets,
		};
	}

	/** A recording that is being stopped takes its last packets first. */
	async close(): Promise<void> {
		if (this.#closed) return;
		this.#closed = true;
		this.#straight.leave();
		// Most calls have none; their ports are free again at once.
		if (this.#recorder.recording !== undefined) await this.#draining;
		const nowMs = this.#host.now();
		// Nobody waits for this one; a failure stands in the log already.
		this.#stopNow().catch(() => {});
		if (this.#negotiated !== undefined) {
			this.#sendRtcp(this.#reports.write(nowMs, this.#host.wall(), this.#sender, this.#receiver, true));
		}
		this.#sender.disconnect();
		this.#payloads.close();
		this.#straight.close();
		const { counters } = this.#host;
		addStats(counters, this.stats());
		counters.packetsInvalid += this.#refusals.invalid;
		counters.srtpForged += this.#srtp.forged;
		counters.srtpReplayed += this.#srtp.replayed;
		this.#setup.rtp.close();
		this.#setup.rtcp.close();
	}

	readonly #onRtp = (datagram: Buffer, source: Source): void => {
		this.#straight.brought();
		this.#read(datagram, source, this.#host.heard());
	};

	#read(datagram: Uint8Array, source: Source, nowMs: number): void {
		try {
			const gate = this.#gate;
			const packet = this.#srtp.active ? this.#opened(datagram, source) : datagram;
			if (packet === undefined) return;
			const bounds = payloadBounds(packet);
			if (this.#next !== undefined && bounds >= 0 && !this.#isSettled(packet, source)) this.#settleNext();
			const kind = bounds < 0 ? IGNORED : this.#kinds[packet[1]! & 0x7f]!;
			if (kind === IGNORED) this.#odd(packet, source, bounds, nowMs);
			else if (source.port === gate.port && source.address === gate.address) {
				this.#accept(packet, kind, bounds >>> 16, bounds & 0xffff, nowMs);
			} else if (gate.admit(source.address, source.port)) {
				this.#accept(packet, kind, bounds >>> 16, bounds & 0xffff, nowMs);
			} else this.#refuse(source);
		} catch (error) {
			this.#host.counters.sessionErrors++;
			this.#host.log.error({ err: error }, "an RTP packet was dropped: error of ours");
		}
	}

	/** A socket is read in order: the first packet that goes by what is settled next has all the others before it. */
	#isSettled(datagram: Uint8Array, { address, port }: Source): boolean {
		if (this.#kinds[datagram[1]! & 0x7f] === IGNORED) return false;
		return port === this.#gate.port && address === this.#gate.address;
	}

	#opened(datagram: Uint8Array, source: Source): Uint8Array | undefined {
		let packet = this.#unsealed(datagram, source);
		if (packet === undefined && this.#next !== undefined) {
			// It may be the first one from the next source, or under the next key.
			this.#settleNext();
			packet = this.#srtp.active ? this.#unsealed(datagram, source) : datagram;
		}
		if (packet !== undefined) return packet;
		if (!this.#gate.hears(source.address, source.port)) this.#refuse(source);
		else if (this.#srtp.forged > 0) this.#refusals.forged(source);
		return undefined;
	}

	/** Whom we do not hear gets no arithmetic of ours, and can use up no index of the peer's. */
	#unsealed(datagram: Uint8Array, { address, port }: Source): Uint8Array | undefined {
		if (!this.#gate.hears(address, port)) return undefined;
		return looksLikeRtcp(datagram) ? this.#srtp.openRtcp(datagram) : this.#srtp.openRtp(datagram);
	}

	#accept(datagram: Uint8Array, kind: number, start: number, end: number, nowMs: number): void {
		this.#heardAtMs = nowMs;
		this.#gate.lock();
		if (this.#negotiated?.receiving !== true) return;
		const sequence = readSequence(datagram);
		const timestamp = readUint32(datagram, 4);
		const ssrc = readUint32(datagram, 8);
		const payloadType = datagram[1]! & 0x7f;
		const audible = kind >= ULAW;
		if (kind === DTMF) {
			const marker = (datagram[1]! & 0x80) !== 0;
			const perMs = this.#payloads.ticksPerMs;
			const { state, digit } = receiveDtmf(this.#dtmf, sequence, timestamp, marker, datagram, start, end, perMs);
			this.#dtmf = state;
			if (digit !== undefined) this.#setup.emit({ type: "digit", digit });
			// A peer that sends its keys so would have them counted twice.
			this.#recorder.hearKeys(false);
		} else if (kind === QUIET && payloadType === COMFORT_NOISE_PAYLOAD_TYPE) this.#pauses(datagram, start, end, nowMs);
		if (audible && end - start > MAX_SAMPLES) this.#refusals.invalid++;
		else this.#receiver.receive(sequence, timestamp, ssrc, payloadType, audible, datagram, start, end, nowMs);
	}

	/** Comfort noise: the peer is there and says nothing, mayhap for long (RFC 3389 §4 asks for no second packet). */
	#pauses(datagram: Uint8Array, start: number, end: number, nowMs: number): void {
		this.#heardAtMs = nowMs + MEDIA_LIMITS.comfortNoiseQuietMs;
		if (end > start) this.#recorder.comfortNoise(-(datagram[start]! & 0x7f));
	}

	/** No packet of a payload type that was settled. */
	#odd(datagram: Uint8Array, source: Source, bounds: number, nowMs: number): void {
		const known = source.port === this.#gate.port && source.address === this.#gate.address;
		if (!known && !this.#gate.isPeer(source.address)) {
			this.#refuse(source);
			return;
		}
		if (looksLikeRtcp(datagram) && this.#reports.received(datagram, nowMs)) {
			this.#host.counters.rtcpReceived++;
			return;
		}
		this.#refusals.invalid++;
		// Audio of a payload type that was never settled still shows that the peer lives and where its sequence is.
		if (known && bounds >= 0 && this.#negotiated !== undefined) this.#accept(datagram, QUIET, 0, 0, nowMs);
	}

	#refuse(source: Source): void {
		if (this.#gate.isLeft(source.address, source.port)) return;
		// Before `connect` nobody is known, so nobody is a stranger: audio that overtakes the signalling is dropped.
		if (this.#negotiated !== undefined) this.#refusals.stranger(source, this.#gate);
	}

	readonly #onRtcp = (datagram: Buffer, source: Source): void => {
		if (!this.#gate.isPeer(source.address)) {
			this.#refuse(source);
			return;
		}
		const report = this.#srtp.active ? this.#srtp.openRtcp(datagram) : datagram;
		if (report === undefined) {
			if (this.#srtp.forged > 0) this.#refusals.forged(source);
			return;
		}
		if (!this.#reports.received(report, this.#host.now())) {
			this.#refusals.invalid++;
			return;
		}
		this.#host.counters.rtcpReceived++;
		this.#rtcpAddress = source.address;
		this.#rtcpPort = source.port;
	};

	#endRecording(): void {
		const recording = this.#recorder.stop();
		if (recording === undefined) return;
		this.#ending = this.#host.recordings.end(recording, this.#recorder.speechMs, this.#host.now());
		// Told to whoever calls stopRecording; until then it must not count as unhandled.
		this.#ending.catch(() => {});
	}

	#wake(): void {
		if (this.#sender.wake(this.#host.now())) this.#host.playout.add(this.#sender);
	}

	/** @returns whether the system has the datagram already; where its buffer is full Node keeps it for later. */
	#sendRtp(datagram: Uint8Array): boolean {
		const { address, port } = this.#gate;
		if (port === 0 || this.#closed) return true;
		const { rtp } = this.#setup;
		const packet = this.#srtp.active ? this.#srtp.sealRtp(datagram) : datagram;
		if (this.#straight.connected) rtp.send(packet);
		else rtp.send(packet, port, address);
		return packet !== datagram || rtp.getSendQueueCount() === 0;
	}

	#sendRtcp(datagram: Uint8Array): void {
		if (this.#rtcpPort === 0) return;
		this.#host.counters.rtcpSent++;
		const packet = this.#srtp.active ? this.#srtp.sealRtcp(datagram) : datagram;
		this.#setup.rtcp.send(packet, this.#rtcpPort, this.#rtcpAddress);
	}
}
