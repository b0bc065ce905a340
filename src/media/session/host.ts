import type { Socket } from "node:dgram";
import type { LogWriter } from "../recording-log/index.ts";
import type { Clip, MediaEvent, MediaLog, SessionStats } from "../types.ts";
import type { PlayoutClock } from "./playout-clock.ts";
import type { StraightReader } from "./straight-reader.ts";

/** What a worker has for all its sessions. */
export interface SessionHost {
	readonly recordings: LogWriter;
	readonly playout: PlayoutClock;
	readonly straight: StraightReader;
	readonly log: MediaLog;
	/** Monotonic milliseconds. */
	now(): number;
	/** An RTP packet came. @returns the time of the turn that read it. */
	heard(): number;
	/** Clips that nobody plays any more. */
	played(clips: readonly Clip[]): void;
	/** Milliseconds since 1970. */
	wall(): number;
	readonly counters: HostCounters;
}

/** Sums over all sessions, also those that are gone. */
export interface HostCounters {
	packetsReceived: number;
	packetsLost: number;
	packetsForeign: number;
	packetsDuplicate: number;
	packetsInvalid: number;
	packetsSent: number;
	rtcpReceived: number;
	rtcpSent: number;
	/** SRTP and SRTCP whose tag was wrong, or that came before. */
	srtpForged: number;
	srtpReplayed: number;
	sendErrors: number;
	sessionErrors: number;
}

export interface SessionSetup {
	readonly rtp: Socket;
	readonly rtcp: Socket;
	readonly rtpLostMs: number;
	readonly inbandDtmf: boolean;
	emit(event: MediaEvent): void;
}

export function addStats(counters: HostCounters, stats: SessionStats): void {
	counters.packetsReceived += stats.packetsReceived;
	counters.packetsLost += stats.packetsLost;
	counters.packetsForeign += stats.packetsForeign;
	counters.packetsDuplicate += stats.packetsDuplicate;
	counters.packetsSent += stats.packetsSent;
}
