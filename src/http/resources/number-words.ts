/** How the contract words what the directory holds of a number. Pure. */
import type { NumberView } from "../../directory/index.ts";

export const CLASSIFICATIONS = ["MVNO", "IoT"] as const;
export type Classification = (typeof CLASSIFICATIONS)[number];

const BY_TYPE: Readonly<Record<string, Classification>> = { mvno: "MVNO", iot: "IoT" };
export const TYPE_OF: Readonly<Record<Classification, "mvno" | "iot">> = { MVNO: "mvno", IoT: "iot" };

/** What provisioning calls NumberType is the Classification afterwards (contract 2.6). */
export function classificationOf(number: Pick<NumberView, "numberType">): Classification | null {
	return BY_TYPE[number.numberType ?? ""] ?? null;
}

/** The name that called parties see. */
export function cnamOf(number: Pick<NumberView, "cnamFirstName" | "cnamLastName">): string | null {
	const name = [number.cnamFirstName, number.cnamLastName].filter((part) => part !== null).join(" ");
	return name === "" ? null : name;
}
