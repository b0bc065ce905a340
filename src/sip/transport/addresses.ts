/** Addresses as text: listen settings, mapped IPv6, hosts in URIs. */
import { isIP, isIPv6 } from "node:net";
import type { ListenAddress, TransportName } from "../types.ts";

/**
 * Reads `udp:127.0.0.1:5060`, `tcp:[::1]:5060` or `tls:0.0.0.0:5061`.
 *
 * @throws Error with what is wrong and what would be right.
 */
export function parseListenAddress(text: string): ListenAddress {
	const match = /^(udp|tcp|tls):(\[[^\]]*\]|[^:[\]]*):(\d{1,5})$/i.exec(text.trim());
	const port = Number(match?.[3] ?? Number.NaN);
	const host = (match?.[2] ?? "").replace(/^\[|\]$/g, "");
	if (match === null || isIP(host) === 0 || port > 65_535) {
		const shown = text.slice(0, 100);
		throw new Error(`"${shown}" is no SIP listen address: write transport:address:port, such as udp:127.0.0.1:5060`);
	}
	return { transport: (match[1] as string).toLowerCase() as TransportName, host, port };
}

/** `::ffff:192.0.2.1`, as a dual-stack socket shows an IPv4 peer, becomes `192.0.2.1`. */
export function plainAddress(address: string): string {
	return address.startsWith("::ffff:") && address.includes(".") ? address.slice(7) : address;
}

export function isWildcard(host: string): boolean {
	return host === "0.0.0.0" || host === "::";
}

/** As it stands in a URI or Via: IPv6 in brackets. */
export function uriHost(address: string): string {
	return isIPv6(address) ? `[${address}]` : address;
}

/** `host` or `host:port` or `[v6]:port`, as the advertise setting has it. */
export function splitHostPort(text: string): { readonly host: string; readonly port: number | undefined } {
	if (isIPv6(text)) return { host: text, port: undefined };
	const match = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(text);
	const host = match?.[1] ?? match?.[2];
	const port = match?.[3] === undefined ? undefined : Number(match[3]);
	if (host === undefined || (port !== undefined && (port === 0 || port > 65_535))) {
		throw new Error(`"${text.slice(0, 100)}" is no host or host:port to advertise`);
	}
	return { host, port };
}
