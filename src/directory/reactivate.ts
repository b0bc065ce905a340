/** The way back from cancellation, while its window is open (contract 2.10). */
import { Failure, newId, type Principal } from "../domain/index.ts";
import type { Tx } from "../store/index.ts";
import { audit } from "./audit.ts";
import type { Announcing } from "./events.ts";
import { DIRECTORY_LIMITS } from "./limits.ts";
import { NUMBER_COLUMNS, viewOf } from "./number-row.ts";
import { writeOrder } from "./orders.ts";
import { numberNotFound, ownedNumber } from "./owned-number.ts";
import type { NumberView } from "./types.ts";

const WINDOW_MS = DIRECTORY_LIMITS.reactivationDays * 86_400_000;

/** Cancelled before this moment: the window is over. */
export function windowStart(now: Date): Date {
	return new Date(now.getTime() - WINDOW_MS);
}

export async function reactivate(
	tx: Tx,
	needs: Announcing,
	who: Principal,
	number: string,
	accountId: string | undefined,
): Promise<NumberView> {
	const owned = await ownedNumber(tx, who, number, accountId, { lock: true, cancelledToo: true }).catch(
		async (failure: Failure) => {
			if (failure.code === "notFound" && (await wasReleasedFrom(tx, who, number))) throw windowOver();
			throw failure;
		},
	);
	const orderDate = needs.clock.now();
	const before = await restore(tx, orderDate, number, "Active");
	if (before !== "Active") {
		const order = { id: newId("order"), accountId: owned.accountId, orderType: "reactivate", orderDate } as const;
		await writeOrder(tx, needs, who, { ...order, numbers: [number] });
		await audit(tx, {
			who,
			at: orderDate,
			accountId: owned.accountId,
			number,
			operation: who.operation ?? "reactivateNumber",
			before: { Status: before },
			after: { OrderId: order.id, Status: "Active" },
		});
	}
	const row = await tx.selectFrom("numbers").select(NUMBER_COLUMNS).where("number", "=", number).executeTakeFirst();
	if (!row) throw numberNotFound();
	return viewOf(row);
}

/**
 * @param number locked.
 * @returns the status before.
 * @throws Failure `badInput` when the window is over, or erasing has begun on a node whose clock is ahead.
 */
export async function restore(tx: Tx, now: Date, number: string, status: "Active"): Promise<string> {
	const row = await tx
		.selectFrom("numbers")
		.select(["status", "cancelledOn", "erasingSince"])
		.where("number", "=", number)
		.executeTakeFirstOrThrow();
	if (row.status === status) return status;
	const over = row.erasingSince !== null || (row.cancelledOn !== null && row.cancelledOn <= windowStart(now));
	if (row.status === "Cancelled" && over) throw windowOver();
	await tx.updateTable("numbers").set({ status, cancelledOn: null }).where("number", "=", number).execute();
	return row.status;
}

/** Whoever had it last hears that it is too late; to everybody else it does not exist. */
async function wasReleasedFrom(tx: Tx, who: Principal, number: string): Promise<boolean> {
	const row = await tx
		.selectFrom("numbers")
		.innerJoin("accounts", "accounts.id", "numbers.releasedFrom")
		.select("accounts.id")
		.where("numbers.number", "=", number)
		.where("accounts.distributorId", "=", who.distributorId)
		.$if(who.accountId !== undefined, (query) => query.where("accounts.id", "=", who.accountId!))
		.executeTakeFirst();
	return row !== undefined;
}

function windowOver(): Failure {
	return new Failure(
		"badInput",
		`The number was cancelled more than ${DIRECTORY_LIMITS.reactivationDays} days ago`,
		"Provision another number.",
	);
}
