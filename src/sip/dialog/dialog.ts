/** Dialog state: RFC 3261 §12. Pure. Values are octet strings. */
import type { HeaderBlock } from "../message/header-block.ts";
import type { ParsedRequest, ParsedResponse } from "../message/message.ts";
import { splitNameAddr } from "../message/name-addr.ts";
import { parseUri } from "../message/uri.ts";
import type { OctetField } from "../message/write.ts";

export interface Dialog {
	readonly callId: string;
	readonly localTag: string;
	/** "" for an RFC 2543 peer (§12.1.1). */
	readonly remoteTag: string;
	/** From of our requests and To of them, tags included. */
	readonly localParty: string;
	readonly remoteParty: string;
	/** Route values in the order of our requests. */
	readonly routeSet: readonly string[];
	readonly remoteTarget: string;
	readonly localCseq: number;
	readonly remoteCseq: number | undefined;
}

export function dialogKey(callId: string, localTag: string, remoteTag: string): string {
	return `${callId}|${localTag}|${remoteTag}`;
}

/** URI of Contact; `fallback` where an RFC 2543 peer sent none (RFC 4475 §3.4.1). */
export function contactUri(headers: HeaderBlock): string | undefined {
	const contact = headers.raw("contact");
	return contact === undefined ? undefined : splitNameAddr(contact)?.rawUri;
}

/** §12.1.1: as the one who answers. Without Contact the peer's From URI is the target, as RFC 2543 had it. */
export function dialogOfUas(request: ParsedRequest, localTag: string): Dialog {
	const from = request.headers.raw("from") ?? "";
	return {
		callId: request.callId,
		localTag,
		remoteTag: request.fromTag,
		localParty: `${request.headers.raw("to")};tag=${localTag}`,
		remoteParty: from,
		routeSet: request.headers.rawAll("record-route"),
		remoteTarget: contactUri(request.headers) ?? splitNameAddr(from)?.rawUri ?? "",
		localCseq: 0,
		remoteCseq: request.cseq,
	};
}

/** §12.1.2: as the one who called. The route set is read backwards. */
export function dialogOfUac(response: ParsedResponse, fallbackTarget: string): Dialog {
	return {
		callId: response.callId,
		localTag: response.fromTag,
		remoteTag: response.toTag,
		localParty: response.headers.raw("from") ?? "",
		remoteParty: response.headers.raw("to") ?? "",
		routeSet: response.headers.rawAll("record-route").reverse(),
		remoteTarget: contactUri(response.headers) ?? fallbackTarget,
		localCseq: response.cseq,
		remoteCseq: undefined,
	};
}

/**
 * Takes in the number of a request of the peer (§12.2.2).
 *
 * @returns undefined where it is not above the last one: out of order, to be refused with 500.
 */
export function withRemoteCseq(dialog: Dialog, cseq: number): Dialog | undefined {
	if (dialog.remoteCseq !== undefined && cseq <= dialog.remoteCseq) return undefined;
	return { ...dialog, remoteCseq: cseq };
}

/** Target refresh by a re-INVITE (§12.2.2); the route set never changes. */
export function withTarget(dialog: Dialog, headers: HeaderBlock): Dialog {
	const target = contactUri(headers);
	return target === undefined ? dialog : { ...dialog, remoteTarget: target };
}

export interface DialogRequest {
	readonly dialog: Dialog;
	readonly uri: string;
	/** URI whose host the request is sent to. */
	readonly nextHop: string;
	/** Route, From, To, Call-ID and CSeq. */
	readonly fields: readonly OctetField[];
}

/**
 * Our next request in the dialog (§12.2.1.1). ACK repeats the number of its INVITE, so it takes none of its own.
 *
 * @param ackCseq CSeq number of the INVITE that an ACK is for.
 */
export function nextRequest(dialog: Dialog, method: string, ackCseq?: number): DialogRequest {
	const cseq = ackCseq ?? dialog.localCseq + 1;
	const first = dialog.routeSet[0];
	const firstUri = first === undefined ? undefined : splitNameAddr(first)?.rawUri;
	const loose = firstUri === undefined || (parseUri(firstUri)?.params.has("lr") ?? true);
	// A strict router wants itself in the Request-URI and the target as the last Route.
	const routes = loose ? dialog.routeSet : [...dialog.routeSet.slice(1), `<${dialog.remoteTarget}>`];
	const uri = loose ? dialog.remoteTarget : withoutHeaders(firstUri as string);
	return {
		dialog: ackCseq === undefined ? { ...dialog, localCseq: cseq } : dialog,
		uri,
		nextHop: firstUri ?? dialog.remoteTarget,
		fields: [
			...routes.map((route): OctetField => ["Route", route]),
			["From", dialog.localParty],
			["To", dialog.remoteParty],
			["Call-ID", dialog.callId],
			["CSeq", `${cseq} ${method}`],
		],
	};
}

/** §19.1.1: header components and `method` may not stand in a Request-URI. */
function withoutHeaders(uri: string): string {
	return (uri.split("?", 1)[0] as string).replace(/;method=[^;]*/i, "");
}
