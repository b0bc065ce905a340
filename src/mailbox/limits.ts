/** Bounds of this room. */
export const MAILBOX_LIMITS = {
	/** argon2id after OWASP's password storage advice: 19 MiB, two passes; about 20 ms of one core. */
	pinHashMemoryKib: 19_456,
	pinHashPasses: 2,
	/** PINs waiting for their hash: at 50 a second on two cores, the last one waits about five seconds. */
	pinHashQueueMax: 256,
	/** Less speech than this: the message is kept as silent, and nobody is alerted. */
	speechMsMin: 200,
	/** What a network may call the caller; longer texts are cut, since a message is never lost for its envelope. */
	callerNumberCharsMax: 64,
	callerNameCharsMax: 128,
	/** Digits of a PIN that a reset makes: a million of them, against five tries. */
	resetPinDigits: 6,
	/** Blob keys in one job: the longest have about 110 characters, and jobs hold no more than 16 KiB. */
	eraseKeysPerJob: 100,
	/** Mailboxes of one transaction of a bulk import: about five seconds of PIN hashing on one core. */
	importBatchLines: 250,
	/** Messages erased in one transaction. */
	purgeBatch: 500,
	listMax: 10_000,
	/** Numbers that one INVITE can offer. */
	findNumbersMax: 64,
	/** Candidates of calls of the same moment that are read together: so many in one statement, two readings at once. */
	findGatheredMax: 200,
	findReadingsAtOnce: 2,
	/** Settings that are asked for at the same moment are read together: so many in one statement, two statements at once. */
	settingsGatheredMax: 200,
	settingsReadingsAtOnce: 2,
} as const;
