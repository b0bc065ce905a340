/**
 * A look at a datagram that costs a fraction of reading it: enough to refuse a new INVITE where there is no room for
 * it. Pure. Whatever is written in an unusual way is left to the parser.
 */
import { SIP_LIMITS } from "../limits.ts";
import { parseVia, stampVia, type Via } from "../message/via.ts";
import { branchKey } from "../transaction/keys.ts";

/** A new INVITE, as far as an answer needs it. Header lines are as they stood. */
export interface GlancedInvite {
	readonly via: Via;
	/** Of its transaction: one that is known must not be refused when it comes again. */
	readonly key: string;
	readonly topVia: string;
	/** Header lines of From, To, Call-ID, CSeq and of further Via, each as it stood. */
	readonly lines: readonly string[];
	/** Which of `lines` is To. */
	readonly to: number;
}

const INVITE = Buffer.from("INVITE ", "latin1");
const ACK = Buffer.from("ACK ", "latin1");

/** Names and compact forms of what goes into an answer. */
const NEEDED: ReadonlyMap<string, string> = new Map([
	["v", "via"],
	["via", "via"],
	["f", "from"],
	["from", "from"],
	["t", "to"],
	["to", "to"],
	["i", "call-id"],
	["call-id", "call-id"],
	["cseq", "cseq"],
]);

/** @returns undefined for everything but an INVITE outside of any dialog that is written as usual. */
export function glanceInvite(octets: Buffer): GlancedInvite | undefined {
	if (!startsWith(octets, INVITE)) return undefined;
	const end = octets.indexOf("\r\n\r\n", 0, "latin1");
	if (end === -1 || end > SIP_LIMITS.headerFieldBytesMax) return undefined;
	const [, ...fields] = octets.toString("latin1", 0, end).split("\r\n");
	const lines: string[] = [];
	const seen = new Set<string>();
	let topVia: string | undefined;
	let to = -1;
	for (const line of fields) {
		const colon = line.indexOf(":");
		// A folded line, and one that is none.
		if (colon <= 0 || line.charCodeAt(0) <= 0x20) return undefined;
		const name = NEEDED.get(line.slice(0, colon).trim().toLowerCase());
		if (name === undefined) continue;
		if (/[\r\n\0]/.test(line) || (name !== "via" && seen.has(name))) return undefined;
		seen.add(name);
		if (name === "via" && topVia === undefined) {
			topVia = line.slice(colon + 1).trim();
			continue;
		}
		if (name === "to") to = lines.length;
		lines.push(line);
	}
	// With a tag it belongs to a dialog: running calls are not refused anything.
	if (topVia === undefined || seen.size !== 5 || /;\s*tag\s*=/i.test(lines[to]!)) return undefined;
	const via = topVia.includes(",") ? undefined : parseVia(topVia);
	const key = via && branchKey(via, "INVITE");
	if (via === undefined || key === undefined || via.params.has("maddr")) return undefined;
	return { via, key, topVia, lines, to };
}

/** The 503 to it, with where it goes to. @param toTag one for all: no dialog comes of it. */
export function busyAnswer(
	{ via, topVia, lines, to }: GlancedInvite,
	source: { readonly address: string; readonly port: number },
	toTag: string,
): { readonly octets: Buffer; readonly port: number } {
	const echoed = lines.map((line, i) => (i === to ? `${line};tag=${toTag}` : line));
	const head = [
		"SIP/2.0 503 Service Unavailable",
		`Via: ${stampVia(topVia, via, source)}`,
		...echoed,
		`Retry-After: ${SIP_LIMITS.retryAfterSeconds}`,
		"Content-Length: 0",
	];
	const port = via.params.has("rport") ? source.port : (via.port ?? 5060);
	return { octets: Buffer.from(`${head.join("\r\n")}\r\n\r\n`, "latin1"), port };
}

/** Whether this is the ACK to an answer of ours with that tag: nothing waits for it. */
export function isAckOf(octets: Buffer, toTag: string): boolean {
	return startsWith(octets, ACK) && octets.includes(toTag, 0, "latin1");
}

function startsWith(octets: Buffer, start: Buffer): boolean {
	return octets.length >= start.length && octets.compare(start, 0, start.length, 0, start.length) === 0;
}
