import { randomUUID } from "node:crypto";

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

/**
 * UUID version 7 (RFC 9562 §5.7): 48 bits of Unix milliseconds, then random. These are those of a version 4, which Node
 * draws for many at once: asking the system for 16 octets costs several times as much.
 */
export function uuidv7(nowMs: number = Date.now()): string {
	const time = nowMs.toString(16).padStart(12, "0");
	return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`;
}
