/** Bounds of this room. Those that other rooms share stand in the domain's `LIMITS`. */
export const HTTP_LIMITS = {
	/** A request line and its headers; Node answers 431 beyond. */
	headerBytesMax: 16 * 1024,
	/** Nothing in the contract nests deeper than three; more is an attempt on somebody's stack. */
	jsonDepthMax: 32,
	/** Complaints in one error message: enough to mend a form in one go. */
	problemsMax: 5,
	/** Media ranges of an Accept header that are looked at. */
	acceptRangesMax: 32,
	/** Buckets held in memory per budget; the one unused for longest is dropped first. */
	budgetKeysMax: 10_000,
	/** Characters of a budget's key: forwarded addresses come from outside. */
	budgetKeyCharsMax: 256,
	/** Contract 1.6: tokens wanted from one address, as a multiple of one key's budget: several keys may share an address. */
	addressBudgetFactor: 4,
	/** A process leases this part of a minute's requests at a time, at most so many. */
	rateBlockShare: 10,
	rateBlockMax: 100,
	/** A lease that takes longer, or fails, leaves the limit to the memory of this process, for so long. */
	rateLeaseTimeoutMs: 1_000,
	rateLeaseRetryMs: 1_000,
	/** What a wrong AccountSecret costs of the token budget beyond the request itself. */
	wrongSecretCost: 4,
	/** Requests without a token under work at once, and how many may wait. What they ask of the database goes together. */
	strangersAtOnce: 16,
	strangersWaitingMax: 1_000,
	/** Answers to requests without a token that failed: so many at once, then so many a second; none is held longer. */
	strangersFailing: { perSecond: 100, burst: 200, holdMsMax: 5_000 },
	/** ApiEndpoint of a token. */
	endpointCharsMax: 2048,
	accountSecretCharsMax: 200,
	/** One part of a postal address. */
	addressPartCharsMax: 200,
	/** A subscriber's password is read and dropped. */
	passwordCharsMax: 1_000,
	/** Contract 2.7. */
	inventoryPageDefault: 100,
	inventoryPageMax: 10_000,
	pageNumberMax: 1_000_000,
	/** Numbers of one change of status: all are locked until it is done. */
	statusNumbersMax: 1_000,
	/** More do not fit into a body. */
	importNumbersMax: 5_000,
	/** How often the server looks for requests that are too slow. */
	connectionsCheckMs: 1_000,
	/** Beyond the time for the body, so that the answer can be ours and not the socket's. */
	socketGraceMs: 2_000,
	/** Idle connections kept open; longer than the 60 s after which common proxies close theirs. */
	keepAliveMs: 72_000,
	/** Time for the work of an operation as a multiple of the body's: longer than any query should take; then 504. */
	workTimeoutFactor: 2,
	/** Retry-After of a 503. */
	unavailableRetrySeconds: 5,
} as const;
