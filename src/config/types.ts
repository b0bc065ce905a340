/** The settings in force, typed. One schema, three sources: command line, environment, `afterbeep.toml` in the data folder. */
import type { ListenAddress } from "../sip/types.ts";

export const ROLES = ["api", "sip", "worker"] as const;
export type Role = (typeof ROLES)[number];

/** `AFTERBEEP_GREETING`: `standard` speaks; `beep` plays the beep only (tests, benches, networks that announce themselves). */
export type GreetingMode = "standard" | "beep";

export interface Config {
	readonly dataFolder: string;
	readonly roles: ReadonlySet<Role>;
	readonly http: { readonly host: string; readonly port: number };
	readonly trustedProxies: readonly string[];
	readonly sip: readonly ListenAddress[];
	readonly sipAdvertise: string | undefined;
	readonly rtpAdvertise: string | undefined;
	readonly rtpPorts: { readonly from: number; readonly to: number };
	/** Addresses and CIDR ranges. */
	readonly sipPeers: readonly string[];
	/** ISO 3166 alpha-2, upper case. */
	readonly country: string | undefined;
	/** Dialled pattern to E.164 pattern, such as `"10XX" = "+1555000XX"`. */
	readonly extensions: Readonly<Record<string, string>>;
	readonly databaseUrl: string | undefined;
	readonly databaseDirectUrl: string | undefined;
	/** Path of the master key file. */
	readonly masterKeyFile: string | undefined;
	/** `file:/absolute/path` */
	readonly blobs: string;
	readonly smtpUrl: string | undefined;
	readonly mailFrom: string;
	readonly publicUrl: string;
	readonly timeZone: string;
	readonly language: string;
	readonly accessNumbers: readonly string[];
	/** Requests per minute and AccountKey; undefined = off. */
	readonly rateLimitPerMinute: number | undefined;
	readonly drainSeconds: number;
	readonly logLevel: "debug" | "info" | "warn" | "error";
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
}
