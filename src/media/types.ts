/**
 * What this room offers: telephone audio in and out over RTP (RFC 3550), negotiated by SDP (RFC 3264), in worker
 * threads, with a recording log that survives a crash. It knows nothing of voicemail and nothing of SIP.
 */
import type { TelephoneAudio, TelephoneEncoding } from "../audio/index.ts";
import type { OpusWishes, WireCodec } from "./codec/index.ts";
import type { SrtpKey, SrtpSuite } from "./srtp/index.ts";

export type { OpusWishes, SrtpKey, SrtpSuite, TelephoneAudio, TelephoneEncoding, WireCodec };

export type Clip = TelephoneAudio | { readonly silenceMs: number };

export interface SessionOptions {
	/** Local address to bind, such as 127.0.0.1 or 0.0.0.0. */
	readonly bind: string;
	/**
	 * What happens in the session, in order. `playEnded` carries the id that `play` was given. `digit` is one of
	 * 0-9 * # A-D (RFC 4733), told once a key press. `silence` comes once when nothing louder than the silence level was
	 * heard for the set time while recording, `recordingFull` once at `maxMs`. `rtpHeard` comes once, within 100 ms of
	 * the peer's first valid RTP; `rtpLost` when no RTP arrived for the set time.
	 */
	onEvent(event: MediaEvent): void;
	/** No RTP for so long ends in `rtpLost`; 0 turns it off. Counting starts with `connect`; paused while on hold. */
	readonly rtpLostMs: number;
	/**
	 * Keys are recognised by their tones too (DTMF, ITU-T Q.23), for peers that know no telephone-event. Until the first
	 * telephone-event of the session: then the peer knows it, and a key heard twice would count twice. Off by default.
	 */
	readonly inbandDtmf?: boolean;
	/**
	 * What is settled already, by the port: asked for each one that is tried, before it is known to be free. The session
	 * opens connected by it, which spares its worker a second waking. It must not throw.
	 */
	negotiate?(port: number): Negotiated | undefined;
}

export type MediaEvent =
	| { readonly type: "playEnded"; readonly playId: number }
	| { readonly type: "digit"; readonly digit: string }
	| { readonly type: "digitsSent" }
	| { readonly type: "silence" }
	| { readonly type: "recordingFull" }
	| { readonly type: "rtpHeard" }
	| { readonly type: "rtpLost" };

export interface TelephoneEventForm {
	readonly payloadType: number;
	readonly receivePayloadType: number;
	/** 8,000, 16,000 or 48,000: durations count in it. */
	readonly clockHz: number;
}

/** What SDP settled. */
export interface Negotiated {
	readonly codec: WireCodec;
	/** Payload type of the audio we send: the peer's number for it (RFC 3264 §5.1). */
	readonly payloadType: number;
	/** Payload type of the audio we receive: our own number; differs only where we offered and the peer chose another. */
	readonly receivePayloadType: number;
	/** RFC 4733, undefined where the peer has none; numbers as above. */
	readonly telephoneEvent: TelephoneEventForm | undefined;
	/** What the peer's fmtp asks of an Opus encoder. */
	readonly opus?: OpusWishes;
	readonly remoteAddress: string;
	readonly remotePort: number;
	readonly remoteRtcpPort: number;
	/**
	 * The peer's address as signalling saw it. Behind a NAT it differs from what SDP says; RTP is taken from it too
	 * (symmetric RTP), from the first source that is heard.
	 */
	readonly signallingAddress?: string;
	readonly ptimeMs: number;
	/** Whether we may send (false while the peer holds us) and whether the peer sends. */
	readonly sending: boolean;
	readonly receiving: boolean;
	/** Keys of SRTP, for no log; absent: plain RTP. */
	readonly srtp?: NegotiatedSrtp;
}

export interface NegotiatedSrtp {
	readonly send: SrtpKey;
	readonly receive: SrtpKey;
}

export interface RecordOptions {
	/** 1-100 printable ASCII characters; stands in every chunk's index. */
	readonly recordingId: string;
	/** Opaque to this room, kept with the recording, at most `MEDIA_LIMITS.recordingHeaderBytesMax`. */
	readonly header: Uint8Array;
	readonly maxMs: number;
	/** 0 = off. */
	readonly silenceMs: number;
}

