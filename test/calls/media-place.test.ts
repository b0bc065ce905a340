import { expect, test } from "vitest";
import { mediaPlace } from "../../src/calls/media-place.ts";

const call = (host: string, peer: string, localAddress: string) => ({
	source: { transport: "udp", address: peer, port: 5060, local: { transport: "udp", host, port: 5060 } } as const,
	localAddress,
});

test.each([
	["the listen address of the call", call("10.0.0.5", "10.0.0.9", "10.0.0.5"), [], "10.0.0.5", "10.0.0.5"],
	["what the listen address advertises", call("10.0.0.5", "10.0.0.9", "203.0.113.7"), [], "10.0.0.5", "203.0.113.7"],
	[
		"the advertised one of the peer's family",
		call("0.0.0.0", "10.0.0.9", "10.0.0.5"),
		["2001:db8::7", "203.0.113.7"],
		"0.0.0.0",
		"203.0.113.7",
	],
	["the same for IPv6", call("::", "2001:db8::9", "2001:db8::5"), ["203.0.113.7", "2001:db8::7"], "::", "2001:db8::7"],
	["one of the other family does not count", call("::1", "::1", "::1"), ["203.0.113.7"], "::1", "::1"],
	[
		"an IPv4 peer of a dual-stack socket gets IPv4 media",
		call("::", "10.0.0.9", "10.0.0.5"),
		[],
		"0.0.0.0",
		"10.0.0.5",
	],
] as const)("media go by %s", (_which, from, advertised, bind, address) => {
	expect(mediaPlace(from, advertised)).toEqual({ bind, address });
});
