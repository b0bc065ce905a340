/** The settings in force, typed. One schema, three sources: command line, environment, `afterbeep.toml` in the data folder. */
import type { Diverter } from "../domain/index.ts";
import type { ListenAddress } from "../sip/index.ts";

export const ROLES = ["api", "sip", "worker"] as const;
export type Role = (typeof ROLES)[number];

/** `AFTERBEEP_GREETING`: `standard` speaks; `beep` plays the beep only (tests, benches, networks that announce themselves). */
export const GREETING_MODES = ["standard", "beep"] as const;
export type GreetingMode = (typeof GREETING_MODES)[number];

/** `AFTERBEEP_FILTERED_CALLS`: callers whom a call filter keeps out without naming them leave a message that alerts nobody, or are refused. */
export const FILTERED_CALLS = ["message", "reject"] as const;
export type FilteredCalls = (typeof FILTERED_CALLS)[number];

export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** `AFTERBEEP_SIP_TLS_CLIENTS`: whether those who connect over TLS show a certificate of theirs. */
export const TLS_CLIENTS = ["none", "optional", "required"] as const;

export interface HostPort {
	readonly host: string;
	/** 0 lets the system choose. */
	readonly port: number;
}

export interface Config {
	readonly dataFolder: string;
	readonly roles: ReadonlySet<Role>;
	readonly http: HostPort;
	/** Plain HTTP beyond loopback was asked for in so many words. */
	readonly httpPlain: boolean;
	readonly trustedProxies: readonly string[];
	/** Where `/metrics` is served; undefined: at the HTTP address. */
	readonly admin: HostPort | undefined;
	readonly sip: readonly ListenAddress[];
	/** For listen addresses that have none of their own. */
	readonly sipAdvertise: readonly string[];
	/** Paths of PEM files. */
	readonly sipTlsCert: string | undefined;
	readonly sipTlsKey: string | undefined;
	readonly sipTlsCa: string | undefined;
	readonly sipTlsClients: (typeof TLS_CLIENTS)[number];
	/** At most one of each family. */
	readonly rtpAdvertise: readonly string[];
	readonly rtpPorts: { readonly from: number; readonly to: number };
	/** Addresses and CIDR ranges. */
	readonly sipPeers: readonly string[];
	/** Absolute path of the peers file. */
	readonly peersFile: string | undefined;
	/** Of several who diverted a call: the first one, whom the caller called, or the last one. */
	readonly diverter: Diverter;
	/** Whether the peers' P-Asserted-Identity counts. */
	readonly assertedIdentity: boolean;
	/** ISO 3166 alpha-2, upper case. */
	readonly country: string | undefined;
	/** Dialled pattern to E.164 pattern, such as `"10XX" = "+1555000XX"`. */
	readonly extensions: Readonly<Record<string, string>>;
	/** Where a SIP proxy looks phones and numbers up; undefined: nowhere. */
	readonly lookup: HostPort | undefined;
	readonly lookupToken: string | undefined;
	readonly phoneRealm: string;
	readonly ringSeconds: number;
	/** Where NOTIFY goes that nobody subscribed to. */
	readonly mwiRoutes: readonly ListenAddress[];
	readonly databaseUrl: string | undefined;
	readonly databaseDirectUrl: string | undefined;
	/** Path of the master key file; undefined: made in the data folder at first start. */
	readonly masterKeyFile: string | undefined;
	/** `file:/absolute/path` */
	readonly blobs: string;
	readonly smtpUrl: string | undefined;
	readonly mailFrom: string;
	readonly publicUrl: string;
	/** Webhooks may lead to addresses that are not of the internet, over `http:` too. */
	readonly webhookPrivate: boolean;
	readonly webhookHttp: boolean;
	readonly timeZone: string;
	readonly language: string;
	readonly accessNumbers: readonly string[];
	/** Requests per minute and AccountKey; undefined = off. */
	readonly rateLimitPerMinute: number | undefined;
	readonly filteredCalls: FilteredCalls;
	readonly drainSeconds: number;
	readonly logLevel: LogLevel;
	readonly logNumbersFull: boolean;
	readonly accountKey: string | undefined;
	readonly accountSecret: string | undefined;
	/** Minutes, 1-60. */
	readonly tokenMinutes: number;
	readonly greeting: GreetingMode;
	/** Greeting and beep together, seconds. */
	readonly greetingSecondsMax: number;
	/** Silence that ends a message, seconds; 0 = never. */
	readonly silenceSeconds: number;
	/** No RTP for so long ends a call, seconds. */
	readonly rtpTimeoutSeconds: number;
	readonly mediaWorkers: number | undefined;
	readonly callsMax: number;
	/** New calls in a second; undefined = off. */
	readonly callsPerSecondMax: number | undefined;
}

/** Where a value came from. */
export type Origin = "command line" | "environment" | "file" | "default";

/** One line of `afterbeep config`: the value as text, secrets hidden. */
export interface SettingInForce {
	readonly variable: string;
	readonly value: string;
	readonly origin: Origin;
	/** Name of the flag, variable or file that set it; undefined for a default. */
	readonly setBy: string | undefined;
	readonly meaning: string;
}

export interface LoadedConfig {
	readonly config: Config;
	readonly inForce: readonly SettingInForce[];
}

export interface ConfigSources {
	/** Values of setting flags, by flag name without dashes (`sip-peers`). */
	readonly flags: Readonly<Record<string, string>>;
	readonly env: Readonly<Record<string, string | undefined>>;
	readonly workingFolder: string;
	/** Text of a file, undefined when there is none. */
	readFile(path: string): string | undefined;
	/** The machine's own addresses that are not loopback, to judge whether a wildcard bind is ambiguous. */
	readonly ownAddresses: readonly string[];
}
