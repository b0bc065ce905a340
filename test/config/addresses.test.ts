import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
	isLoopback,
	isWildcard,
	nearest,
	printHostPort,
	readHostPort,
	readListenAddress,
} from "../../src/config/index.ts";
import { addressMatcher } from "../../src/domain/index.ts";

describe("Trusted addresses", () => {
	test.each([
		["10.1.2.3", ["10.1.2.3"], true],
		["10.1.2.4", ["10.1.2.3"], false],
		["10.1.2.200", ["10.1.2.0/24"], true],
		["10.1.3.1", ["10.1.2.0/24"], false],
		["10.1.2.200", ["10.1.2.77/24"], true],
		["2001:db8::1", ["2001:db8::/32"], true],
		["2001:db9::1", ["2001:db8::/32"], false],
		["::1", ["127.0.0.1", "::1"], true],
		["::ffff:10.1.2.3", ["10.1.2.3"], true],
		["fe80::1%eth0", ["fe80::/10"], true],
		["192.0.2.1", ["0.0.0.0/0"], true],
		["2001:db8::1", ["0.0.0.0/0"], false],
		["nonsense", ["0.0.0.0/0", "::/0"], false],
		["10.1.2.3", [], false],
	])("%s against %j: %s", (address, ranges, trusted) => {
		expect(addressMatcher(ranges)(address)).toBe(trusted);
	});

	test("loopback is 127.0.0.0/8 and ::1", () => {
		expect(["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"].every(isLoopback)).toBe(true);
		expect(["0.0.0.0", "::", "10.0.0.1"].some(isLoopback)).toBe(false);
	});

	test("wildcards are 0.0.0.0 and :: in any spelling", () => {
		expect(["0.0.0.0", "::", "0:0:0:0:0:0:0:0"].every(isWildcard)).toBe(true);
		expect(["::1", "10.0.0.0", "127.0.0.1"].some(isWildcard)).toBe(false);
	});
});

describe("Listen addresses", () => {
	test("what is printed is read back", () => {
		fc.assert(
			fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), fc.integer({ min: 0, max: 65_535 }), (host, port) => {
				expect(readHostPort(printHostPort({ host, port }))).toEqual({ ok: true, value: { host, port } });
			}),
		);
	});

	test("no text makes the readers throw", () => {
		fc.assert(
			fc.property(fc.string(), (text) => {
				expect(readHostPort(text).ok).toBeTypeOf("boolean");
				expect(readListenAddress(`udp:${text}`).ok).toBeTypeOf("boolean");
			}),
		);
	});

	test("localhost is read as 127.0.0.1", () => {
		expect(readHostPort("localhost:80")).toEqual({ ok: true, value: { host: "127.0.0.1", port: 80 } });
	});
});

describe("Nearest name", () => {
	test.each([
		["strat", "start"],
		["mesages", "messages"],
		["docter", "doctor"],
		["zzzzzz", undefined],
		["dem", "demo"],
		["foo", undefined],
	])("%s is probably %s", (name, meant) => {
		expect(nearest(name, ["start", "messages", "doctor", "demo"])).toBe(meant);
	});
});
