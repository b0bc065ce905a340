import { Failure } from "../domain/index.ts";
import type { Tx } from "../store/index.ts";

/**
 * A number that a filter or a workgroup is to act on must be live and the account's own.
 *
 * @param otherwise what is wrong, such as "Phone is no number of the subscriber's account".
 * @throws Failure `badInput` with the contract's literal (1.4).
 */
export async function assertOwnNumber(tx: Tx, accountId: string, phone: string, otherwise: string): Promise<void> {
	const row = await tx
		.selectFrom("numbers")
		.select("number")
		.where("number", "=", phone)
		.where("accountId", "=", accountId)
		.where("status", "in", ["Active", "Parked"])
		.executeTakeFirst();
	if (row !== undefined) return;
	const message = `Phone number does not belong to account: ${otherwise}`;
	throw new Failure("badInput", message, "Provision it first, or send one that the account has.");
}
