/** What falls due: orders whose day has come, and cancelled numbers whose window is over. Several nodes may look at once. */
import { sql } from "kysely";
import { Failure } from "../domain/index.ts";
import type { Store, Tx } from "../store/index.ts";
import { audit, eraseAudit } from "./audit.ts";
import { emitOrder, eraseEvents } from "./events.ts";
import { DIRECTORY_LIMITS } from "./limits.ts";
import { windowStart } from "./reactivate.ts";
import { type ChangeNeeds, runOrder } from "./status-change.ts";
import type { DueDone } from "./types.ts";

export interface DueNeeds extends ChangeNeeds {
	readonly store: Store;
}

export async function runDue(needs: DueNeeds): Promise<DueDone> {
	const orders = await runDueOrders(needs);
	const released = await releaseNumbers(needs);
	return { orders, released };
}

async function runDueOrders(needs: DueNeeds): Promise<number> {
	const due = await needs.store.db
		.selectFrom("orders")
		.select("id")
		.where("orderStatus", "=", "Pending")
		.where("effectiveOn", "<=", needs.clock.now())
		.orderBy("effectiveOn")
		.limit(DIRECTORY_LIMITS.dueBatch)
		.execute();
	let done = 0;
	for (const { id } of due) if (await runDueOrder(needs, id)) done++;
	return done;
}

async function runDueOrder(needs: DueNeeds, id: string): Promise<boolean> {
	try {
		return await needs.store.transaction(async (tx) => {
			const order = await pending(tx, id);
			if (!order) return false;
			await runOrder(tx, needs, order);
			return true;
		});
	} catch (error) {
		// What the caller ordered can not be done any more; anything else is tried again at the next look.
		if (!(error instanceof Failure) || error.code === "storeUnavailable") throw error;
		return needs.store.transaction(async (tx) => {
			if (!(await pending(tx, id))) return false;
			await tx
				.updateTable("orders")
				.set({ orderStatus: "Error", statusMessage: error.message, completedOn: needs.clock.now() })
				.where("id", "=", id)
				.execute();
			await emitOrder(tx, needs, id);
			return true;
		});
	}
}

/** Locked, unless another node has it or has done it. */
function pending(tx: Tx, id: string) {
	return tx
		.selectFrom("orders")
		.select(["id", "distributorId", "accountId", "placedBy", "details"])
		.where("id", "=", id)
		.where("orderStatus", "=", "Pending")
		.forUpdate()
		.skipLocked()
		.executeTakeFirst();
}

async function releaseNumbers(needs: DueNeeds): Promise<number> {
	const due = await needs.store.db
		.selectFrom("numbers")
		.select("number")
		.where("status", "=", "Cancelled")
		.where("cancelledOn", "<=", windowStart(needs.clock.now()))
		.orderBy("cancelledOn")
		.limit(DIRECTORY_LIMITS.dueBatch)
		.execute();
	let released = 0;
	const failures: unknown[] = [];
	for (const { number } of due) {
		// One that fails stays cancelled, and is tried again at the next look; the others need not wait for it.
		const done = await releaseNumber(needs, number).catch((error: unknown) => {
			failures.push(error);
			return false;
		});
		if (done) released++;
	}
	if (failures.length > 0) throw failures[0];
	return released;
}

/**
 * Audio first, then the rows together with the return to the pool: as long as anything can still be heard, the number
 * is nobody's. Cut off anywhere, it is done again from the start.
 */
async function releaseNumber(needs: DueNeeds, number: string): Promise<boolean> {
	const begun = await needs.store.transaction(async (tx) => {
		if (!(await dueNumber(tx, needs, number))) return false;
		await tx
			.updateTable("numbers")
			.set({ erasingSince: sql`coalesce(erasing_since, ${needs.clock.now()}::timestamptz)` })
			.where("number", "=", number)
			.execute();
		return true;
	});
	if (!begun) return false;
	await needs.hooks.eraseAudio(number);
	return needs.store.transaction(async (tx) => {
		const accountId = await dueNumber(tx, needs, number);
		if (!accountId) return false;
		// First, so that the event of the removal itself is told.
		await eraseEvents(tx, number);
		await needs.hooks.onNumberReleased(tx, number);
		await backToPool(tx, needs, number, accountId);
		// Names and addresses of its subscriber stand in the log too.
		await eraseAudit(tx, number);
		await audit(tx, {
			who: { accountKey: "job" },
			at: needs.clock.now(),
			accountId,
			number,
			operation: "releaseNumber",
			before: { Status: "Cancelled" },
			after: { Status: "Pool" },
		});
		return true;
	});
}

async function dueNumber(tx: Tx, needs: DueNeeds, number: string): Promise<string | null | undefined> {
	const row = await tx
		.selectFrom("numbers")
		.select("accountId")
		.where("number", "=", number)
		.where("status", "=", "Cancelled")
		.where("cancelledOn", "<=", windowStart(needs.clock.now()))
		.forUpdate()
		.skipLocked()
		.executeTakeFirst();
	return row?.accountId;
}

async function backToPool(tx: Tx, needs: DueNeeds, number: string, accountId: string): Promise<void> {
	// The next owner must not meet an order of this one.
	const cancelled = await tx
		.updateTable("orders")
		.set({ orderStatus: "Cancelled", statusMessage: "A number of the order was given up" })
		.where("orderStatus", "=", "Pending")
		.where(sql<boolean>`numbers @> array[${number}]::text[]`)
		.returning("id")
		.execute();
	for (const { id } of cancelled) await emitOrder(tx, needs, id);
	// At the end of the pool's line: the longer a number rests, the fewer calls for its last owner still come.
	await sql`
		update numbers set
			status = 'Pool', account_id = null, released_from = ${accountId}, id = gen_random_uuid(),
			number_type = null, message_type = null, product_type = null,
			message_enabled = false, voice_enabled = false, data_enabled = false,
			message_route_id = null, voice_route_id = null, assigned_subscriber_id = null, iccid = null,
			cnam_first_name = null, cnam_last_name = null, order_id = null, provisioned_on = null,
			cancelled_on = null, erasing_since = null, swaps_used = 0, swaps_reset_on = null, pool_order = default
		where number = ${number}
	`.execute(tx);
}
