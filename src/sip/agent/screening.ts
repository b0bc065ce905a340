/** What is looked at before a request means anything: RFC 3261 §8.2, in its order. Pure. */
import { findSdp, readMediaType } from "../message/body.ts";
import type { ParsedRequest } from "../message/message.ts";
import { splitNameAddr } from "../message/name-addr.ts";
import { parseUri, schemeOf } from "../message/uri.ts";
import type { OctetField } from "../message/write.ts";
import { type Abilities, ACCEPT } from "./answers.ts";

export interface Refusal {
	readonly status: number;
	readonly fields?: readonly OctetField[];
}

/** Method, Request-URI, hops and extensions. @param isOurs whether a host names this user agent. */
export function screen(
	request: ParsedRequest,
	isOurs: (host: string) => boolean,
	{ methods, allow, tags }: Pick<Abilities, "methods" | "allow" | "tags">,
): Refusal | undefined {
	if (!methods.has(request.method)) return { status: 405, fields: [allow] };
	const scheme = schemeOf(request.uri);
	if (scheme !== "sip" && scheme !== "sips" && scheme !== "tel") return { status: 416 };
	if (hopsUsedUp(request, isOurs)) return { status: 483 };
	// §8.2.2.3: Require in CANCEL is ignored, since it must not fail differently from its request.
	const required = request.method === "CANCEL" ? [] : request.headers.rawAll("require");
	const unknown = required.filter((tag) => !tags.has(tag.toLowerCase()));
	if (unknown.length > 0) return { status: 420, fields: [["Unsupported", unknown.join(", ")]] };
	return undefined;
}

/**
 * An endpoint takes a request with Max-Forwards 0 as any other (RFC 4475 §3.3.11). Only one that is routed on beyond us
 * would have to be forwarded, and is not.
 */
function hopsUsedUp(request: ParsedRequest, isOurs: (host: string) => boolean): boolean {
	if (Number(request.headers.raw("max-forwards") ?? 70) !== 0) return false;
	return request.headers.rawAll("route").some((route) => {
		const uri = splitNameAddr(route)?.rawUri;
		return !isOurs((uri === undefined ? undefined : parseUri(uri))?.host ?? "");
	});
}

export type OfferReading = { readonly offer: string | undefined } | Refusal;

/** The offer of an INVITE, or why its body or the answer's cannot be had (§8.2.3, §13.3.1). */
export function readOffer(request: ParsedRequest): OfferReading {
	const { headers } = request;
	const found = findSdp(headers, request.body);
	const disposition = headers.raw("content-disposition") ?? "";
	const optional = /;\s*handling\s*=\s*optional\b/i.test(disposition);
	if (found.found === "other" && !optional) {
		const encoded = (headers.raw("content-encoding") ?? "identity").toLowerCase() !== "identity";
		return { status: 415, fields: encoded ? [ACCEPT, ["Accept-Encoding", "identity"]] : [ACCEPT] };
	}
	if (!acceptsSdp(request)) return { status: 406, fields: [ACCEPT] };
	if (request.headers.has("contact") && splitNameAddr(headers.raw("contact") ?? "") === undefined) {
		return { status: 400 };
	}
	return { offer: found.found === "sdp" ? found.sdp : undefined };
}

/** Without Accept, an INVITE accepts application/sdp (§20.1). */
function acceptsSdp(request: ParsedRequest): boolean {
	if (!request.headers.has("accept")) return true;
	return request.headers.rawAll("accept").some((range) => {
		const name = readMediaType(range)?.name;
		return name === "application/sdp" || name === "application/*" || name === "*/*";
	});
}
