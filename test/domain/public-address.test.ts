import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isPublicAddress } from "../../src/domain/index.ts";

describe("an address of the internet", () => {
	test.each(["1.1.1.1", "8.8.8.8", "100.63.255.255", "100.128.0.0", "172.15.0.1", "172.32.0.1", "223.255.255.255"])(
		"%s is one",
		(address) => expect(isPublicAddress(address)).toBe(true),
	);
	test.each(["2606:4700:4700::1111", "2a00:1450:4001:830::200e", "2400:cb00::1"])("%s is one", (address) =>
		expect(isPublicAddress(address)).toBe(true),
	);

	test.each([
		["this network", "0.0.0.0"],
		["private", "10.1.2.3"],
		["carrier-grade NAT", "100.64.0.1"],
		["carrier-grade NAT", "100.127.255.255"],
		["loopback", "127.0.0.1"],
		["loopback", "127.255.255.254"],
		["link-local", "169.254.169.254"],
		["private", "172.16.0.1"],
		["private", "172.31.255.255"],
		["documentation", "192.0.2.1"],
		["private", "192.168.0.1"],
		["benchmarks", "198.18.0.1"],
		["multicast", "224.0.0.1"],
		["reserved", "240.0.0.1"],
		["broadcast", "255.255.255.255"],
		["unspecified", "::"],
		["loopback", "::1"],
		["IPv4-mapped loopback", "::ffff:127.0.0.1"],
		["IPv4-mapped public", "::ffff:8.8.8.8"],
		["IPv4-mapped in hex", "::ffff:7f00:1"],
		["IPv4-compatible", "::127.0.0.1"],
		["NAT64", "64:ff9b::7f00:1"],
		["unique local", "fd00:ec2::254"],
		["link-local", "fe80::1"],
		["link-local with zone", "fe80::1%eth0"],
		["multicast", "ff02::1"],
		["documentation", "2001:db8::1"],
		["Teredo", "2001:0:53aa:64c::1"],
		["6to4", "2002:7f00:1::1"],
	])("%s %s is none", (_, address) => expect(isPublicAddress(address)).toBe(false));

	test("what is no address is none", () => {
		fc.assert(
			fc.property(fc.string(), (text) => {
				fc.pre(!/^[0-9.]+$/.test(text) && !text.includes(":"));
				expect(isPublicAddress(text)).toBe(false);
			}),
		);
		for (const text of ["127.1", "0x7f.0.0.1", "2130706433", "[::1]", "8.8.8.8 ", ""]) {
			expect(isPublicAddress(text)).toBe(false);
		}
	});
});
