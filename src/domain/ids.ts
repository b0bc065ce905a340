import { randomBytes, randomUUID } from "node:crypto";

/** Prefixes of the contract (section 1.7) and our own. */
export const ID_PREFIXES = {
	distributor: "DID",
	account: "AID",
	subscriber: "TSUID",
	number: "NID",
	order: "JNUOID",
	message: "VMID",
	mailbox: "MBID",
	call: "CALL",
	event: "EVID",
	voiceRoute: "CRID",
	messageRoute: "MRID",
	callFilter: "CFID",
	workgroup: "WID",
	workgroupActivity: "WAID",
	schedule: "SID",
	pinReset: "VPRID",
	webhook: "WID",
} as const;
export type IdKind = keyof typeof ID_PREFIXES;

/** `PREFIX-<lower-case uuid v7>`: sorts by time of making, so that B-tree inserts stay local. */
export function newId(kind: IdKind): string {
	return `${ID_PREFIXES[kind]}-${uuidv7()}`;
}

/** `PREFIX-<random uuid v4>`: for ids that must not tell when they were made. */
export function newRandomId(kind: IdKind): string {
	return `${ID_PREFIXES[kind]}-${randomUUID()}`;
}

/** UUID version 7 (RFC 9562 §5.7): 48 bits of Unix milliseconds, then random. */
export function uuidv7(nowMs: number = Date.now()): string {
	const bytes = randomBytes(16);
	bytes.writeUIntBE(nowMs, 0, 6);
	bytes[6] = (bytes[6]! & 0x0f) | 0x70;
	bytes[8] = (bytes[8]! & 0x3f) | 0x80;
	const hex = bytes.toString("hex");
	return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
