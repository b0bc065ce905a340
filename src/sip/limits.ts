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
	/** Seconds in Retry-After of 503: long enough for a dispatcher to move on, short enough to come back. */
	retryAfterSeconds: 5,
	/** Server transactions held at once; above it new requests get 503 without state. */
	serverTransactionsMax: 200_000,
	t1MsDefault: 500,
	/** RFC 3261 §17.1.2.2 and table 4. */
	t2Ms: 4_000,
	t4Ms: 5_000,
	/** RFC 3261 §17.1.1.2: at least 32 s. */
	timerDMs: 32_000,
} as const;
