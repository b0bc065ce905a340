/** Which addresses belong to the open internet: all others could be services of the operator's own network. Pure. */
import { BlockList, isIP } from "node:net";

/** IANA special-purpose address registries (RFC 6890) with what came later; multicast and reserved space beside them. */
const IPV4_ELSEWHERE: readonly (readonly [string, number])[] = [
	["0.0.0.0", 8],
	["10.0.0.0", 8],
	["100.64.0.0", 10], // carrier-grade NAT, RFC 6598
	["127.0.0.0", 8],
	["169.254.0.0", 16], // link-local; also the metadata services of clouds
	["172.16.0.0", 12],
	["192.0.0.0", 24],
	["192.0.2.0", 24],
	["192.88.99.0", 24],
	["192.168.0.0", 16],
	["198.18.0.0", 15],
	["198.51.100.0", 24],
	["203.0.113.0", 24],
	["224.0.0.0", 4],
	["240.0.0.0", 4],
];

/** Within 2000::/3, the only global unicast space that is given out (RFC 4291 §2.4). */
const IPV6_ELSEWHERE: readonly (readonly [string, number])[] = [
	["2001::", 23], // Teredo and other protocols' own; some carry an IPv4 address
	["2001:db8::", 32],
	["2002::", 16], // 6to4: carries an IPv4 address
	["3fff::", 20],
];

const elsewhere = new BlockList();
for (const [net, bits] of IPV4_ELSEWHERE) elsewhere.addSubnet(net, bits, "ipv4");
for (const [net, bits] of IPV6_ELSEWHERE) elsewhere.addSubnet(net, bits, "ipv6");
const globalUnicast = new BlockList();
globalUnicast.addSubnet("2000::", 3, "ipv6");

/**
 * @param address an IP address as text, without brackets.
 * @returns false also for what is no address. IPv4-mapped IPv6 addresses are none of the internet's.
 */
export function isPublicAddress(address: string): boolean {
	switch (isIP(address)) {
		case 4:
			return !elsewhere.check(address, "ipv4");
		case 6:
			// A zone (`fe80::1%eth0`) makes it a local one.
			return !address.includes("%") && globalUnicast.check(address, "ipv6") && !elsewhere.check(address, "ipv6");
		default:
			return false;
	}
}
