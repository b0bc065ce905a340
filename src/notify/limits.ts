/** Bounds of this room. */
export const NOTIFY_LIMITS = {
	/** Connections to the mail server at once, and mails in one connection (some servers close after a hundred). */
	smtpConnections: 4,
	smtpMailsPerConnection: 50,
	/** Together well within the 300 s after which the job queue takes a handler for lost. */
	smtpConnectMs: 15_000,
	smtpGreetingMs: 15_000,
	smtpInactiveMs: 60_000,
	smtpSendMs: 240_000,
	/** Servers close idle connections after minutes; ours goes first, so that no mail falls into a closing one. */
	smtpIdleMs: 20_000,
	/** How long a server that was told goodbye, or given up, may keep its connection open. */
	smtpCloseMs: 1_000,
	/** Of a server's answer as kept with the job. */
	serverTextCharsMax: 300,
	/** A caller's name in subject and body; more is no name. */
	callerNameCharsMax: 60,
	/** Maildir convention: what lies in `tmp` longer than this was left by a crash. */
	maildirTmpHours: 36,
	/** Handlers at once. */
	fanOutConcurrency: 8,
	emailConcurrency: 4,
	pinConcurrency: 1,
	/** Contract 6.7: an answer must come within this, names and connection included. */
	webhookTimeoutMs: 10_000,
	/** Of one question to the name servers. */
	webhookDnsTimeoutMs: 2_000,
	/** Idle connections to receivers are closed after this. */
	webhookIdleMs: 15_000,
	/** Of an answer; nothing of it is kept. */
	webhookHeaderBytesMax: 16 * 1024,
	webhookAnswerBytesMax: 64 * 1024,
	/** Requests under way; each webhook has but a few of these places (see the job's policy). */
	webhookConcurrency: 256,
} as const;
