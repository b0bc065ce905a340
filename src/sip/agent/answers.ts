/** Status codes, and the header fields that say what this user agent can do. */
import type { HeaderBlock } from "../message/header-block.ts";
import { textToOctets } from "../message/text.ts";
import { type OctetField, statusLine, writeMessage } from "../message/write.ts";

/** Honest: each method here is carried out, and every other gets 405 (RFC 3261 §8.2.1). */
const CALL_METHODS = ["INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "INFO", "PRACK", "UPDATE"] as const;
export const ACCEPT: OctetField = ["Accept", "application/sdp"];
/** RFC 3262, RFC 4028, RFC 7044. Every other option tag in Require is refused with 420. */
const OPTION_TAGS = ["100rel", "timer", "histinfo"] as const;

/** What this user agent can do: it takes subscriptions only where somebody above does. */
export interface Abilities {
	readonly methods: ReadonlySet<string>;
	readonly allow: OctetField;
	/** Option tags in lower case (RFC 3261 §20.37). */
	readonly tags: ReadonlySet<string>;
	readonly supported: OctetField;
	/** Allow-Events (RFC 6665 §8.2.2); none where there are no event packages. */
	readonly allowEvents: readonly OctetField[];
	/** For the 200 of OPTIONS (RFC 3261 §11.2). */
	readonly all: readonly OctetField[];
}

/**
 * @param eventPackages that can be subscribed to.
 * @param replaces whether somebody above takes calls that replace others.
 */
export function abilities(eventPackages: readonly string[], replaces: boolean): Abilities {
	const methods = [...CALL_METHODS, ...(eventPackages.length > 0 ? ["SUBSCRIBE"] : [])];
	const allow: OctetField = ["Allow", methods.join(", ")];
	const allowEvents: OctetField[] = eventPackages.length > 0 ? [["Allow-Events", eventPackages.join(", ")]] : [];
	const tags = [...OPTION_TAGS, ...(replaces ? ["replaces"] : [])];
	const supported: OctetField = ["Supported", tags.join(", ")];
	const plain: OctetField[] = [["Accept-Encoding", "identity"], ["Accept-Language", "en"], supported];
	const all = [allow, ACCEPT, ...plain, ...allowEvents];
	return { methods: new Set(methods), allow, tags: new Set(tags), supported, allowEvents, all };
}

const REASONS: Readonly<Record<number, string>> = {
	100: "Trying",
	180: "Ringing",
	183: "Session Progress",
	200: "OK",
	400: "Bad Request",
	401: "Unauthorized",
	403: "Forbidden",
	404: "Not Found",
	405: "Method Not Allowed",
	406: "Not Acceptable",
	408: "Request Timeout",
	413: "Request Entity Too Large",
	415: "Unsupported Media Type",
	416: "Unsupported URI Scheme",
	420: "Bad Extension",
	422: "Session Interval Too Small",
	423: "Interval Too Brief",
	469: "Bad Info Package",
	480: "Temporarily Unavailable",
	481: "Call/Transaction Does Not Exist",
	482: "Loop Detected",
	483: "Too Many Hops",
	486: "Busy Here",
	487: "Request Terminated",
	488: "Not Acceptable Here",
	489: "Bad Event",
	491: "Request Pending",
	500: "Server Internal Error",
	503: "Service Unavailable",
	504: "Server Time-out",
	505: "Version Not Supported",
	513: "Message Too Large",
	600: "Busy Everywhere",
	603: "Decline",
};

const CLASSES = ["", "Trying", "OK", "Moved Temporarily", "Bad Request", "Server Internal Error", "Global Failure"];

export function reasonOf(status: number): string {
	return REASONS[status] ?? CLASSES[Math.floor(status / 100)] ?? "Unknown";
}

/**
 * History-Info goes back to whoever knows it, so that the caller's side learns where the call went (RFC 7044 §9.3): not
 * in a 100, and untouched, since the peer that sent it is in our trust domain.
 */
export function historyEcho(headers: HeaderBlock): OctetField[] {
	const wanted = headers.rawAll("supported").some((tag) => tag.toLowerCase() === "histinfo");
	return wanted ? headers.rawFields("history-info").map((value): OctetField => ["History-Info", value]) : [];
}

export interface Answer {
	/** Text; the standard phrase by default. */
	readonly reason?: string | undefined;
	/** Tag for To, where the request has none. */
	readonly toTag?: string | undefined;
	/** Record-Route goes into responses that make a dialog (§12.1.1). */
	readonly echoRecordRoute?: boolean;
	readonly fields?: readonly OctetField[];
	/** A session description. */
	readonly sdp?: string | undefined;
}

/**
 * A response to these fields (§8.2.6.2). What is missing in a bad request is left out.
 *
 * @param vias all Via values, the topmost as `stampVia` made it.
 */
export function writeResponse(
	headers: HeaderBlock,
	vias: readonly string[],
	serverName: string,
	status: number,
	answer: Answer,
): Buffer {
	const fields: OctetField[] = vias.map((via) => ["Via", via]);
	if (answer.echoRecordRoute) {
		for (const route of headers.rawFields("record-route")) fields.push(["Record-Route", route]);
	}
	const from = headers.raw("from");
	const to = headers.raw("to");
	if (from !== undefined) fields.push(["From", from]);
	if (to !== undefined) fields.push(["To", answer.toTag === undefined ? to : `${to};tag=${answer.toTag}`]);
	for (const name of ["Call-ID", "CSeq"]) {
		const value = headers.raw(name);
		if (value !== undefined) fields.push([name, value]);
	}
	// RFC 3261 §8.2.6.1: the Timestamp of a request is measured by its 100.
	const timestamp = status === 100 ? headers.raw("timestamp") : undefined;
	if (timestamp !== undefined) fields.push(["Timestamp", timestamp]);
	fields.push(["Server", textToOctets(serverName)], ...(answer.fields ?? []));
	if (answer.sdp !== undefined) fields.push(["Content-Type", "application/sdp"]);
	const body = answer.sdp === undefined ? undefined : Buffer.from(answer.sdp, "utf8");
	return writeMessage(statusLine(status, answer.reason ?? reasonOf(status)), fields, body);
}
