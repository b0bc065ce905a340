/** Every bound of this room. Units stand at the end of the names; the platform-wide ones are `LIMITS` of `domain/`. */
export const CALL_LIMITS = {
	/** Entries of History-Info, Diversion or P-Asserted-Identity that are read; a network sends a handful. */
	headerEntriesMax: 20,
	/** Identity fields that are looked at, and the longest one: a PASSporT of two numbers has under 1,000 characters. */
	identitiesMax: 4,
	identityCharsMax: 4_096,
	/** Candidates of one INVITE, over all sources: more are not asked for. */
	candidatesMax: 40,
	/** Raw header text kept in a trace. */
	traceTextCharsMax: 200,
	traceStepsMax: 300,
	/** A caller that is no number, such as a SIP user name. */
	callerCharsMax: 64,

	/** Silence after a menu before it is said again. */
	keyWaitMs: 5_000,
	/** How often a menu is said again before the call ends. */
	idleRepeatsMax: 2,
	/** Keys without meaning, one after the other, before the call ends. */
	wrongKeysMax: 5,
	/** Between two digits of an entry; then it counts as complete, as if `#` had been pressed. */
	digitWaitMs: 5_000,
	/** A key that comes by INFO and by RFC 4733 comes twice within this. */
	keyEchoMs: 2_000,
	keyEchoesMax: 32,
	/** Digits of a keyed mailbox number: E.164 with an international prefix before it. */
	mailboxDigitsMax: 20,
	/** How long a paused message waits; then playing goes on. */
	pauseMsMax: 60_000,
	/** New PIN entries that did not match or were refused, before the change is given up. */
	pinChangeTriesMax: 3,

	/** Recordings one after the other in one call: a message or a greeting. */
	takesMax: 5,
	/** A greeting or name shorter than this is a mistake. */
	ownRecordingMinMs: 500,

	/** Prompts, without recordings among them, that last longer have lost their end: the call goes on as if it had come. */
	promptMsMax: 120_000,
	/** Beyond the length of what is played or recorded before its end is taken as lost. */
	mediaGraceMs: 10_000,
	/**
	 * For the look-ups before the answer, and again for the greetings: a caller hears nothing meanwhile. A database that is
	 * only slow answers within a second.
	 */
	lookUpMsMax: 2_500,
	/**
	 * An answer of the mailboxes or the recording log that takes longer counts as a failure: the caller hears silence meanwhile.
	 * Longer than a PIN's hash waits for its turn when hundreds log in at once.
	 */
	replyMsMax: 10_000,
	/** For the ACK after an early greeting: longer than 64*T1, after which the signalling gives up by itself. */
	ackWaitMs: 40_000,
	/** No call lasts longer, whatever happens in it. */
	callMsMax: 2 * 60 * 60 * 1000,

	/** Recordings on their way from the log to the mailboxes at the same time. */
	keepingMax: 16,
	/** Waits between two tries to keep a recording while the database or the blob store is away. */
	keepRetryFirstMs: 1_000,
	keepRetryMaxMs: 60_000,

	/** Retry-After of a 503, seconds. */
	retryAfterSeconds: 5,
	/** After the drain time: for the goodbye prompt, before the last calls are hung up. */
	goodbyeMs: 15_000,
} as const;
