/** Orders: what was asked for, and what became of it. */
import type { Principal } from "../domain/index.ts";
import { Failure } from "../domain/index.ts";
import type { Db, Tx } from "../store/index.ts";
import { type Announcing, emitOrder } from "./events.ts";
import { isId } from "./ids.ts";
import type { OrderStatus, OrderType, OrderView } from "./types.ts";

export interface NewOrder {
	readonly id: string;
	/** Null: numbers of several accounts, or of the pool. */
	readonly accountId: string | null;
	readonly orderType: OrderType;
	readonly orderDate: Date;
	readonly numbers: readonly string[];
	/** Complete where absent. */
	readonly waiting?: { readonly effectiveOn: Date; readonly details: object };
}

/** Told to webhooks too. To be called when its numbers belong to whom they then belong to. */
export async function writeOrder(tx: Tx, announcing: Announcing, who: Principal, order: NewOrder): Promise<void> {
	const { id, accountId, orderType, orderDate, numbers, waiting } = order;
	await tx
		.insertInto("orders")
		.values({
			id,
			distributorId: who.distributorId,
			accountId,
			orderType,
			orderStatus: waiting === undefined ? "Complete" : "Pending",
			orderDate,
			numbers: [...numbers],
			placedBy: who.accountKey,
			...(waiting === undefined
				? { completedOn: orderDate }
				: { effectiveOn: waiting.effectiveOn, details: JSON.stringify(waiting.details) }),
		})
		.execute();
	await emitOrder(tx, announcing, id);
}

/** @throws Failure `notFound` for an unknown or foreign one. */
export async function readOrder(db: Db, who: Principal, orderId: string): Promise<OrderView> {
	const row = isId(orderId)
		? await db
				.selectFrom("orders")
				.select(["id", "orderDate", "orderStatus", "orderType", "statusMessage", "numbers"])
				.where((eb) => eb(eb.fn("lower", ["id"]), "=", orderId.toLowerCase()))
				.where("distributorId", "=", who.distributorId)
				.$if(who.accountId !== undefined, (query) => query.where("accountId", "=", who.accountId!))
				.executeTakeFirst()
		: undefined;
	if (!row) {
		throw new Failure(
			"notFound",
			"the requested resource does not exist or belongs to a different account",
			"Check the OrderId and whose token you use.",
		);
	}
	const { id, orderStatus, ...rest } = row;
	return { orderId: id, orderStatus: orderStatus as OrderStatus, ...rest };
}
