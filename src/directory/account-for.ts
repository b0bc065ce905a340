/** Which account a request means (contract 1.5). */
import { Failure, type Principal } from "../domain/index.ts";
import type { Db, Tx } from "../store/index.ts";
import { isId } from "./ids.ts";

/**
 * @param accountId as sent. A `DID-` value, as some of the contract's examples have it, means the default account: the
 *   oldest one.
 * @returns undefined where none was sent and the principal has several.
 * @throws Failure `badInput` for an unknown or foreign one.
 */
export async function accountFor(
	db: Db | Tx,
	who: Principal,
	accountId: string | undefined,
): Promise<string | undefined> {
	const sent = accountId === undefined || accountId === "" ? undefined : accountId;
	const mine = db
		.selectFrom("accounts")
		.select("id")
		.where("distributorId", "=", who.distributorId)
		.$if(who.accountId !== undefined, (query) => query.where("id", "=", who.accountId!))
		.orderBy("createdOn")
		.orderBy("id");
	if (sent === undefined) {
		const accounts = await mine.limit(2).execute();
		return accounts.length === 1 ? accounts[0]!.id : undefined;
	}
	if (isId(sent)) {
		const found = /^DID-/i.test(sent)
			? await mine.limit(1).executeTakeFirst()
			: await mine.where((eb) => eb(eb.fn("lower", ["id"]), "=", sent.toLowerCase())).executeTakeFirst();
		if (found) return found.id;
	}
	throw new Failure(
		"badInput",
		"Invalid AccountId: it is not an account of yours",
		"Send one of your accounts, or leave AccountId out.",
	);
}
