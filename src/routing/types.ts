/** Voice routes, message routes, call filters, workgroups, schedules. */
import type { Clock, Principal } from "../domain/index.ts";
import type { Store, Tx } from "../store/index.ts";

/** What this room asks of `directory/`, which it may not import; `main.ts` hands it over. */
export interface RoutingDirectory {
	/**
	 * The account that a request means (contract 1.5); undefined where none was named and the principal has several.
	 *
	 * @throws Failure `badInput` for an unknown or foreign one.
	 */
	accountFor(who: Principal, accountId: string | undefined): Promise<string | undefined>;
	/** Writes a change down, in its own transaction. */
	audit(tx: Tx, entry: Change): Promise<void>;
}

export interface Change {
	readonly who: Principal;
	readonly at: Date;
	readonly accountId: string;
	readonly number?: string | undefined;
	/** Id of what was changed. */
	readonly thing: string;
	readonly before?: Document | undefined;
	readonly after?: Document | undefined;
}

export interface RoutingNeeds {
	readonly store: Pick<Store, "db" | "transaction">;
	readonly clock: Clock;
	readonly directory: RoutingDirectory;
}

/**
 * What a client stored, under the names of the contract, already validated. This room keeps it as it is and reads only
 * what decides about a call. Undefined: not sent.
 */
export type Document = Readonly<Record<string, unknown>>;

export interface Kept {
	readonly id: string;
	readonly accountId: string;
	readonly document: Document;
}

/**
 * Documents of one kind. Failures: `badInput` for an AccountId that is not the principal's; `notFound` for unknown and
 * foreign ids alike.
 */
export interface Shelf {
	add(who: Principal, accountId: string | undefined, document: Document): Promise<Kept>;
	/** Members that are sent replace, others stay. */
	change(who: Principal, id: string, sent: Document): Promise<Kept>;
	get(who: Principal, id: string): Promise<Kept>;
	/** Of the named account, or of all that the principal may see; oldest first. */
	list(who: Principal, accountId: string | undefined): Promise<readonly Kept[]>;
	/** The account that a list is of: the named one, or the principal's only one; null where it is of several. */
	accountOf(who: Principal, accountId: string | undefined): Promise<string | null>;
	/** Failure `badInput`, with their count, while something still points to it. @returns its id as it was stored. */
	remove(who: Principal, id: string): Promise<string>;
}

/** A call filter as it is kept; `document` has the members of the contract. */
export interface KeptFilter {
	/** `CFID-...` */
	readonly id: string;
	readonly subscriberId: string;
	/** In which the subscriber is now. */
	readonly accountId: string;
	readonly phone: string;
	readonly document: Document;
}

export type NumberList = "AllowedNumbers" | "BlockedNumbers";

/**
 * Failures: `notFound` for unknown and foreign filters and subscribers alike; `badInput` for a number that the account
 * does not have, a second filter for the same subscriber and number, lists that grow too long.
 */
export interface CallFilters {
	/** @param sent with `Phone`. */
	add(who: Principal, subscriberId: string, accountId: string | undefined, sent: Document): Promise<KeptFilter>;
	/** Members that are sent replace, others stay. */
	change(who: Principal, id: string, sent: Document): Promise<KeptFilter>;
	find(
		who: Principal,
		wanted: {
			readonly subscriberId: string | undefined;
			readonly phone: string | undefined;
			readonly accountId: string | undefined;
		},
	): Promise<readonly KeptFilter[]>;
	get(who: Principal, subscriberId: string, id: string): Promise<KeptFilter>;
	remove(who: Principal, id: string): Promise<{ readonly id: string; readonly at: Date }>;
	addNumbers: ChangeNumbers;
	removeNumbers: ChangeNumbers;
}

type ChangeNumbers = (
	who: Principal,
	subscriberId: string,
	id: string,
	list: NumberList,
	numbers: readonly string[],
) => Promise<KeptFilter>;

export interface GuardianFeatures {
	readonly subscriberId: string;
	readonly calls: boolean;
	readonly messages: boolean;
}

/** Failure `notFound` for unknown and foreign subscribers alike. */
export interface Guardians {
	/** Undefined: stays; off until somebody turns it on. */
	set(
		who: Principal,
		subscriberId: string,
		sent: { readonly calls: boolean | undefined; readonly messages: boolean | undefined },
	): Promise<GuardianFeatures>;
	get(who: Principal, subscriberId: string): Promise<GuardianFeatures>;
}

/** Members of workgroups. Failure `notFound` for unknown and foreign workgroups and activities alike. */
export interface Activities {
	/** @returns its id, `WAID-...` */
	add(who: Principal, workgroupId: string, sent: Document): Promise<string>;
	change(who: Principal, id: string, sent: Document): Promise<string>;
	remove(who: Principal, id: string): Promise<string>;
}

export interface Routing {
	readonly voiceRoutes: Shelf;
	readonly messageRoutes: Shelf;
	readonly callFilters: CallFilters;
	readonly guardians: Guardians;
	readonly workgroups: Shelf;
	readonly activities: Activities;
	readonly schedules: Shelf;
}
