/** The API's own import (contract 6.9): numbers into the pool, or provisioned at once. */
import { sql } from "kysely";
import { Failure, newId, type Principal } from "../domain/index.ts";
import type { Tx } from "../store/index.ts";
import { accountFor } from "./account-for.ts";
import { audit } from "./audit.ts";
import type { Announcing } from "./events.ts";
import { importPool } from "./import-pool.ts";
import { writeOrder } from "./orders.ts";
import type { NumberImport, PlacedOrder } from "./types.ts";

export type ImportedNumber = NumberImport & { readonly accountId?: string | undefined };

export async function importNumbers(
	tx: Tx,
	needs: Announcing,
	who: Principal,
	numbers: readonly ImportedNumber[],
	provision: boolean,
): Promise<PlacedOrder & { readonly imported: number; readonly skipped: readonly string[] }> {
	if (who.accountId !== undefined) {
		throw new Failure("forbidden", "this key is for one account only", "Use a key of the whole operator.");
	}
	const named = numbers.map((each) => each.accountId).filter((accountId) => provision || accountId !== undefined);
	const accountOf = await accountsOf(tx, who, named);
	const owners = new Map<string, string>();
	for (const { number, accountId } of numbers) {
		// Of a number given twice the first row counts, as in the pool.
		const owner = accountOf.get(accountId);
		if (owner !== undefined && !owners.has(number)) owners.set(number, owner);
	}
	const { imported, skipped, taken } = await importPool(tx, who.distributorId, numbers);
	const order: PlacedOrder = { orderId: newId("order"), orderDate: needs.clock.now(), orderStatus: "Complete" };
	const { orderId: id, orderDate } = order;
	if (provision) await assign(tx, [...taken], owners, order);
	const accounts = new Set(owners.values());
	const accountId = provision && accounts.size === 1 ? [...accounts][0]! : null;
	await writeOrder(tx, needs, who, { id, accountId, orderType: "import", orderDate, numbers: [...taken] });
	await audit(
		tx,
		...[...taken].map((number) => ({
			who,
			at: orderDate,
			accountId: provision ? (owners.get(number) ?? null) : null,
			number,
			operation: who.operation ?? "importNumbers",
			after: { OrderId: id, Status: provision ? "Active" : "Pool" },
		})),
	);
	return { ...order, imported, skipped };
}

/** The account of each sent AccountId: the same few stand in thousands of rows. */
async function accountsOf(tx: Tx, who: Principal, sent: Iterable<string | undefined>) {
	const accounts = new Map<string | undefined, string>();
	for (const accountId of new Set(sent)) {
		const owner = await accountFor(tx, who, accountId);
		if (owner === undefined) {
			throw new Failure("badInput", "AccountId is required, since you have several accounts", "Send the AccountId.");
		}
		accounts.set(accountId, owner);
	}
	return accounts;
}

/** A mobile line with calls, and nothing that would need a route. */
async function assign(tx: Tx, numbers: readonly string[], owners: ReadonlyMap<string, string>, order: PlacedOrder) {
	await sql`
		update numbers set
			status = 'Active', account_id = given.account_id, number_type = 'mvno', message_type = 'p2p',
			voice_enabled = true, product_type = 'Sms+Data+Voice', order_id = ${order.orderId},
			provisioned_on = ${order.orderDate}, example = false
		from unnest(${numbers}::text[], ${numbers.map((number) => owners.get(number)!)}::text[])
			as given (number, account_id)
		where numbers.number = given.number and numbers.status = 'Pool'
	`.execute(tx);
}
