/** Which transaction a message belongs to (RFC 3261 §17.1.3, §17.2.3), RFC 2543 peers included. */
import type { Identity, ParsedRequest } from "../message/message.ts";
import { MAGIC_COOKIE } from "../message/via.ts";

/** The branch alone is not enough: two clients may choose the same, so sent-by belongs to the key. */
function sentBy(via: Identity["via"]): string {
	return `${via.host}:${via.port ?? 5060}`;
}

/** RFC 4475 §3.2.1: the bare cookie names nothing, so such a request is matched as RFC 2543 would. */
function hasBranch(via: Identity["via"]): boolean {
	const branch = via.params.get("branch");
	return branch !== undefined && branch.length > MAGIC_COOKIE.length && branch.startsWith(MAGIC_COOKIE);
}

/**
 * Key of the server transaction that a request belongs to. ACK and CANCEL are looked up under the INVITE they speak of:
 * pass `method` for that.
 *
 * Without an RFC 3261 branch the key is made of Request-URI, From tag, Call-ID, CSeq number and topmost Via; the To tag
 * is left out, because an ACK carries the one of our response (§17.2.3).
 */
export function serverKey(request: ParsedRequest, method: string): string {
	const { via } = request;
	const branch = via.params.get("branch") ?? "";
	const key = branchKey(via, method);
	if (key !== undefined) return key;
	return `2543|${request.uri}|${request.fromTag}|${request.callId}|${request.cseq}|${sentBy(via)}|${branch}|${method}`;
}

/** The same key from the topmost Via alone; undefined without an RFC 3261 branch. */
export function branchKey(via: Identity["via"], method: string): string | undefined {
	return hasBranch(via) ? `${via.params.get("branch")}|${sentBy(via)}|${method}` : undefined;
}

/** Key of the client transaction: our branch and the method (a response to CANCEL carries the INVITE's branch). */
export function clientKey(branch: string, method: string): string {
	return `${branch}|${method}`;
}

/** Same for requests that came twice by different paths (§8.2.2.2). */
export function mergeKey(request: ParsedRequest): string {
	return `${request.callId}|${request.fromTag}|${request.cseq}|${request.method}`;
}

/**
 * The same text in memory of its own. A key cut out of a message is a view of it to the engine, and would keep the whole
 * message for as long as the transaction waits.
 */
export function detached(key: string): string {
	return Buffer.from(key, "utf8").toString("utf8");
}
