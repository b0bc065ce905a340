/** Bounds of this room. */
export const DIRECTORY_LIMITS = {
	/** Bytes of the master key and of every key derived from it. */
	keyBytes: 32,
	/** Lifetime of a bearer token (contract 2.1). */
	tokenMinutesMin: 1,
	tokenMinutesMax: 60,
	/** Clocks of two of our nodes may differ by so much; a token is good for this long beyond its expiry. */
	tokenSkewSeconds: 5,
	/** A longer bearer token is none of ours (ours have about 450 characters) and is not even decoded. */
	tokenCharsMax: 4096,
	/** A revoked account key is noticed after this time at the latest. */
	accountKeyCacheMs: 3_000,
	accountKeysCached: 10_000,
	/** Readings of account keys, and leases of rate limits, that come at once go together. */
	accountKeyReadings: { keysMax: 100, atOnceMax: 2 },
	rateLeasings: { keysMax: 100, atOnceMax: 2 },
	/** How long the signing keys are taken from memory; one that another node made is looked for at once, but not more often than below. */
	tokenKeyCacheMs: 5_000,
	tokenKeyReloadMs: 1_000,
	/** Tokens whose signature need not be checked again, half a kilobyte each. */
	verifiedTokensCached: 10_000,
	/** Live keys of one operator. */
	keysPerDistributorMax: 1_000,
	/** How long the old secret of a rotated key stays good: a day where nothing is said, a month at most. */
	rotationOverlapMinutesDefault: 1_440,
	rotationOverlapMinutesMax: 43_200,
	/** How long an answer is kept for a repeated Idempotency-Key; old ones go so many with each new one. */
	answersKeptMs: 24 * 60 * 60 * 1000,
	answersForgottenAtOnce: 100,
	idempotencyKeyCharsMax: 255,
	/** Numbers of one subscriber that one request may name. */
	numbersPerSubscriberMax: 100,
	/** Names of operators, accounts and keys. */
	nameCharsMax: 100,
	/** An ApiEndpoint longer than this is refused. */
	endpointCharsMax: 2_048,
	/** What an operator may give as the first secret (contract 1.7 for the key); ours have 43 characters. */
	accountSecretCharsMin: 8,
	accountSecretCharsMax: 200,
	/** Random bytes of a secret that we make. */
	accountSecretBytes: 32,
	/** Example numbers of a first start: the contract's own example and those after it. */
	exampleNumberFirst: 11_234_567_890,
	exampleNumbers: 100,
	/** Rows of one import, which is one transaction, and of one of its statements. */
	importRowsMax: 1_000_000,
	importBatchRows: 2_000,
	listMax: 10_000,
	/** Of a key with a limit of its own. */
	requestsPerMinuteMax: 1_000_000,
	/** A bucket of a rate limit is full again after this time, even from the deepest debt; full ones are removed as often. */
	rateBucketFullMs: 150_000,
	rateBucketSweepMs: 60_000,
	/** Audit rows of one statement: PostgreSQL takes 65,535 parameters, a row has ten. */
	auditBatchRows: 2_000,
	/** Contract 2.9 and 2.10: a cancelled number can be taken back for so long; then all it held is erased. */
	reactivationDays: 30,
	/** Swaps of one line in one period (contract 2.6 shows 2). */
	swapsPerPeriod: 2,
	swapPeriodDays: 30,
	/** Contract 1.8. */
	areasPerPage: 10_000,
	/** Numbers of one change of status: all of them are locked until it is done. */
	statusNumbersMax: 1_000,
	/** An EffectiveDate further away is a slip of the pen. */
	effectiveYearsMax: 10,
	/** Orders and releases that one look for due work takes up at most. */
	dueBatch: 500,
	/** Contract 3.1: WebhookUrl, and each credential. */
	webhookUrlCharsMax: 255,
	webhookTextCharsMax: 255,
	webhookEventsCharsMax: 255,
	/** Of one account: each event is sent to each of them. */
	webhooksPerAccountMax: 50,
	/** Standard Webhooks: 24 to 64 octets. */
	webhookSecretBytes: 32,
	/** Contract 6.7: how long the secret before a rotation still signs. */
	webhookSecretOverlapMs: 86_400_000,
	/** Numbers that the event of an order names; an import may have a million. */
	eventNumbersMax: 1_000,
	deliveriesPerPage: 100,
	/** Beyond are no pages, only numbers that make the database count. */
	pageNumberMax: 1_000_000,
	/** Events can be sent again for so long; the last try of a delivery comes within two days. */
	webhookEventDays: 30,
	/** SIP phones of one number: each of them rings. */
	phonesPerNumberMax: 10,
	/** Of a phone's password: 120 random bits in letters that can be read out and keyed in. */
	phonePasswordChars: 24,
	/** Rows of one erasing statement. */
	purgeBatch: 1_000,
} as const;
