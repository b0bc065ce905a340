/** Numbers for mailboxes that are imported in bulk: those of the pool, and unknown ones, become the account's. */
import { sql } from "kysely";
import { newId, type Principal } from "../domain/index.ts";
import type { Tx } from "../store/index.ts";
import type { Announcing } from "./events.ts";
import { areaOf } from "./number-row.ts";
import { writeOrder } from "./orders.ts";
import { LIVE_STATUSES } from "./owned-number.ts";

export type AdoptedNumber =
	| {
			readonly accountId: string;
			/** Of one that was taken from the pool just now. */
			readonly orderId?: string | undefined;
			readonly reason?: undefined;
	  }
	| { readonly accountId: undefined; readonly reason: string };

export interface Adoption {
	readonly accountId: string;
	readonly at: Date;
	/** E.164, each once. */
	readonly numbers: readonly string[];
	/** Refuse numbers that are not the operator's already. */
	readonly knownOnly: boolean;
}

/** All are locked until the transaction ends. @returns for each number its account, or why it can not be had. */
export async function adoptNumbers(
	tx: Tx,
	announcing: Announcing,
	who: Principal,
	adoption: Adoption,
): Promise<ReadonlyMap<string, AdoptedNumber>> {
	const { accountId, at, knownOnly } = adoption;
	const numbers = [...adoption.numbers].sort();
	const orderId = newId("order");
	if (!knownOnly) await addUnknown(tx, who.distributorId, numbers, at);
	const held = await tx
		.selectFrom("numbers")
		.select(["number", "distributorId", "accountId", "status"])
		.where(sql<boolean>`number = any(${numbers}::text[])`)
		.orderBy("number")
		.forUpdate()
		.execute();
	const rows = new Map(held.map((row) => [row.number, row]));
	const pooled = held.filter((row) => row.distributorId === who.distributorId && row.status === "Pool");
	const taken = pooled.map((row) => row.number);
	if (taken.length > 0) {
		await tx
			.updateTable("numbers")
			.set({
				...{ status: "Active", accountId, orderId, provisionedOn: at, example: false },
				...{ numberType: "mvno", messageType: "p2p", voiceEnabled: true, productType: "Sms+Data+Voice" },
			})
			.where(sql<boolean>`number = any(${taken}::text[])`)
			.execute();
		await writeOrder(tx, announcing, who, {
			id: orderId,
			accountId,
			orderType: "import",
			orderDate: at,
			numbers: taken,
		});
	}
	const mine = new Set(taken);
	return new Map(
		numbers.map((number): [string, AdoptedNumber] => {
			const row = rows.get(number);
			if (mine.has(number)) return [number, { accountId, orderId }];
			if (row === undefined) return [number, { accountId: undefined, reason: "is not a number of this operator" }];
			// The same words for a stranger's number and for one that was cancelled: neither can be had.
			const own = row.distributorId === who.distributorId && (LIVE_STATUSES as readonly string[]).includes(row.status);
			if (!own || row.accountId === null) {
				return [number, { accountId: undefined, reason: "is held elsewhere, or was cancelled" }];
			}
			return [number, { accountId: row.accountId }];
		}),
	);
}

/** Into the pool, from where the rest takes them like all others. */
async function addUnknown(tx: Tx, distributorId: string, numbers: readonly string[], createdOn: Date): Promise<void> {
	await sql`
		insert into numbers (number, id, distributor_id, status, area_code, created_on)
		select number, gen_random_uuid(), ${distributorId}, 'Pool', area_code, ${createdOn}::timestamptz
		from unnest(${numbers}::text[], ${numbers.map(areaOf)}::text[]) as given (number, area_code)
		on conflict (number) do nothing
	`.execute(tx);
}
