/** Operators (distributors), accounts, keys and tokens, numbers and their orders. */
import type { Actor, Principal } from "../domain/index.ts";
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
	readonly cnamFirstName: string | null;
	readonly cnamLastName: string | null;
	/** Set while `Cancelled`. */
	readonly cancelledOn: Date | null;
	readonly swapsUsed: number;
	readonly swapsResetOn: Date | null;
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

/** Area and SIM that a number of the pool should have. */
export type PoolWish = Pick<ProvisionRequest, "areaCode" | "zipCode" | "iccid">;

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
export interface AvailabilityQuery {
	readonly areaCode: string | undefined;
	readonly zipCode: string | undefined;
	/** From 1. */
	readonly page: number;
}

export interface FreeArea {
	readonly areaCode: string | null;
	readonly zipCode: string | null;
}

export interface Availability {
	/** Of all pages. */
	readonly total: number;
	readonly areas: readonly FreeArea[];
}

/** `Active`: in use, parked ones too. `Inactive`: cancelled. */
export type InventoryFilter = "Active" | "Inactive" | "All";

export interface InventoryQuery {
	readonly accountId: string | undefined;
	readonly filter: InventoryFilter;
	/** From 1. */
	readonly page: number;
	readonly pageSize: number;
}

export interface Inventory {
	/** Null: several accounts. */
	readonly accountId: string | null;
	readonly total: number;
	readonly numbers: readonly NumberView[];
}

/** Undefined: unchanged; null: cleared. */
export interface NumberUpdate {
	readonly messageEnabled?: boolean | undefined;
	readonly voiceEnabled?: boolean | undefined;
	readonly messageType?: "a2p" | "p2p" | undefined;
	readonly numberType?: "mvno" | "iot" | undefined;
	readonly productType?: ProvisionRequest["productType"] | undefined;
	readonly messageRouteId?: string | null | undefined;
	readonly voiceRouteId?: string | null | undefined;
	readonly assignedSubscriberId?: string | null | undefined;
	readonly iccid?: string | null | undefined;
	readonly cnamFirstName?: string | null | undefined;
	readonly cnamLastName?: string | null | undefined;
}

export interface PlacedOrder {
	readonly orderId: string;
	readonly orderDate: Date;
	readonly orderStatus: OrderStatus;
}

export type OrderStatus = "Complete" | "Pending" | "Error" | "Cancelled";
export type OrderType = "provision" | "update" | "status" | "reactivate" | "import";

export interface OrderView extends PlacedOrder {
	readonly orderType: string;
	readonly statusMessage: string | null;
	readonly numbers: readonly string[];
}

export type StatusChange = "activate" | "cancel" | "park" | "swap" | "swap-sim" | "replace";

export interface StatusRequest {
	readonly change: StatusChange;
	/** Undefined or past: now. */
	readonly effectiveOn: Date | undefined;
	readonly areaCode: string | undefined;
	readonly zipCode: string | undefined;
	readonly numbers: readonly { readonly number: string; readonly iccid?: string | undefined }[];
}

export interface StatusChanged extends PlacedOrder {
	readonly effectiveOn: Date;
	/** In the order of the request; `number` is the one in force after the change. */
	readonly numbers: readonly { readonly number: string; readonly previous: string }[];
}

/** What the room of mailboxes does when a number goes: `main.ts` hands it over. */
export interface NumberHooks {
	/** The mailbox goes along to another number of the same account. */
	onNumberMoved(tx: Tx, from: string, to: string): Promise<void>;
	/** Erases the audio behind a number for good, before its rows; outside of any transaction, safe to repeat. */
	eraseAudio(number: string): Promise<void>;
	/** Settings, PIN, greetings and messages go: whoever has the number next finds nothing. */
	onNumberReleased(tx: Tx, number: string): Promise<void>;
}

export interface DueDone {
	/** Orders whose day has come, done or failed. */
	readonly orders: number;
	/** Numbers back in the pool. */
	readonly released: number;
}

export interface Numbers {
	/**
	 * Takes the first free number of the operator's pool (area code first, then zip code, else any).
	 *
	 * @param tx of an answer to be kept (`KeptAnswers`), else one of its own.
	 * @throws Failure `numberPoolEmpty`.
	 */
	provision(who: Principal, request: ProvisionRequest, tx?: Tx): Promise<Provisioned>;
	/** By number or ICCID (several must agree). Failure `notFound`. */
	get(
		who: Principal,
		query: { readonly number?: string | undefined; readonly iccid?: string | undefined },
	): Promise<NumberView>;
	/** What the operator's pool holds, by area. With both, the zip code counts only where the area has nothing. */
	availability(who: Principal, query: AvailabilityQuery): Promise<Availability>;
	inventory(who: Principal, query: InventoryQuery): Promise<Inventory>;
	/** Changes a live number at once. Failures `notFound`, `badInput` where the result would break a rule of the contract. */
	update(
		who: Principal,
		number: string,
		change: NumberUpdate,
	): Promise<{ readonly order: PlacedOrder; readonly number: NumberView }>;
	/**
	 * All numbers or none. An order for a later day is kept as `Pending` and done by `runDue`.
	 *
	 * @throws Failure `notFound` for a number that is not the principal's, `badInput` where the change can not be made.
	 */
	changeStatus(who: Principal, request: StatusRequest): Promise<StatusChanged>;
	/** Back from cancellation, with its mailbox. Failure `badInput` when the window is over. Harmless on a live number. */
	reactivate(who: Principal, number: string, accountId: string | undefined): Promise<NumberView>;
	/** Failure `notFound`. */
	order(who: Principal, orderId: string): Promise<OrderView>;
	/** Orders of the API's own import: into the pool, or provisioned at once. Failure `forbidden` for a key of one account. */
	importNumbers(
		who: Principal,
		numbers: readonly (NumberImport & { readonly accountId?: string | undefined })[],
		provision: boolean,
	): Promise<PlacedOrder & { readonly imported: number; readonly skipped: readonly string[] }>;
	/** Does what fell due: orders of a day that has come, and cancelled numbers whose window is over. Several nodes may. */
	runDue(): Promise<DueDone>;
	/** The account that holds a number, as whom the CLI acts. Failure `notFound`. */
	ownerOf(number: string): Promise<Principal>;
	/** Fills the pool; the first import of real numbers removes the unassigned examples. Numbers already held are skipped. */
	importPool(
		distributorId: string,
		numbers: readonly NumberImport[],
		who?: Actor,
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

export interface DistributorView {
	readonly distributorId: string;
	readonly name: string;
	readonly createdOn: Date;
	readonly accounts: number;
	/** Live ones. */
	readonly keys: number;
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
	/** Another operator beside those there are, with an account and a key for all its accounts. For the CLI. */
	create(who: Actor, name: string): Promise<FirstOperator>;
	/** Oldest first. Not scoped: for the CLI. */
	list(): Promise<readonly DistributorView[]>;
	/** Case does not matter. */
	find(distributorId: string): Promise<{ readonly distributorId: string; readonly name: string } | undefined>;
	/** The first (default) distributor's id, for the CLI. */
	defaultDistributorId(): Promise<string>;
	/**
	 * The account a request means (contract 1.5): absent: the principal's only account, or undefined where it has several;
	 * a `DID-` value: the default account; unknown or foreign: Failure `badInput` "Invalid AccountId ...".
	 */
	accountFor(who: Principal, accountId: string | undefined): Promise<string | undefined>;
}
