/** Number rows as the room shows them. */
import type { Selectable } from "kysely";
import type { NumberTable } from "../store/index.ts";
import { DIRECTORY_LIMITS } from "./limits.ts";
import type { NumberView } from "./types.ts";

export type NumberRow = Omit<
	Selectable<NumberTable>,
	"distributorId" | "example" | "poolOrder" | "createdOn" | "erasingSince" | "releasedFrom"
>;

export const NUMBER_COLUMNS = [
	"number",
	"id",
	"accountId",
	"status",
	"numberType",
	"messageType",
	"messageEnabled",
	"voiceEnabled",
	"dataEnabled",
	"productType",
	"messageRouteId",
	"voiceRouteId",
	"areaCode",
	"zipCode",
	"iccid",
	"assignedSubscriberId",
	"orderId",
	"provisionedOn",
	"cnamFirstName",
	"cnamLastName",
	"cancelledOn",
	"swapsUsed",
	"swapsResetOn",
] as const satisfies readonly (keyof NumberView & keyof NumberRow)[];

export function viewOf(row: NumberRow): NumberView {
	return row;
}

/** What a swap may still take in the period that runs now. */
export function swapsLeft(number: Pick<NumberView, "swapsUsed" | "swapsResetOn">, now: Date): number {
	const used = number.swapsResetOn !== null && number.swapsResetOn > now ? number.swapsUsed : 0;
	return Math.max(0, DIRECTORY_LIMITS.swapsPerPeriod - used);
}

/** The area of a North American number stands in it; elsewhere nothing tells where the area code ends. */
export function areaOf(number: string): string | null {
	return /^\+1([0-9]{3})[0-9]{7}$/.exec(number)?.[1] ?? null;
}

/** An ICCID is text: it may end in a filler `F` (ITU-T E.118), in either case. */
export function iccidText(iccid: string | undefined): string | null {
	const text = iccid?.trim().toUpperCase();
	return text === undefined || text === "" ? null : text;
}