export interface RecordingSummary {
	readonly recordingId: string;
	/** Length of the audio as stored, gaps of loss filled. */
	readonly durationMs: number;
	readonly encoding: TelephoneEncoding;
	/** Time louder than the silence level. */
	readonly speechMs: number;
	/** Audio that the disk did not take in time, silence in the recording; absent where none is missing. */
	readonly lostMs?: number;
}

export interface MediaSession {
	/** Local RTP port (RTCP is the next one). */
	readonly port: number;
	/** Starts, or after a re-INVITE changes, the flow of RTP. */
	connect(negotiated: Negotiated): void;
	/** Plays clips one after the other without gap, in place of what plays now; `playEnded` at the end. */
	play(playId: number, clips: readonly Clip[]): void;
	pause(): void;
	resume(): void;
	stopPlaying(): void;
	/** Sends key presses by RFC 4733 (100 ms each, 100 ms apart); `digitsSent` at the end. */
	sendDigits(digits: string): void;
	/** Starts a recording: from now on what is heard goes to the recording log. */
	record(options: RecordOptions): void;
	/** Ends the recording and makes it durable in the log; undefined when none runs. Safe to call twice. */
	stopRecording(): Promise<RecordingSummary | undefined>;
	/** Releases ports; a running recording is ended and stays in the log. */
	close(): void;
	stats(): Promise<SessionStats>;
}

export interface SessionStats {
	readonly packetsReceived: number;
	readonly packetsLost: number;
	readonly packetsForeign: number;
	readonly packetsDuplicate: number;
	readonly packetsSent: number;
}

/** A recording as it stands in the log. */
export interface LoggedRecording extends RecordingSummary {
	readonly header: Uint8Array;
	readonly audio: TelephoneAudio;
}

export interface Recordings {
	/** Reads a recording back; undefined when the log does not hold it. */
	read(recordingId: string): Promise<LoggedRecording | undefined>;
	/**
	 * What was read is not looked at any more: its audio is gone from memory at once. Left to the garbage collector some
	 * hundred messages lie about.
	 */
	release(recording: LoggedRecording): void;
	/** The recording is kept elsewhere (or not wanted): its segments may be removed once no other live one is in them. */
	done(recordingId: string): Promise<void>;
	/** Recordings that an earlier process left without `done`, oldest first. Read once, before new calls. */
	unfinished(): AsyncIterable<LoggedRecording>;
}

export interface Media extends AsyncDisposable {
	/** Opens a socket pair on free ports of the range. Throws where no port is free or the bind fails. */
	open(options: SessionOptions): Promise<MediaSession>;
	readonly recordings: Recordings;
	/** Monotonic counters and gauges for metrics, by name. */
	counters(): Promise<Readonly<Record<string, number>>>;
}

export interface MediaOptions {
	/** Folder of the recording log. */
	readonly recordingLogFolder: string;
	readonly rtpPorts: { readonly from: number; readonly to: number };
	/** Worker threads; cores - 1, at least 1, by default. */
	readonly workers?: number;
	readonly log: MediaLog;
}

export interface MediaLog {
	debug(fields: object, message: string): void;
	info(fields: object, message: string): void;
	warn(fields: object, message: string): void;
	error(fields: object, message: string): void;
}

/** Our side of an SDP description. */
export interface LocalMedia {
	readonly address: string;
	readonly port: number;
	/** o= line: session id fixed for a call, version raised with each change (RFC 3264 §8). */
	readonly sessionId: number;
	readonly sessionVersion: number;
	/** Codecs that may be used, the most wanted first. By default all that we know, in the order of the peer's offer. */
	readonly codecs?: readonly WireCodec[];
	/** Absent: no SRTP, only plain RTP. */
	readonly srtp?: LocalSrtp;
}

export interface LocalSrtp {
	/** Whether plain RTP is refused. */
	readonly required: boolean;
	/** Master key and salt that we send under: `OwnSrtpKeys`. */
	keyFor(suite: SrtpSuite, peerKey?: Uint8Array): Uint8Array;
}

export type SdpAnswer =
	| { readonly ok: true; readonly sdp: string; readonly negotiated: Negotiated }
	/** 488: nothing in common; 400: not SDP. `why` is for the call trace. */
	| { readonly ok: false; readonly status: 488 | 400; readonly why: string };
