import { parseUri } from "../message/uri.ts";
import type { NextHop } from "../transport/flow.ts";
import type { Source } from "../types.ts";

/**
 * Where a request of a dialog goes. Without DNS a name cannot be followed; then, and where the URI says no transport,
 * the way that the dialog came by is taken.
 */
export function hopOf(uriText: string, source: Pick<Source, "transport" | "address" | "port">): NextHop {
	const uri = parseUri(uriText);
	const named = uri?.params.get("maddr") ?? uri?.host ?? "";
	const literal = /^[0-9.]+$/.test(named) || named.startsWith("[");
	if (uri === undefined || !literal) return { transport: source.transport, host: source.address, port: source.port };
	const wanted = uri.params.get("transport")?.toLowerCase();
	const transport = wanted === "tcp" || wanted === "udp" ? wanted : source.transport;
	return { transport, host: named, port: uri.port ?? 5060 };
}
