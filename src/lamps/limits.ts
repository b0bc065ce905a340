/** Every bound of this room. Units stand at the end of the names. */
export const LAMP_LIMITS = {
	/** Granted where the phone names no time (RFC 3842 §3.4 leaves it to us; an hour is what phones ask for). */
	expiresSecondsDefault: 3_600,
	/** Less gets 423: a thousand phones that refresh every second are a flood. */
	expiresSecondsMin: 60,
	/** More is shortened: a phone that vanished is forgotten after a day at the latest. */
	expiresSecondsMax: 86_400,
	/** Phones of one mailbox; above it the one that subscribed first goes. */
	subscriptionsPerMailboxMax: 32,
	/** RFC 3842 §3.9: no more than one NOTIFY a second to a subscriber. */
	notifyEveryMs: 1_000,
	/** Counts or our own rows could not be had: asked again after so long, as often as it takes. */
	unreadyRetryMs: 5_000,
	/** Waits before a NOTIFY that nobody answered is tried again; after the last one the subscription ends. */
	unansweredRetriesMs: [15_000, 60_000, 300_000],
	/** Longest Retry-After that is followed. */
	retryAfterMsMax: 600_000,
	/** A node without a sign of life for so long has lost its subscriptions to the others. */
	leaseSeconds: 30,
	/** How often a node gives that sign and looks for orphans. */
	beatEveryMs: 10_000,
	/** Orphans taken over at a time, so that several nodes share them. */
	takeOverBatch: 500,
	/** Insurance against lost notices of the database. */
	pollEveryMs: 30_000,
	/** Answers of the database that take longer get the SUBSCRIBE a 503, before its sender gives up after 32 s. */
	answerMsMax: 15_000,
	/** How long a stop waits for the lease to be given up. */
	closeMsMax: 3_000,
	/** Seconds in Retry-After of that 503. */
	retryAfterSeconds: 10,
	/**
	 * News without a subscription: waits before a proxy that did not answer is asked again, two hours together; then the
	 * next change, or a phone that registers, brings the number up again.
	 */
	newsRetriesMs: [5_000, 15_000, 60_000, 300_000, 900_000, 1_800_000, 3_600_000],
	/** A node that claimed a number and said nothing for so long is gone: longer than a NOTIFY can take (32 s). */
	newsLeaseSeconds: 60,
	/** Numbers told at a time by one node. */
	newsAtOnce: 200,
	/** How often due rows are looked for, beside the notices of the database. */
	newsPollMs: 2_000,
	/** Longest value of a URI that stands in Message-Account. */
	accountCharsMax: 256,
} as const;
