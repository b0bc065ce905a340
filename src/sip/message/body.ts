/** The session description in a body: plain, or a part of a multipart (RFC 5621 §3, RFC 2046 §5.1). */
import { SIP_LIMITS } from "../limits.ts";
import type { HeaderBlock } from "./header-block.ts";
import { parseParams } from "./params.ts";
import { scanHeaders } from "./scan-headers.ts";
import { skipSpace, tokenEnd } from "./text.ts";

export type SdpSearch =
	/** No body at all. */
	| { readonly found: "nothing" }
	| { readonly found: "sdp"; readonly sdp: string }
	/** A body, none of it a session description that we can read: 415. */
	| { readonly found: "other" };

interface MediaType {
	/** `type/subtype` in lower case. */
	readonly name: string;
	readonly params: ReadonlyMap<string, string>;
}

/** @param headers of the message, or of one part. */
export function findSdp(headers: HeaderBlock, body: Uint8Array): SdpSearch {
	if (body.length === 0) return { found: "nothing" };
	const sdp = search(headers, body, 0);
	return sdp === undefined ? { found: "other" } : { found: "sdp", sdp };
}

function search(headers: HeaderBlock, body: Uint8Array, depth: number): string | undefined {
	const type = readMediaType(headers.raw("content-type") ?? "");
	const encoding = (headers.raw("content-encoding") ?? "identity").toLowerCase();
	if (type === undefined || encoding !== "identity") return undefined;
	// RFC 5621 §8: a part that is to be rendered or carries an icon is no session, whatever its type.
	const disposition = (headers.raw("content-disposition") ?? "session").split(";", 1)[0]?.trim().toLowerCase();
	if (type.name === "application/sdp") {
		return disposition === "session" ? Buffer.from(body).toString("utf8") : undefined;
	}
	const boundary = type.params.get("boundary");
	const deeper = type.name.startsWith("multipart/") && depth < SIP_LIMITS.multipartDepthMax;
	if (!deeper || boundary === undefined || boundary === "") return undefined;
	for (const part of splitParts(Buffer.from(body).toString("latin1"), boundary)) {
		const found = searchPart(part, depth + 1);
		if (found !== undefined) return found;
	}
	return undefined;
}

function searchPart(part: string, depth: number): string | undefined {
	const blank = part.startsWith("\r\n") ? 0 : part.indexOf("\r\n\r\n");
	if (blank === -1) return undefined;
	const head = scanHeaders(part.slice(0, blank), 0);
	if (!head.ok) return undefined;
	const start = part.startsWith("\r\n") ? 2 : blank + 4;
	return search(head.headers, Buffer.from(part.slice(start), "latin1"), depth);
}

/** Parts between the delimiter lines; what stands before the first and after the last delimiter is no part. */
function splitParts(text: string, boundary: string): string[] {
	const delimiter = `\r\n--${boundary}`;
	const parts: string[] = [];
	const framed = `\r\n${text}`;
	let at = framed.indexOf(delimiter);
	while (at !== -1 && parts.length < SIP_LIMITS.multipartPartsMax) {
		const after = at + delimiter.length;
		if (framed.startsWith("--", after)) break;
		const lineEnd = framed.indexOf("\r\n", after);
		if (lineEnd === -1) break;
		// The next delimiter's CRLF may be the one that ends this line: an empty part.
		const next = framed.indexOf(delimiter, lineEnd);
		if (next === -1) break;
		if (framed.slice(after, lineEnd).trim() === "") parts.push(framed.slice(lineEnd + 2, next));
		at = next;
	}
	return parts;
}

/** Undefined where the value is no media type. */
export function readMediaType(value: string): MediaType | undefined {
	const typeEnd = tokenEnd(value, skipSpace(value, 0));
	const slash = skipSpace(value, typeEnd);
	if (typeEnd === 0 || value.charCodeAt(slash) !== 0x2f) return undefined;
	const subStart = skipSpace(value, slash + 1);
	const subEnd = tokenEnd(value, subStart);
	const params = subEnd === subStart ? undefined : parseParams(value, subEnd);
	if (params === undefined) return undefined;
	return { name: `${value.slice(0, typeEnd)}/${value.slice(subStart, subEnd)}`.trim().toLowerCase(), params };
}
