/** Every bound of the SIP room. Units stand at the end of the names. */
export const SIP_LIMITS = {
	/** Largest UDP payload is 65,507 octets; a stream may not bring more than a datagram could (RFC 3261 §18.1.1). */
	messageBytesMax: 65_536,
	/** A body above this gets 413. An SDP offer is 1-3 kB, a multipart with ISUP and PIDF-LO under 16 kB. */
	bodyBytesMax: 32_768,
	/** One header field, unfolded. History-Info of a long diversion chain reaches 2-3 kB. */
	headerFieldBytesMax: 8_192,
	/** Header lines of one message. RFC 4475 §3.1.1.7 holds 34 Via fields. */
	headerFieldsMax: 256,
	/** Elements of one comma-separated list, and parameters of one value. */
	listElementsMax: 128,
	parametersMax: 64,
	/** Parts looked at in one multipart body, and how deep multiparts may nest (RFC 5621). */
	multipartPartsMax: 16,
	multipartDepthMax: 4,
	/** RFC 3261 §8.1.1.5: CSeq numbers are below 2**31. */
	cseqMax: 2 ** 31 - 1,
	/** RFC 3261 §8.1.1.6. */
	maxForwardsDefault: 70,
	/** Connections of one TCP listener; further ones are closed. */
	tcpConnectionsMax: 4_096,
	/** A connection silent for so long is closed; RFC 5626 §4.4.1 clients ping about every two minutes. */
	tcpIdleMs: 10 * 60_000,
	/** A message that started must be whole within this, or a slow sender holds a buffer for ever. */
	tcpMessageMs: 30_000,
	/** Opening a connection for a request or a late response. */
	tcpConnectMs: 5_000,
	/** Addresses that one connection may stand for (RFC 5923). */
	connectionNamesMax: 4,
	/** A TLS handshake that takes longer is given up. */
	tlsHandshakeMs: 10_000,
	/** Handshakes under way with addresses that only a certificate could admit: each costs the processor milliseconds. */
	tlsStrangersMax: 32,
	/** Octets waiting to be written on one connection before it counts as dead. */
	tcpQueuedBytesMax: 1_048_576,
	/** Sources remembered by `refusedSources()`; the oldest goes first. */
	refusedSourcesMax: 100,
	/** One log line for a refused source in this time. */
	refusedWarningMs: 60_000,
	/** And so many for all sources together, since a flood can wear a new address on each datagram. */
	refusedWarningsMax: 30,
	/** Routes to peers remembered, and for how long: an interface may get another address. */
	localAddressesMax: 1_024,
	localAddressMs: 60_000,
	/** Datagrams held back while the route to a new peer is looked up. */
	localAddressWaitingMax: 256,
	/** RFC 3261 §13.3.1.1: a provisional response is repeated each minute, so that proxies do not give up. */
	progressRepeatMs: 60_000,
	/** RFC 3261 §18.1.1: a request above this goes by TCP, since what the path carries in one piece is not known. */
	datagramRequestBytesMax: 1_300,
	/**
	 * Largest request taken over UDP. A datagram carries 65,507 octets at most, and a response repeats most of its request,
	 * with up to 4 kB of ours beside it.
	 */
	datagramTakenBytesMax: 61_440,
	/** A datagram of at least so much that ends before its Content-Length says was cut on its way, not written badly. */
	datagramCutBytesMin: 1_200,
	/** Names of next hops remembered, and for how long at most: where a name leads may change at any time. */
	namesMax: 1_024,
	nameMs: 60_000,
	/** The system's resolver does not tell how long SRV and NAPTR records hold. */
	serviceMs: 30_000,
	/** A name that leads nowhere is not asked for again at once. */
	noNameMs: 10_000,
	/** Targets of one name that are tried, and records of one answer that are looked at. */
	targetsMax: 16,
	/** One question to the DNS, and the tries of it. */
	dnsMs: 2_000,
	dnsTries: 2,
	/** RFC 3263 §4.3: a target that failed stands behind the others for so long. */
	targetDownMs: 30_000,
	/** Closing waits so long for look-ups of names under way. */
	namesSettleMs: 2_000,
	/** RFC 4028 §4: intervals under 90 s would cost more than the calls they guard. */
	sessionSecondsMin: 90,
	/** RFC 4028 §4 recommends half an hour. */
	sessionSecondsWanted: 1_800,
	/** A longer session is cut down to this: no call lasts a day. */
	sessionSecondsMax: 86_400,
	/** Reliable provisional responses that wait for the one before them. */
	progressWaitingMax: 8,
	/** Reason values of one BYE or CANCEL that are told. */
	reasonsMax: 4,
	/** Seconds in Retry-After of 503: long enough for a dispatcher to move on, short enough to come back. */
	retryAfterSeconds: 5,
	/** A nonce is good for so long; then clients are asked anew, without asking anybody for a password. */
	nonceMs: 5 * 60_000,
	/** How far the clock of the node that made a nonce may be ahead of ours. */
	nonceAheadMs: 10_000,
	/** Nonces whose counts are remembered; beyond it clients are asked anew. */
	noncesMax: 20_000,
	/** Messages of one stranger in a second that are looked at, where there are digest users at all, and of all together. */
	strangersPerSecond: 10,
	strangersPerSecondAll: 200,
	/** And of a source that has proved to know a password. */
	provedPerSecond: 200,
	/** For so long after it last proved so: longer than any call, so that its BYE is heard. */
	provedMs: 4 * 3_600_000,
	/** Sources remembered, of each kind. */
	strangersRememberedMax: 10_000,
	/** Wrong passwords of one source within `guessWindowMs` that shut it out, and for how long: twice as long each time. */
	guessesMax: 10,
	guessWindowMs: 10 * 60_000,
	guessBlockMs: 60_000,
	guessBlockMsMax: 3_600_000,
	/** Connections of strangers at once, and how long each may take to prove who it is. */
	strangerConnectionsMax: 64,
	strangerConnectionMs: 30_000,
	/** Server transactions held at once; above it new requests get 503 without state. */
	serverTransactionsMax: 200_000,
	t1MsDefault: 500,
	/** RFC 3261 §17.1.2.2 and table 4. */
	t2Ms: 4_000,
	t4Ms: 5_000,
	/** RFC 3261 §17.1.1.2: at least 32 s. */
	timerDMs: 32_000,
} as const;
