/** Replaces (RFC 3891 §6.1): the dialog that an INVITE is to take the place of. Pure. */
import { parseParams } from "./params.ts";
import { trimSpace } from "./text.ts";

export interface Replaces {
	readonly callId: string;
	/** Local tag of whoever receives it. */
	readonly toTag: string;
	readonly fromTag: string;
	readonly earlyOnly: boolean;
}

/** Undefined where the value names no dialog. A tag of 0 stands for none: RFC 2543 peers. */
export function parseReplaces(value: string): Replaces | undefined {
	const semicolon = value.indexOf(";");
	const callId = trimSpace(semicolon === -1 ? value : value.slice(0, semicolon));
	const params = semicolon === -1 ? undefined : parseParams(value, semicolon);
	const toTag = params?.get("to-tag");
	const fromTag = params?.get("from-tag");
	if (callId === "" || !toTag || !fromTag || params === undefined) return undefined;
	return { callId, toTag, fromTag: fromTag === "0" ? "" : fromTag, earlyOnly: params.has("early-only") };
}
