/** Via (RFC 3261 §20.42) with `received` and `rport` (RFC 3581). */
import { parseParams } from "./params.ts";

export interface Via {
	/** Transport as it stands, in upper case: UDP, TCP, TLS, or one we do not know. */
	readonly transport: string;
	readonly host: string;
	readonly port: number | undefined;
	readonly params: ReadonlyMap<string, string>;
}

/** RFC 3261 §8.1.1.7: a branch that starts so was made by an RFC 3261 element. */
export const MAGIC_COOKIE = "z9hG4bK";

const HEAD =
	/^SIP[ \t]*\/[ \t]*\d+\.\d+[ \t]*\/[ \t]*([A-Za-z0-9.!%*_+`'~-]+)[ \t]+(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)[ \t]*(?::[ \t]*(\d{1,5})[ \t]*)?(?=;|$)/i;

export function parseVia(value: string): Via | undefined {
	const head = HEAD.exec(value);
	if (head === null) return undefined;
	const port = head[3] === undefined ? undefined : Number(head[3]);
	if (port !== undefined && (port === 0 || port > 65_535)) return undefined;
	const params = parseParams(value, head[0].length);
	if (params === undefined) return undefined;
	return { transport: (head[1] as string).toUpperCase(), host: (head[2] as string).toLowerCase(), port, params };
}

/**
 * Transport and sent-by alone, of a Via whose parameters are beyond reading: enough to refuse its request
 * (RFC 4475 §3.1.2.1 wants an answer).
 */
export function parseSentBy(value: string): Via | undefined {
	const semicolon = value.indexOf(";");
	return semicolon === -1 ? undefined : parseVia(value.slice(0, semicolon));
}

/**
 * The topmost Via as it goes into responses: `received` where the source is not what sent-by says (§18.2.1), and always
 * with `rport`, which is filled in (RFC 3581 §4). Values the client wrote there itself are replaced: they are lies or loops.
 */
export function stampVia(value: string, via: Via, source: { readonly address: string; readonly port: number }): string {
	const wantsPort = via.params.has("rport");
	const sentByIsSource = via.host === source.address || via.host === `[${source.address}]`;
	if (!wantsPort && sentByIsSource && !via.params.has("received")) return value;
	const kept = withoutParams(value, wantsPort ? ["received", "rport"] : ["received"]);
	const rport = wantsPort ? `;rport=${source.port}` : "";
	return `${kept}${rport}${wantsPort || !sentByIsSource ? `;received=${source.address}` : ""}`;
}

function withoutParams(value: string, names: readonly string[]): string {
	const pieces = splitSemicolons(value);
	return pieces
		.filter((piece, i) => i === 0 || !names.includes((piece.split("=", 1)[0] as string).trim().toLowerCase()))
		.join(";");
}

function splitSemicolons(value: string): string[] {
	const pieces: string[] = [];
	let start = 0;
	let quoted = false;
	for (let i = 0; i < value.length; i++) {
		const c = value.charCodeAt(i);
		if (quoted && c === 0x5c) i++;
		else if (c === 0x22) quoted = !quoted;
		else if (c === 0x3b && !quoted) {
			pieces.push(value.slice(start, i));
			start = i + 1;
		}
	}
	pieces.push(value.slice(start));
	return pieces;
}
