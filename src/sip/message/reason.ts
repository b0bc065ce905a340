/** Why a call ended or was refused, in words for machines: Reason (RFC 3326, RFC 6432). Pure. */
import type { EndReason } from "../types.ts";
import { octetsToText, textToOctets } from "./text.ts";
import type { OctetField } from "./write.ts";

/** Release causes of ITU-T Q.850 by SIP status: RFC 3398 §8.2.6.1. */
const Q850_OF_STATUS: ReadonlyMap<number, number> = new Map([
	[400, 41],
	[403, 21],
	[404, 1],
	[405, 63],
	[406, 79],
	[408, 102],
	[413, 127],
	[415, 79],
	[416, 127],
	[420, 127],
	[480, 18],
	[481, 41],
	[482, 25],
	[483, 25],
	[484, 28],
	[486, 17],
	[500, 41],
	[503, 41],
	[504, 102],
	[513, 127],
	[600, 17],
	[603, 21],
	[604, 1],
]);

/** Reason of a refusal, for gateways to the telephone network (RFC 6432); none where the standard maps none. */
export function reasonOfStatus(status: number): OctetField[] {
	const cause = Q850_OF_STATUS.get(status);
	return cause === undefined ? [] : [["Reason", `Q.850;cause=${cause}`]];
}

export function reasonField({ protocol, cause, text }: EndReason): OctetField {
	const words = text === undefined ? "" : `;text="${text.replace(/["\\]/g, "\\$&")}"`;
	return ["Reason", textToOctets(`${protocol};cause=${cause}${words}`)];
}

/** Reasons of a BYE or CANCEL as text, as they stood. @param values as octets, at most `reasonsMax` are kept. */
export function reasonsOf(values: readonly string[], reasonsMax: number): string[] {
	return values.slice(0, reasonsMax).map(octetsToText);
}
