/** Reading and matching of addresses: listen addresses, trusted peers and proxies. */
import { isIP, isIPv4 } from "node:net";
import { addressMatcher } from "../domain/index.ts";
import type { ListenAddress, TransportName } from "../sip/index.ts";
import type { HostPort } from "./types.ts";

/** What was read, or why it could not be. */
export type Reading<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly why: string };

const good = <T>(value: T): Reading<T> => ({ ok: true, value });
const bad = <T>(why: string): Reading<T> => ({ ok: false, why });

/** `host:port`, IPv6 in brackets. `localhost` is read as 127.0.0.1, since a listener needs one address. */
export function readHostPort(text: string): Reading<HostPort> {
	const match = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text);
	if (match === null) return bad(`"${text}" is not host:port, such as 127.0.0.1:8080 or [::1]:8080`);
	const host = (match[1] ?? match[2]!).toLowerCase() === "localhost" ? "127.0.0.1" : (match[1] ?? match[2]!);
	if (isIP(host) === 0) return bad(`"${host}" is not an IP address; give the address to listen on`);
	const port = Number(match[3]);
	if (port > 65_535) return bad(`port ${match[3]} is above 65535`);
	return good({ host, port });
}

const TRANSPORTS: readonly TransportName[] = ["udp", "tcp", "tls"];

/** `udp:127.0.0.1:5060`. */
export function readListenAddress(text: string): Reading<ListenAddress> {
	const colon = text.indexOf(":");
	const transport = TRANSPORTS.find((name) => name === text.slice(0, colon).toLowerCase());
	if (transport === undefined) return bad(`"${text}" does not start with udp: or tcp:, such as udp:127.0.0.1:5060`);
	if (transport === "tls") {
		return bad(
			`"${text}": SIP over TLS is not offered yet; listen on tcp: and let Kamailio or an SBC end TLS in front`,
		);
	}
	const address = readHostPort(text.slice(colon + 1));
	return address.ok ? good({ transport, ...address.value }) : address;
}

const loopback = addressMatcher(["127.0.0.0/8", "::1"]);

export function isLoopback(address: string): boolean {
	return loopback(address);
}

export function isWildcard(address: string): boolean {
	return address === "0.0.0.0" || /^(0{0,4}:){1,7}0{0,4}$/.test(address);
}

/** `host:port` as a URL or a listener writes it. */
export function printHostPort(address: HostPort): string {
	return isIPv4(address.host) ? `${address.host}:${address.port}` : `[${address.host}]:${address.port}`;
}

export function printListenAddress(address: ListenAddress): string {
	return `${address.transport}:${printHostPort(address)}`;
}
