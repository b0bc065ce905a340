/** Every setting: its names, its default, what it means, how its text is read. The one schema. */
import { z } from "zod";
import { DIVERTERS } from "../domain/index.ts";
import { CONFIG_LIMITS as BOUNDS } from "./limits.ts";
import { FILTERED_CALLS, GREETING_MODES, LOG_LEVELS, ROLES, TLS_CLIENTS } from "./types.ts";
import * as value from "./values.ts";

export interface Setting {
	/** Environment variable. */
	readonly variable: string;
	readonly meaning: string;
	/** Text of the default; undefined where the setting may be unset. */
	readonly default?: string;
	/** What holds while it is unset. */
	readonly unset?: string;
	/** `whole`: never shown; `url`: shown without its password. */
	readonly secret?: "whole" | "url";
}

/** Settings in the order in which `afterbeep config` shows them. Keys are those of `Config`. */
export const SETTINGS = {
	dataFolder: { variable: "AFTERBEEP_DATA", default: "./data", meaning: "data folder" },
	roles: { variable: "AFTERBEEP_ROLES", default: "api,sip,worker", meaning: "roles of this process" },
	http: { variable: "AFTERBEEP_HTTP", default: "127.0.0.1:8080", meaning: "HTTP listen address" },
	httpPlain: { variable: "AFTERBEEP_HTTP_PLAIN", default: "no", meaning: "allow plain HTTP beyond loopback" },
	trustedProxies: {
		variable: "AFTERBEEP_TRUSTED_PROXIES",
		default: "none",
		meaning: "whose X-Forwarded-For is believed (addresses, ranges)",
	},
	admin: { variable: "AFTERBEEP_ADMIN", unset: "the HTTP address", meaning: "where /metrics is served" },
	sip: {
		variable: "AFTERBEEP_SIP",
		default: "udp:127.0.0.1:5060,tcp:127.0.0.1:5060",
		meaning: "SIP listen addresses (udp:, tcp:, tls:)",
	},
	sipAdvertise: {
		variable: "AFTERBEEP_SIP_ADVERTISE",
		unset: "the local address of the route to the peer",
		meaning: "hosts that stand in Contact and Via",
	},
	sipTlsCert: {
		variable: "AFTERBEEP_SIP_TLS_CERT",
		unset: "none",
		meaning: "file with the certificate for tls: addresses (PEM)",
	},
	sipTlsKey: { variable: "AFTERBEEP_SIP_TLS_KEY", unset: "none", meaning: "file with its key (PEM)" },
	sipTlsCa: {
		variable: "AFTERBEEP_SIP_TLS_CA",
		unset: "those that Node.js knows",
		meaning: "file with the authorities of peers' certificates (PEM)",
	},
	sipTlsClients: {
		variable: "AFTERBEEP_SIP_TLS_CLIENTS",
		default: "none",
		meaning: "certificates of those who connect: none, optional or required",
	},
	rtpAdvertise: {
		variable: "AFTERBEEP_RTP_ADVERTISE",
		unset: "the local address of the route to the peer",
		meaning: "addresses that stand in SDP",
	},
	rtpPorts: { variable: "AFTERBEEP_RTP_PORTS", default: "20000-29999", meaning: "media ports" },
	sipPeers: { variable: "AFTERBEEP_SIP_PEERS", default: "127.0.0.1,::1", meaning: "trusted peers (addresses, ranges)" },
	peersFile: {
		variable: "AFTERBEEP_PEERS",
		unset: "none",
		meaning: "file with peers and their policies (docs/peers.md); read again on SIGHUP",
	},
	diverter: {
		variable: "AFTERBEEP_DIVERTER",
		default: "original",
		meaning: "whose mailbox, of several who diverted a call: original or last",
	},
	assertedIdentity: {
		variable: "AFTERBEEP_ASSERTED_IDENTITY",
		default: "yes",
		meaning: "believe the peers' P-Asserted-Identity; no where they pass on what strangers say",
	},
	country: { variable: "AFTERBEEP_COUNTRY", unset: "none", meaning: "country of bare national numbers (ISO 3166)" },
	extensions: {
		variable: "AFTERBEEP_EXTENSIONS",
		default: "none",
		meaning: "short numbers of a PBX, such as 10XX=+1555000XX",
	},
	accessNumbers: { variable: "AFTERBEEP_ACCESS_NUMBERS", default: "*86", meaning: "numbers that reach retrieval" },
	greeting: {
		variable: "AFTERBEEP_GREETING",
		default: "standard",
		meaning: "standard, or beep for the beep alone, own greetings too",
	},
	filteredCalls: {
		variable: "AFTERBEEP_FILTERED_CALLS",
		default: "message",
		meaning: "callers kept out by a call filter: message (stored, no alert) or reject (603)",
	},
	greetingSecondsMax: {
		variable: "AFTERBEEP_GREETING_SECONDS_MAX",
		default: "7",
		meaning: "longest greeting and beep together, seconds",
	},
	silenceSeconds: {
		variable: "AFTERBEEP_SILENCE_SECONDS",
		default: "10",
		meaning: "silence that ends a message, seconds; 0 for never",
	},
	rtpTimeoutSeconds: {
		variable: "AFTERBEEP_RTP_TIMEOUT_SECONDS",
		default: "30",
		meaning: "a call without RTP for so long is ended, seconds",
	},
	mediaWorkers: { variable: "AFTERBEEP_MEDIA_WORKERS", unset: "cores - 1", meaning: "media threads" },
	callsMax: { variable: "AFTERBEEP_CALLS_MAX", default: "2000", meaning: "calls at once; more are refused with 503" },
	callsPerSecondMax: {
		variable: "AFTERBEEP_CALLS_PER_SECOND",
		default: "off",
		meaning: "new calls in a second; more are refused with 503, or off",
	},
	lookup: {
		variable: "AFTERBEEP_LOOKUP",
		unset: "none",
		meaning: "where a SIP proxy asks who may register and what rings",
	},
	lookupToken: {
		variable: "AFTERBEEP_LOOKUP_TOKEN",
		unset: "none: AFTERBEEP_LOOKUP on loopback only",
		secret: "whole",
		meaning: "bearer token of that proxy",
	},
	phoneRealm: {
		variable: "AFTERBEEP_PHONE_REALM",
		default: "afterbeep",
		meaning: "digest realm of SIP phones; another one makes their passwords void",
	},
	ringSeconds: {
		variable: "AFTERBEEP_RING_SECONDS",
		default: "20",
		meaning: "how long phones ring before the voicemail answers, seconds",
	},
	mwiRoutes: {
		variable: "AFTERBEEP_MWI_ROUTES",
		default: "none",
		meaning: "proxies told of mailbox changes by NOTIFY without subscription (udp:10.0.0.1:5060)",
	},
	databaseUrl: {
		variable: "DATABASE_URL",
		unset: "an embedded PostgreSQL in the data folder",
		secret: "url",
		meaning: "outside PostgreSQL",
	},
	databaseDirectUrl: {
		variable: "DATABASE_DIRECT_URL",
		unset: "DATABASE_URL",
		secret: "url",
		meaning: "for migrations, locks and LISTEN where DATABASE_URL leads to a pooler",
	},
	masterKeyFile: {
		variable: "AFTERBEEP_MASTER_KEY",
		unset: "master.key in the data folder, made at first start",
		meaning: "file with the master key",
	},
	blobs: {
		variable: "AFTERBEEP_BLOBS",
		unset: "blobs/ in the data folder",
		meaning: "where audio is kept (file:/path)",
	},
	smtpUrl: {
		variable: "AFTERBEEP_SMTP_URL",
		unset: "a Maildir, mail/ in the data folder",
		secret: "url",
		meaning: "mail server",
	},
	mailFrom: { variable: "AFTERBEEP_MAIL_FROM", default: "voicemail@localhost", meaning: "sender of mails" },
	publicUrl: {
		variable: "AFTERBEEP_PUBLIC_URL",
		unset: "the HTTP address",
		meaning: "where operators reach the API, behind a proxy",
	},
	webhookPrivate: {
		variable: "AFTERBEEP_WEBHOOK_PRIVATE",
		default: "no",
		meaning: "allow webhooks to private and loopback addresses, and over http:",
	},
	webhookHttp: { variable: "AFTERBEEP_WEBHOOK_HTTP", default: "no", meaning: "allow webhooks over http:" },
	timeZone: { variable: "AFTERBEEP_TIME_ZONE", default: "UTC", meaning: "of mailboxes that have none" },
	language: { variable: "AFTERBEEP_LANGUAGE", default: "en", meaning: "of mailboxes that have none" },
	rateLimitPerMinute: {
		variable: "AFTERBEEP_RATE_LIMIT",
		default: "50/min",
		meaning: "API requests per AccountKey, or off",
	},
	tokenMinutes: { variable: "AFTERBEEP_TOKEN_MINUTES", default: "10", meaning: "life of a bearer token" },
	accountKey: {
		variable: "AFTERBEEP_ACCOUNT_KEY",
		unset: "made at first start",
		meaning: "key of the first operator",
	},
	accountSecret: {
		variable: "AFTERBEEP_ACCOUNT_SECRET",
		unset: "made at first start",
		secret: "whole",
		meaning: "secret of the first operator",
	},
	drainSeconds: { variable: "AFTERBEEP_DRAIN_SECONDS", default: "60", meaning: "how long SIGTERM waits for calls" },
	logLevel: { variable: "AFTERBEEP_LOG", default: "info", meaning: "debug, info, warn or error" },
	logNumbersFull: {
		variable: "AFTERBEEP_LOG_NUMBERS",
		default: "masked",
		meaning: "phone numbers in the log: masked or full",
	},
} as const satisfies Record<string, Setting>;

