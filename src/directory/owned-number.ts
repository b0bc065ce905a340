/** The one rule of who may touch a number: another account's answers exactly like one that does not exist. */
import { sql } from "kysely";
import { Failure, isE164, type Principal } from "../domain/index.ts";
import { type Db, prepared, type Tx } from "../store/index.ts";
import { accountFor } from "./account-for.ts";
import { sameId } from "./ids.ts";

export interface OwnedNumber {
	readonly phoneNumber: string;
	readonly accountId: string;
}

/** A live number; a cancelled one and one still in the pool are nobody's. */
export const LIVE_STATUSES = ["Active", "Parked"] as const;

/** All that have an owner. */
export const HELD_STATUSES = [...LIVE_STATUSES, "Cancelled"] as const;

/**
 * The number, if it is the principal's and live.
 *
 * @param options.lock hold the number until the transaction ends, so that two changes of one number follow each other.
 * @param options.cancelledToo also one that was cancelled and is not erased yet.
 * @throws Failure `badInput`: not E.164, or an AccountId that is not the principal's. `notFound`: unknown, foreign,
 *   cancelled, in the pool, or of another account than the one named.
 */
export async function ownedNumber(
	db: Db | Tx,
	who: Principal,
	phoneNumber: string,
	accountId: string | undefined,
	options: { readonly lock: boolean; readonly cancelledToo?: boolean } = { lock: false },
): Promise<OwnedNumber> {
	assertE164(phoneNumber);
	const statuses = options.cancelledToo === true ? HELD_STATUSES : LIVE_STATUSES;
	const given = { phoneNumber, distributorId: who.distributorId, statuses };
	const row = await (options.lock ? lockedOwner : owner).first(db, given);
	return judged(db, who, phoneNumber, accountId, row?.accountId ?? undefined);
}

/** What decides who may touch a number. */
export interface NumberHolder {
	readonly distributorId: string;
	readonly accountId: string | null;
	readonly status: string;
}

/**
 * The same rule for a number that is read already, together with something else.
 *
 * @param holder undefined where there is no such number.
 */
export async function ownedHolder(
	db: Db | Tx,
	who: Principal,
	phoneNumber: string,
	accountId: string | undefined,
	holder: NumberHolder | undefined,
): Promise<OwnedNumber> {
	const live =
		holder?.distributorId === who.distributorId && (LIVE_STATUSES as readonly string[]).includes(holder.status);
	return judged(db, who, phoneNumber, accountId, live ? (holder.accountId ?? undefined) : undefined);
}

/** @throws Failure `badInput`. */
export function assertE164(phoneNumber: string): void {
	if (isE164(phoneNumber)) return;
	throw new Failure(
		"badInput",
		"PhoneNumber is not an E.164 number",
		"Send it with + and country code, digits only, such as +11234567890.",
	);
}

interface OwnerGiven {
	readonly phoneNumber: string;
	readonly distributorId: string;
	readonly statuses: readonly string[];
}

const ownerOf = (db: Db, given: OwnerGiven) =>
	db
		.selectFrom("numbers")
		.select("accountId")
		.where("number", "=", given.phoneNumber)
		.where("distributorId", "=", given.distributorId)
		.where("status", "=", sql<string>`any(${given.statuses}::text[])`);
const owner = prepared(ownerOf);
const lockedOwner = prepared((db, given: OwnerGiven) => ownerOf(db, given).forNoKeyUpdate());

async function judged(
	db: Db | Tx,
	who: Principal,
	phoneNumber: string,
	accountId: string | undefined,
	holder: string | undefined,
): Promise<OwnedNumber> {
	const mine = holder !== undefined && (who.accountId === undefined || who.accountId === holder) ? holder : undefined;
	if (accountId !== undefined && accountId !== "" && !(mine !== undefined && sameId(accountId, mine))) {
		const named = await accountFor(db, who, accountId);
		if (named !== mine) throw numberNotFound();
	}
	if (mine === undefined) throw numberNotFound();
	return { phoneNumber, accountId: mine };
}

export function numberNotFound(): Failure {
	return new Failure(
		"notFound",
		"the requested resource does not exist or belongs to a different account",
		"Check the number and whose token you use.",
	);
}
