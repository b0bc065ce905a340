/** Number rows as the room shows them. */
import type { Selectable } from "kysely";
import type { NumberTable } from "../store/index.ts";
import type { NumberView } from "./types.ts";

export type NumberRow = Omit<Selectable<NumberTable>, "distributorId" | "example" | "poolOrder" | "createdOn">;

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
] as const satisfies readonly (keyof NumberView & keyof NumberRow)[];

export function viewOf(row: NumberRow): NumberView {
	return row;
}

/** An ICCID is text: it may end in a filler `F` (ITU-T E.118), in either case. */
export function iccidText(iccid: string | undefined): string | null {
	const text = iccid?.trim().toUpperCase();
	return text === undefined || text === "" ? null : text;
}
