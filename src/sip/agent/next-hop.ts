import { isIP } from "node:net";
import { parseUri } from "../message/uri.ts";
import type { Hop } from "../transport/flow.ts";
import type { Source, TransportName } from "../types.ts";

/**
 * What the URI of a dialog says of the place that requests go to. Where it is an address without a transport, the
 * dialog's is taken: many peers leave `;transport=tcp` out of their Contact.
 *
 * @returns undefined where the URI leads nowhere by itself: such requests go back the way that the dialog came by.
 */
export function hopOf(uriText: string, source: Pick<Source, "transport">): Hop | undefined {
	const uri = parseUri(uriText);
	if (uri === undefined || uri.scheme === "tel") return undefined;
	const host = uri.params.get("maddr") ?? uri.host;
	const secure = uri.scheme === "sips";
	const named = TRANSPORTS.find((name) => name === uri.params.get("transport")?.toLowerCase());
	const literal = isIP(host.replace(/^\[|\]$/g, "")) !== 0;
	return { secure, transport: named ?? (literal ? source.transport : undefined), host, port: uri.port };
}

const TRANSPORTS: readonly TransportName[] = ["udp", "tcp", "tls"];
