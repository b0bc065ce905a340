/** Operators (distributors), accounts, keys and tokens, numbers and their orders. */
import type { Principal } from "../domain/index.ts";
import type { Tx } from "../store/index.ts";

export interface IssuedToken {
	readonly token: string;
	/** The JWT's `exp`. */
	readonly expiresOn: Date;
}

export interface Tokens {
	/**
	 * A JWT (HS256, `kid` in its header) for an AccountKey and its secret. Key and secret are compared in constant time;
	 * an unknown key answers like a wrong secret: Failure `unauthorized`.
	 *
	 * @param endpoint `ApiEndpoint` as sent, undefined for all endpoints. Only its path counts: host, query, trailing
	 *   slash, doubled `/v1.0` and case are dropped (contract 2.1).
	 */
	issue(accountKey: string, accountSecret: string, endpoint: string | undefined): Promise<IssuedToken>;
	/**
	 * Who the bearer is. Failure `unauthorized` for a missing, malformed, expired, wrongly signed token or a revoked key,
	 * `forbidden` when its scope is another endpoint.
	 *
	 * @param path of the request, any casing, with or without doubled `/v1.0`.
	 */
	verify(token: string, path: string): Promise<Principal>;
}

export interface NumberImport {
	readonly number: string;
	readonly areaCode?: string | undefined;
	readonly zipCode?: string | undefined;
	readonly iccid?: string | undefined;
}

export interface NumberView {
	readonly number: string;
	/** Bare UUID. */
	readonly id: string;
	readonly accountId: string | null;
	readonly status: string;
	readonly numberType: string | null;
	readonly messageType: string | null;
	readonly messageEnabled: boolean;
	readonly voiceEnabled: boolean;
	readonly dataEnabled: boolean;
	readonly productType: string | null;
	readonly messageRouteId: string | null;
	readonly voiceRouteId: string | null;
	readonly areaCode: string | null;
	readonly zipCode: string | null;
	readonly iccid: string | null;
	readonly assignedSubscriberId: string | null;
	readonly orderId: string | null;
	readonly provisionedOn: Date | null;
}

/** Values already validated and in canonical case. */
export interface ProvisionRequest {
	readonly numberType: "mvno" | "iot";
	readonly messageType: "a2p" | "p2p";
	readonly messageEnabled: boolean;
	readonly voiceEnabled: boolean;
	readonly dataEnabled: boolean;
	readonly messageRouteId: string | undefined;
	readonly voiceRouteId: string | undefined;
	readonly areaCode: string | undefined;
	readonly zipCode: string | undefined;
	readonly iccid: string | undefined;
	readonly productType: "Sms-Only" | "Data-Only" | "Sms+Data" | "Sms+Data+Voice";
	readonly assignedSubscriberId: string | undefined;
	readonly accountId: string | undefined;
}

export interface Provisioned {
	readonly orderId: string;
	readonly orderDate: Date;
	readonly number: NumberView;
}

export interface NamedRoutes {
	readonly messageRouteId: string | undefined;
	readonly voiceRouteId: string | undefined;
}

/**
 * The routes that a number is to have, as they are stored, held until the transaction ends. `routing/` fulfils it.
 *
 * @throws Failure `badInput` for one that the account does not have.
 */
export type FindRoutes = (tx: Tx, accountId: string, named: NamedRoutes) => Promise<NamedRoutes>;

export interface Numbers {
	/** Takes the first free number of the operator's pool (area code first, then zip code, else any). Failure `numberPoolEmpty`. */
	provision(who: Principal, request: ProvisionRequest): Promise<Provisioned>;
	/** By number or ICCID (several must agree). Failure `notFound`. */
	get(
		who: Principal,
		query: { readonly number?: string | undefined; readonly iccid?: string | undefined },
	): Promise<NumberView>;
	/** Fills the pool; the first import of real numbers removes the unassigned examples. Numbers already held are skipped. */
	importPool(
		distributorId: string,
		numbers: readonly NumberImport[],
	): Promise<{ readonly imported: number; readonly skipped: readonly string[] }>;
	/** Not scoped: for the CLI. */
	list(filter: { readonly status?: string | undefined; readonly limit: number }): Promise<readonly NumberView[]>;
}

/** What the first start made. Shown once. */
export interface FirstOperator {
	readonly distributorId: string;
	readonly accountId: string;
	readonly accountKey: string;
	readonly accountSecret: string;
}

export interface Operators {
	/**
	 * Makes the first operator with an account, its key and a pool of 100 example numbers from +11234567890, unless an
	 * operator exists.
	 * @returns undefined when there was one already.
	 */
	bootstrap(given: {
		readonly accountKey?: string | undefined;
		readonly accountSecret?: string | undefined;
	}): Promise<FirstOperator | undefined>;
	/** The first (default) distributor's id, for the CLI. */
	defaultDistributorId(): Promise<string>;
	/**
	 * The account a request means (contract 1.5): absent: the principal's only account, or undefined where it has several;
	 * a `DID-` value: the default account; unknown or foreign: Failure `badInput` "Invalid AccountId ...".
	 */
	accountFor(who: Principal, accountId: string | undefined): Promise<string | undefined>;
}
