import { BlockList, isIP } from "node:net";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AddressTable, LIMITS, rangeKey, readRange } from "../../src/domain/index.ts";

const family = (address: string) => (isIP(address) === 4 ? "ipv4" : "ipv6");

/** An address, and ranges that hold addresses near it. */
const neighbourhood = fc.oneof(
	fc.tuple(fc.ipV4(), fc.array(fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 })), { maxLength: 6 })),
	fc.tuple(fc.ipV6(), fc.array(fc.tuple(fc.ipV6(), fc.integer({ min: 0, max: 128 })), { maxLength: 6 })),
);

describe("a table of address ranges", () => {
	test("finds an address exactly where the system's own list does", () => {
		fc.assert(
			fc.property(neighbourhood, fc.integer({ min: 0, max: 128 }), ([address, ranges], bits) => {
				const own = Math.min(bits, isIP(address) === 4 ? 32 : 128);
				for (const all of [ranges, [...ranges, [address, own] as const]]) {
					const list = new BlockList();
					for (const [net, prefix] of all) list.addSubnet(net, prefix, family(net));
					const table = new AddressTable(all.map(([net, prefix]) => [`${net}/${prefix}`, true] as const));
					expect(table.find(address) === true).toBe(list.check(address, family(address)));
				}
			}),
		);
	});

	test("the narrowest range decides, in whatever order they stand", () => {
		const entries = [
			["10.0.0.0/8", "all"],
			["10.1.0.0/16", "site"],
			["10.1.2.3", "one"],
			["2001:db8::/32", "v6"],
			["2001:db8:1::/48", "v6 site"],
		] as const;
		for (const order of [entries, entries.toReversed()]) {
			const table = new AddressTable(order);
			const found = ["10.9.9.9", "10.1.9.9", "10.1.2.3", "2001:db8::1", "2001:db8:1::1", "192.0.2.1"].map((address) =>
				table.find(address),
			);
			expect(found).toEqual(["all", "site", "one", "v6", "v6 site", undefined]);
		}
	});

	test("finds the same again, also after more addresses than it remembers", () => {
		const table = new AddressTable([["10.0.0.0/9", "inside"]]);
		const addresses = Array.from({ length: 3 * LIMITS.addressesRemembered }, (_, i) => `10.${i % 256}.${i >> 8}.1`);
		for (const time of ["first", "second"]) {
			const wrong = addresses.filter((address, i) => table.find(address) !== (i % 256 < 128 ? "inside" : undefined));
			expect({ time, wrong }).toEqual({ time, wrong: [] });
		}
		expect([table.find("nobody"), table.find("nobody")]).toEqual([undefined, undefined]);
	});

	test.each([
		["::ffff:192.0.2.7", "192.0.2.0/24"],
		["192.0.2.7", "::ffff:192.0.2.0/120"],
		["0:0:0:0:0:ffff:c000:207", "192.0.2.7"],
		["2001:DB8:0:0::1", "2001:db8::1"],
		["64:ff9b::192.0.2.33", "64:ff9b::c000:221"],
		["fe80::1%eth0", "fe80::/10"],
	])("%s is the same address as one of %s", (address, range) => {
		expect(new AddressTable([[range, true]]).find(address)).toBe(true);
	});

	test("ranges that hold the same addresses have one key, others have not", () => {
		const key = (text: string) => rangeKey(readRange(text)!);
		expect(key("10.1.2.77/24")).toBe(key("10.1.2.0/24"));
		expect(key("2001:db8::/32")).toBe(key("2001:0db8:ffff::/32"));
		expect(new Set(["10.1.2.0/24", "10.1.2.0/25", "10.1.3.0/24", "::/0", "0.0.0.0/0"].map(key)).size).toBe(5);
	});

	test.each([
		"",
		"10.0.0.0/33",
		"::/129",
		"10.0.0.0/",
		"10.0.0.0/8/8",
		"10.0.0",
		"fe80::1%eth0",
		"host/8",
		"1.2.3.4/-1",
	])("%j is no range", (text) => expect(readRange(text)).toBeUndefined());
});
