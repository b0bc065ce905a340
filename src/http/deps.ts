import type {
	Accounts,
	KeptAnswers,
	Keys,
	Numbers,
	Operators,
	RateLeases,
	Subscribers,
	Tokens,
	Webhooks,
} from "../directory/index.ts";
import type { Clock, Log } from "../domain/index.ts";
import type { Mailboxes } from "../mailbox/index.ts";
import type { Routing } from "../routing/index.ts";
import type { Metrics } from "./metrics.ts";

export interface HttpSettings {
	/** Where clients reach this server, without trailing slash: stands in the OpenAPI document. */
	readonly publicUrl: string;
	/** Requests per minute and AccountKey, also the burst; undefined = off, for token calls too. */
	readonly rateLimitPerMinute: number | undefined;
	/** Addresses and CIDR ranges whose X-Forwarded-For is believed. */
	readonly trustedProxies: readonly string[];
	/** Refuse token requests without ApiEndpoint, as older clients of the contract expect. */
	readonly requireApiEndpoint: boolean;
	/** False: `/metrics` has an address of its own and is 404 here. Default true. */
	readonly serveMetrics?: boolean;
	/** Time for a whole request to arrive; default of the domain's `LIMITS`. */
	readonly requestTimeoutMs?: number;
}

export interface Readiness {
	readonly ready: boolean;
	/** Name of a part to `ok`, or to what is wrong with it. */
	readonly checks: Readonly<Record<string, string>>;
}

export interface HttpDeps {
	readonly tokens: Tokens;
	readonly numbers: Numbers;
	readonly operators: Operators;
	readonly accounts: Accounts;
	readonly subscribers: Subscribers;
	readonly keys: Keys;
	readonly keptAnswers: KeptAnswers;
	readonly mailboxes: Mailboxes;
	readonly routing: Routing;
	readonly rateLeases: RateLeases;
	readonly webhooks: Webhooks;
	readonly clock: Clock;
	readonly log: Log;
	readonly version: string;
	readonly readiness: () => Promise<Readiness>;
	readonly metrics: Metrics;
	readonly settings: HttpSettings;
}
