/**
 * Every bound of the platform that is not one protocol room's own (those live in `sip/limits.ts`, `media/limits.ts`).
 * Units stand at the end of the names.
 */
export const LIMITS = {
	/** Contract 2.2: PIN digits accepted over the API. */
	pinDigitsMin: 4,
	pinDigitsMax: 10,
	/** Contract 2.2. */
	nameCharsMax: 100,
	/** RFC 5321 §4.5.3.1.3: a path is at most 256 octets with its angle brackets. */
	emailCharsMax: 254,
	/** Contract 1.7. */
	idCharsMax: 100,
	/** Contract 6.5. */
	maxMessageSecondsMin: 10,
	maxMessageSecondsMax: 900,
	maxMessageSecondsDefault: 180,
	minMessageSecondsDefault: 1,
	maxMessagesDefault: 100,
	retentionDaysDefault: 30,
	deletedRetentionDaysDefault: 7,
	/** Contract 6.4. */
	greetingSecondsMax: 120,
	recordedNameSecondsMax: 10,
	/** PIN tries in one phone call; then the call ends (telephony.md E3). */
	pinTriesPerCall: 3,
	/** Contract 6.6: wrong PINs in a row before the first lock, its length, and the longest lock. */
	pinFailuresBeforeLock: 5,
	pinLockFirstSeconds: 300,
	pinLockMaxSeconds: 86_400,
	/** E-mail attachments above this are sent as µ-law WAV instead of 16-bit PCM. */
	attachmentPcmBytesMax: 5 * 1024 * 1024,
	/** HTTP request bodies. */
	requestBodyBytesMax: 256 * 1024,
	requestTimeoutMs: 15_000,
	/** Calls forwarded more often than this are refused as loops (3GPP TS 24.604 §4.5.2.6). */
	diversionsMax: 5,
	/** Addresses of which a table of peers remembers what it found; beyond it begins anew. */
	addressesRemembered: 1_024,
} as const;
