/** Every bound of the store, with its unit and its reason. */
export const STORE_LIMITS = {
	/** Connections of one process; PostgreSQL's own default is 100 for all processes together. */
	connectionsDefault: 16,
	/**
	 * Kept open when nothing is asked for ten seconds: a new one logs in, prepares its statements and plans them, which the
	 * first callers after a quiet moment would wait for (bench/README.md).
	 */
	connectionsKept: 4,
	/** Of pg-boss, beside the pool above; fetching and completing jobs in batches needs few. */
	jobConnections: 3,
	/** Statements that each connection keeps prepared; the code has some 200. */
	statementsPreparedMax: 300,
	connectTimeoutMs: 5_000,
	/** No statement of ours needs a second; a stuck one must not hold a connection for ever. */
	statementTimeoutMs: 30_000,
	lockTimeoutMs: 10_000,
	/** A transaction left open (a bug) is ended by the server. */
	idleInTransactionMs: 60_000,
	/** `check()` answers a health probe: sooner than the probe gives up. */
	checkTimeoutMs: 3_000,
	/** The oldest PostgreSQL we speak to, as `server_version_num`. */
	serverVersionMin: 150_000,

	/** `sun_path` holds 108 octets with its final zero on Linux, 104 on macOS. */
	socketPathBytesMax: process.platform === "darwin" ? 103 : 107,
	/** Longest wait for another process that initialises, starts or stops the same server. */
	serverLockWaitMs: 60_000,
	/** Start after a crash replays the log first. */
	serverReadyMs: 120_000,
	/** A zombie, or back ends of a killed postmaster, can hold its lock for about five seconds. */
	serverLockRetryMs: 8_000,
	/** Fast shutdown writes a checkpoint; after this it is stopped at once and recovers at the next start. */
	serverStopMs: 20_000,
	serverLogBytesMax: 5 * 1024 * 1024,
	serverConnections: 100,

	/** One recording of 15 minutes G.711 is 7.2 MB; anything far above is a mistake. */
	blobBytesMax: 64 * 1024 * 1024,
	blobKeyCharsMax: 200,

	/** Characters of a job's error kept for the operator. */
	jobErrorCharsMax: 500,
	jobListDefault: 100,
	jobListMax: 1_000,
	/** Jobs hold ids, never contents. */
	jobDataBytesMax: 16 * 1024,
	/** Longest wait for running handlers when the process stops; what is cut off is retried later. */
	jobStopMs: 10_000,
} as const;
