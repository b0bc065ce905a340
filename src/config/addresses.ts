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

/** `udp:127.0.0.1:5060`, `tls:10.0.0.5:5061 advertise sip.example.net`. */
export function readListenAddress(text: string): Reading<ListenAddress> {
	const [place = "", advertise, ...more] = text.split(/\s+advertise\s+/);
	if (more.length > 0) return bad(`"${text}" advertises more than one host`);
	if (advertise !== undefined && !isAdvertisable(advertise)) {
		return bad(`"${text}" does not advertise a host or host:port, such as 203.0.113.7:5060`);
	}
	const listen = readPlace(place);
	return listen.ok && advertise !== undefined ? good({ ...listen.value, advertise }) : listen;
}

/** A host, or host:port, that may stand in Contact and Via. */
export function isAdvertisable(text: string): boolean {
	if (isIP(text) !== 0) return true;
	return /^(\[[0-9a-f:.]+\]|[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?)(:\d{1,5})?$/i.test(text);
}

function readPlace(text: string): Reading<ListenAddress> {
	const colon = text.indexOf(":");
	const transport = TRANSPORTS.find((name) => name === text.slice(0, colon).toLowerCase());
	if (transport === undefined)
		return bad(`"${text}" does not start with udp:, tcp: or tls:, such as udp:127.0.0.1:5060`);
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
