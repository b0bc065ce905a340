/** Every bound of this room. Units stand at the end of the names. */
export const MEDIA_LIMITS = {
	/** What Opus is sent at: speech is transparent from about 24 kbit/s on (RFC 7587 §3.1.1). */
	opusBitrate: 24_000,
	/** Bounds of a peer's `maxaveragebitrate` (RFC 7587 §6.1). */
	opusBitrateMin: 6000,
	opusBitrateMax: 510_000,
	/** 0 to 10: above 5 the ear hears no more of speech, and the processor twice as much. */
	opusComplexity: 5,
	/** What the encoder is to prepare for, where the peer reads redundancy. */
	opusExpectedLossPercent: 5,

	/** SDP bodies. A full offer of a browser has some 8 kB; ours come from PBXs and are under 2 kB. */
	sdpBytesMax: 16_384,
	sdpMediaLinesMax: 16,
	sdpLinesMax: 512,
	sdpCryptoLinesMax: 16,
	/** Packet times we send. Above 60 ms phones drop packets; below 10 ms the headers cost more than the audio. */
	ptimeMsMin: 10,
	ptimeMsMax: 60,
	ptimeMsDefault: 20,

	/** Octets of one RTP packet: 200 ms of G.711 and G.722, what the longest packet time in the field needs. */
	packetSamplesMax: 1600,
	/** Packets held back until a missing one arrives: 160 ms at 20 ms each. */
	reorderPacketsMax: 8,
	/** A packet held back so long goes on even if nothing follows it. */
	reorderHoldMs: 120,
	/** RFC 3550 A.1 MAX_DROPOUT and MAX_MISORDER. */
	sequenceDropoutMax: 3000,
	sequenceMisorderMax: 100,
	/** By how much a peer's timestamps may run ahead of the clock on the wall; beyond it a gap is not filled. */
	timelineLeadMs: 1000,
	/** After a change of SSRC a gap of the wall's clock below this is jitter and not filled. */
	streamChangeGapMs: 100,
	/** Another SSRC of the same source is believed when the present one has been quiet for so long. */
	ssrcQuietMs: 60,
	/** Comfort noise (RFC 3389) is filled no louder than this, and silence below the softer one. */
	comfortNoiseDbfsMax: -50,
	comfortNoiseDbfsMin: -75,
	/** Of a longer pause the rest is silence. */
	comfortNoiseMsMax: 10_000,
	/** A peer that announced a pause by comfort noise may send nothing for so long before `rtpLost` counts. */
	comfortNoiseQuietMs: 120_000,
	/**
	 * Asked of the system for each RTP socket, for times when the worker gets no CPU. Linux gives twice as much, at most
	 * twice net.core.rmem_max, and counts some 770 octets for 20 ms: 10 s with the usual rmem_max of 208 kB.
	 */
	receiveBufferBytes: 208 * 1024,
	/** From one reading of all sockets to the next, where many calls send. Far below what a caller could notice. */
	restMs: 5,
	/** The end of a session goes to its worker with whatever comes next, after this at the latest. */
	closeWaitMs: 10,
	/** Sockets of calls that only record are read so often, a part of them every straightTurnMs. */
	straightReadMs: 100,
	straightTurnMs: 10,
	/** Of one socket in one reading. */
	straightPacketsMax: 32,
	/** So often it is read until nothing is left. */
	straightEmptyMs: 1000,
	/** A recording is read so from this length on: short ones are not worth the change. */
	straightAfterMs: 1000,
	/** Turns, each of up to 32 packets, in which the end of a recording reads what has arrived. */
	drainTurnsMax: 24,

	/** Packets of the place that the peer has left by a re-INVITE, before it is taken for where the peer is after all. */
	leftSourcePackets: 100,

	/** SSRCs under one key of SRTP: one, and one more with each change of the peer's device. */
	srtpStreamsMax: 64,
	/** Of a master key identifier (RFC 4568 §6.1 allows 128; all that are seen have 1 or 4). */
	srtpMkiBytesMax: 16,

	/** RFC 3550 §6.2: the minimum between two reports of one participant, before randomization. */
	rtcpIntervalMs: 5000,
	rtcpBytesMax: 1500,

	/** Late by more than this, playing goes on later instead of sending a burst. */
	catchUpMs: 60,
	clipsMax: 512,
	sendDigitsMax: 64,
	digitMs: 100,
	digitGapMs: 100,

	/** Root mean square of a packet above this counts as speech (0 dBFS = amplitude 32,768). Line noise is near -60. */
	silenceLevelDbfs: -45,
	/** Time-outs (no RTP, silence, held packets) are looked at so often. */
	housekeepingMs: 100,

	recordingIdCharsMax: 100,
	recordingHeaderBytesMax: 8192,
	recordingMsMax: 3_600_000,
	/** After `maxMs` and this by the wall's clock a recording is full even if the peer sends next to nothing. */
	recordingOverrunMs: 2000,

	/** Recordings are written in turns: each one every logWriteMs, a part of them every logTurnMs. */
	logTurnMs: 100,
	logWriteMs: 500,
	logSyncMs: 1000,
	logSegmentBytesMax: 64 * 1024 * 1024,
	logSegmentMsMax: 60_000,
	logChunkBytesMax: 65_536,
	/** Audio not yet written (a full or hanging disk) per worker, and per recording; beyond it audio is lost and told. */
	logPendingBytesMax: 64 * 1024 * 1024,
	logPendingBytesPerRecordingMax: 2 * 1024 * 1024,
	/** A failed write is tried again after this. */
	logRetryMs: 1000,
	/** `stopRecording` rejects when the disk did not take the recording within this. */
	logDurableMsMax: 10_000,
	/** Recordings ended longer ago than this are read without blocking the worker: they may have left the page cache. */
	logCachedMs: 60_000,

	/**
	 * A worker whose turns come later than this takes no new call, so that those it has stay whole: their sockets hold
	 * 5 s at least.
	 */
	workerLateMsMax: 1000,
	/** A worker that crashes again within this is restarted only after it. */
	workerRestartMs: 1000,
	/** Tries of one `open` where ports of the range are taken by other programs. */
	portTriesMax: 64,
} as const;
