/** RFC 3263 against a name server of our own. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Locator } from "../../../src/sip/locate/locator.ts";
import { DnsNames } from "../../../src/sip/locate/names.ts";
import type { Hop, NextHop } from "../../../src/sip/transport/flow.ts";
import { type DnsServer, startDnsServer } from "../../support/dns-server.ts";

const ALL = new Set(["udp", "tcp", "tls"] as const);

let dns: DnsServer;
let locator: Locator;
beforeEach(async () => {
	dns = await startDnsServer({
		"full.test": [
			{ type: "NAPTR", order: 1, preference: 1, service: "SIPS+D2T", replacement: "_sips._tcp.full.test" },
			{ type: "NAPTR", order: 2, preference: 1, service: "SIP+D2U", replacement: "_sip._udp.elsewhere.test" },
		],
		"_sips._tcp.full.test": [
			{ type: "SRV", priority: 20, weight: 1, port: 5071, target: "b.full.test" },
			{ type: "SRV", priority: 10, weight: 1, port: 5061, target: "a.full.test" },
		],
		"_sip._udp.elsewhere.test": [{ type: "SRV", priority: 1, weight: 1, port: 5090, target: "a.full.test" }],
		"a.full.test": [
			{ type: "AAAA", address: "2001:db8::a" },
			{ type: "A", address: "192.0.2.1" },
		],
		"b.full.test": [{ type: "A", address: "192.0.2.2", ttl: 7 }],
		"srv.test": [],
		"_sip._tcp.srv.test": [{ type: "SRV", priority: 1, weight: 1, port: 5080, target: "b.full.test" }],
		"_sip._udp.srv.test": [{ type: "SRV", priority: 1, weight: 1, port: 0, target: "." }],
		"plain.test": [{ type: "A", address: "192.0.2.9", ttl: 7 }],
	});
	locator = new Locator(new DnsNames([dns.address]), () => 0);
});
afterEach(async () => {
	vi.useRealTimers();
	locator.close();
	await dns[Symbol.asyncDispose]();
});

const locate = (hop: Partial<Hop> & { readonly host: string }, supported: ReadonlySet<"udp" | "tcp" | "tls"> = ALL) =>
	new Promise<readonly string[]>((resolve) => {
		const then = (found: readonly NextHop[] | Error): void =>
			resolve(
				found instanceof Error ? [found.message] : found.map((hop) => `${hop.transport} ${hop.host} ${hop.port}`),
			);
		locator.locate({ secure: false, transport: undefined, port: undefined, ...hop }, supported, then);
	});

describe("an address is not looked up", () => {
	test.each([
		["UDP by default", { host: "192.0.2.1" }, "udp 192.0.2.1 5060"],
		["what the URI says", { host: "192.0.2.1", transport: "tcp", port: 5070 } as const, "tcp 192.0.2.1 5070"],
		["TLS and its port for sips:", { host: "192.0.2.1", secure: true }, "tls 192.0.2.1 5061"],
		["IPv6 in brackets", { host: "[2001:db8::1]" }, "udp 2001:db8::1 5060"],
	])("%s", async (_rule, hop, expected) => {
		expect(await locate(hop)).toEqual([expected]);
		expect(dns.asked).toEqual([]);
	});
});

describe("a name", () => {
	test("without port and transport leads over NAPTR and SRV to all its targets, best first", async () => {
		expect(await locate({ host: "full.test" })).toEqual([
			"tls 192.0.2.1 5061",
			"tls 2001:db8::a 5061",
			"tls 192.0.2.2 5071",
			"udp 192.0.2.1 5090",
			"udp 2001:db8::a 5090",
		]);
	});

	test("of sips: stays with TLS; its certificate must be for the name of the URI, not for that of the host", async () => {
		expect(await locate({ host: "full.test", secure: true })).toHaveLength(3);
		locator.locate({ host: "full.test", secure: true, transport: undefined, port: undefined }, ALL, (found) => {
			expect(found).toMatchObject([{ domain: "full.test" }, { domain: "full.test" }, { domain: "full.test" }]);
		});
		await locator.settled();
		expect.assertions(2);
	});

	test("without NAPTR is asked for by SRV for each transport; the target . means none", async () => {
		expect(await locate({ host: "srv.test" })).toEqual(["tcp 192.0.2.2 5080"]);
		expect(dns.asked).toContain("SRV _sips._tcp.srv.test");
	});

	test("with a transport is asked for by its SRV records alone", async () => {
		expect(await locate({ host: "srv.test", transport: "tcp" })).toEqual(["tcp 192.0.2.2 5080"]);
		expect(dns.asked.filter((line) => !line.includes("b.full.test"))).toEqual(["SRV _sip._tcp.srv.test"]);
	});

	test("with a port has addresses alone", async () => {
		expect(await locate({ host: "plain.test", port: 5099 })).toEqual(["udp 192.0.2.9 5099"]);
		expect([...dns.asked].sort()).toEqual(["A plain.test", "AAAA plain.test"]);
	});

	test("without NAPTR and SRV has addresses at the usual port", async () => {
		expect(await locate({ host: "plain.test" })).toEqual(["udp 192.0.2.9 5060"]);
		expect(await locate({ host: "plain.test", secure: true })).toEqual(["tls 192.0.2.9 5061"]);
		expect(await locate({ host: "plain.test" }, new Set(["tcp"]))).toEqual(["tcp 192.0.2.9 5060"]);
	});

	test("that leads nowhere is told", async () => {
		expect(await locate({ host: "nowhere.test" })).toEqual(["the name nowhere.test leads nowhere"]);
	});
});

test("answers are remembered as long as they hold, and not beyond", async () => {
	vi.useFakeTimers({ toFake: ["Date"] });
	await Promise.all([locate({ host: "plain.test", port: 1 }), locate({ host: "plain.test", port: 2 })]);
	vi.advanceTimersByTime(6_900);
	await locate({ host: "plain.test", port: 3 });
	expect(dns.asked).toHaveLength(2);
	dns.records.set("plain.test", [{ type: "A", address: "192.0.2.10" }]);
	vi.advanceTimersByTime(200);
	expect(await locate({ host: "plain.test", port: 3 })).toEqual(["udp 192.0.2.10 3"]);
	// Their time to live is five minutes, but a minute is the longest that we trust it.
	vi.advanceTimersByTime(60_100);
	await locate({ host: "plain.test", port: 3 });
	expect(dns.asked).toHaveLength(6);
});

test("a target that failed stands last for half a minute", async () => {
	vi.useFakeTimers({ toFake: ["Date"] });
	const first = async (): Promise<string | undefined> => (await locate({ host: "full.test", transport: "tls" }))[0];
	expect(await first()).toBe("tls 192.0.2.1 5061");
	locator.failed({ transport: "tls", host: "192.0.2.1", port: 5061 });
	expect(await first()).toBe("tls 2001:db8::a 5061");
	vi.advanceTimersByTime(30_100);
	expect(await first()).toBe("tls 192.0.2.1 5061");
});
