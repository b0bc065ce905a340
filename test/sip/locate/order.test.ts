import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type NaptrRecord, orderSrv, type SrvRecord, servicesOf } from "../../../src/sip/locate/order.ts";

const naptr = (order: number, preference: number, service: string, flags = "s"): NaptrRecord => {
	return { order, preference, flags, service, replacement: `${service}.example` };
};
const ALL = new Set(["udp", "tcp", "tls"] as const);

describe("NAPTR (RFC 3263 §4.1)", () => {
	const records = [
		naptr(90, 50, "SIP+D2T"),
		naptr(50, 50, "SIPS+D2T"),
		naptr(90, 40, "sip+d2u"),
		naptr(10, 1, "E2U+sip"),
	];

	test("by order, then preference; services that are not SIP do not count", () => {
		expect(servicesOf(records, ALL, false).map(({ transport }) => transport)).toEqual(["tls", "udp", "tcp"]);
	});

	test("a transport that we do not have is left out", () => {
		expect(servicesOf(records, new Set(["tcp"]), false).map(({ name }) => name)).toEqual(["SIP+D2T.example"]);
	});

	test("sips: leaves TLS alone", () => {
		expect(servicesOf(records, ALL, true).map(({ transport }) => transport)).toEqual(["tls"]);
	});

	test("records that lead to no SRV records do not count", () => {
		expect(
			servicesOf([naptr(1, 1, "SIP+D2U", "u"), { ...naptr(1, 1, "SIP+D2U"), replacement: "" }], ALL, false),
		).toEqual([]);
	});
});

const srv = (priority: number, weight: number, name: string): SrvRecord => ({ priority, weight, port: 5060, name });

describe("SRV (RFC 2782)", () => {
	test("lower priorities stand first, whatever is drawn", () => {
		const records = [srv(20, 100, "c"), srv(10, 1, "a"), srv(10, 99, "b")];
		for (const drawn of [0, 0.3, 0.6, 0.999]) {
			const names = orderSrv(records, () => drawn).map(({ name }) => name);
			expect(names.slice(0, 2).sort()).toEqual(["a", "b"]);
			expect(names[2]).toBe("c");
		}
	});

	test("within a priority each is first in proportion to its weight", () => {
		const records = [srv(1, 10, "light"), srv(1, 30, "heavy")];
		let first = 0;
		// Every possible draw once: a sum of 40 has 41 of them (RFC 2782: 0 to the sum, both included).
		for (let i = 0; i < 41; i++) if (orderSrv(records, () => i / 41)[0]?.name === "heavy") first++;
		expect(first).toBe(30);
	});

	test("a weight of 0 is drawn too, seldom", () => {
		const records = [srv(1, 9, "often"), srv(1, 0, "seldom")];
		expect(orderSrv(records, () => 0)[0]?.name).toBe("seldom");
		expect(orderSrv(records, () => 0.5)[0]?.name).toBe("often");
	});

	test("nothing is lost or doubled", () => {
		const record = fc.record({
			priority: fc.nat(3),
			weight: fc.nat(65_535),
			port: fc.nat(65_535),
			name: fc.string(),
		});
		const draws = fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }));
		fc.assert(
			fc.property(fc.array(record, { maxLength: 12 }), draws, (records, random) => {
				const ordered = orderSrv(records, () => random.next().value as number);
				expect(new Set(ordered)).toEqual(new Set(records));
				expect(ordered).toHaveLength(records.length);
				const priorities = ordered.map(({ priority }) => priority);
				expect(priorities).toEqual([...priorities].sort((a, b) => a - b));
			}),
		);
	});
});