export type SettingKey = keyof typeof SETTINGS;
export const SETTING_KEYS = Object.keys(SETTINGS) as readonly SettingKey[];

/**
 * The schema of all values as text. Unset ones are absent.
 *
 * @param workingFolder what relative paths are relative to.
 */
export function settingsSchema(workingFolder: string) {
	return z.object({
		dataFolder: value.filePath(workingFolder),
		roles: value.setOf(ROLES),
		http: value.hostPort,
		httpPlain: value.yesNo,
		trustedProxies: value.addressRanges,
		admin: value.hostPort.optional(),
		sip: value.listenAddresses,
		sipAdvertise: value.advertisedHosts.optional(),
		sipTlsCert: value.filePath(workingFolder).optional(),
		sipTlsKey: value.filePath(workingFolder).optional(),
		sipTlsCa: value.filePath(workingFolder).optional(),
		sipTlsClients: value.oneOf(TLS_CLIENTS),
		rtpAdvertise: value.advertisedAddresses.optional(),
		rtpPorts: value.portRange,
		sipPeers: value.addressRanges,
		peersFile: value.filePath(workingFolder).optional(),
		diverter: value.oneOf(DIVERTERS),
		assertedIdentity: value.yesNo,
		country: value.country.optional(),
		extensions: value.extensions,
		accessNumbers: value.dialledNumbers,
		greeting: value.oneOf(GREETING_MODES),
		filteredCalls: value.oneOf(FILTERED_CALLS),
		greetingSecondsMax: value.seconds(BOUNDS.greetingSecondsMin, BOUNDS.greetingSecondsMax),
		silenceSeconds: value.seconds(0, BOUNDS.silenceSecondsMax),
		rtpTimeoutSeconds: value.seconds(BOUNDS.rtpTimeoutSecondsMin, BOUNDS.rtpTimeoutSecondsMax),
		mediaWorkers: value.wholeNumber(1, BOUNDS.mediaWorkersMax, "threads").optional(),
		callsMax: value.wholeNumber(1, BOUNDS.callsMax, "calls"),
		callsPerSecondMax: value.offOr(value.wholeNumber(1, BOUNDS.callsPerSecondMax, "calls")),
		lookup: value.hostPort.optional(),
		lookupToken: value.accountSecret.optional(),
		phoneRealm: value.realm,
		ringSeconds: value.wholeNumber(BOUNDS.ringSecondsMin, BOUNDS.ringSecondsMax, "seconds"),
		mwiRoutes: value.nextHops,
		databaseUrl: value.databaseUrl.optional(),
		databaseDirectUrl: value.databaseUrl.optional(),
		masterKeyFile: value.filePath(workingFolder).optional(),
		blobs: value.blobStore(workingFolder).optional(),
		smtpUrl: value.url(["smtp:", "smtps:"], "smtp://user:password@mail.example.com:587").optional(),
		mailFrom: value.mailAddress,
		publicUrl: value.url(["http:", "https:"], "https://voicemail.example.com").optional(),
		webhookPrivate: value.yesNo,
		webhookHttp: value.yesNo,
		timeZone: value.timeZone,
		language: value.language,
		rateLimitPerMinute: value.rateLimit,
		tokenMinutes: value.wholeNumber(BOUNDS.tokenMinutesMin, BOUNDS.tokenMinutesMax, "minutes"),
		accountKey: value.accountKey.optional(),
		accountSecret: value.accountSecret.optional(),
		drainSeconds: value.seconds(0, BOUNDS.drainSecondsMax),
		logLevel: value.oneOf(LOG_LEVELS),
		logNumbersFull: value.oneOf(["masked", "full"]).transform((choice) => choice === "full"),
	} satisfies Record<SettingKey, z.ZodType>);
}

export type Values = z.output<ReturnType<typeof settingsSchema>>;

/** Name in `afterbeep.toml`. */
export function tomlKey(key: SettingKey): string {
	return SETTINGS[key].variable.replace(/^AFTERBEEP_/, "").toLowerCase();
}

/** Name of the flag without dashes; none for a secret, since every user of the machine can read a command line. */
export function flagName(key: SettingKey): string | undefined {
	const setting: Setting = SETTINGS[key];
	return setting.secret === "whole" ? undefined : tomlKey(key).replaceAll("_", "-");
}
