/** The one rule of who may touch a number: another account's answers exactly like one that does not exist. */
import { Failure, isE164, type Principal } from "../domain/index.ts";
import type { Db, Tx } from "../store/index.ts";
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
	if (!isE164(phoneNumber)) {
		throw new Failure(
			"badInput",
			"PhoneNumber is not an E.164 number",
			"Send it with + and country code, digits only, such as +11234567890.",
		);
	}
	const row = await db
		.selectFrom("numbers")
		.select("accountId")
		.where("number", "=", phoneNumber)
		.where("distributorId", "=", who.distributorId)
		.where("status", "in", options.cancelledToo === true ? HELD_STATUSES : LIVE_STATUSES)
		.$if(options.lock, (query) => query.forNoKeyUpdate())
		.executeTakeFirst();
	const owner = row?.accountId ?? undefined;
	const mine = owner !== undefined && (who.accountId === undefined || who.accountId === owner) ? owner : undefined;
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
