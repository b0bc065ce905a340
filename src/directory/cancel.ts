import type { Tx } from "../store/index.ts";

/** A number cancelled before keeps the day of its first cancellation. */
export async function cancelNumber(tx: Tx, number: string, now: Date): Promise<void> {
	await tx
		.updateTable("numbers")
		.set({ status: "Cancelled", cancelledOn: now })
		.where("number", "=", number)
		.where("status", "!=", "Cancelled")
		.execute();
}
