import { describe, expect, test } from "vitest";
import { certificateAddresses, certificateNames } from "../../../src/sip/transport/certificate-names.ts";

describe("the SIP identities of a certificate (RFC 5922 §7.1)", () => {
	test.each([
		[
			"sip URIs, where there are any",
			"DNS:a.example, URI:sip:B.example, URI:sip:c.example",
			["b.example", "c.example"],
		],
		["sip URIs with a user part name a person, not a host", "URI:sip:alice@a.example, DNS:b.example", ["b.example"]],
		["URIs of other schemes name no SIP host", "URI:https://a.example, DNS:b.example", ["b.example"]],
		["DNS names otherwise, in lower case, each once", "DNS:A.example, DNS:a.EXAMPLE", ["a.example"]],
		["a quoted value names nobody", 'DNS:"a.example, DNS:evil.example", DNS:b.example', ["b.example"]],
		["a subjectAltName without names leaves none: CN does not count beside it", "IP Address:192.0.2.1", []],
	])("%s", (_rule, altNames, expected) => {
		expect(certificateNames(altNames, "CN=cn.example")).toEqual(expected);
	});

	test("CN counts where there is no subjectAltName", () => {
		expect(certificateNames(undefined, "O=Somebody\nCN=Cn.example")).toEqual(["cn.example"]);
		expect(certificateNames(undefined, "O=Somebody")).toEqual([]);
	});

	test("addresses of subjectAltName", () => {
		expect(certificateAddresses("DNS:a.example, IP Address:192.0.2.1, IP Address:2001:DB8:0:0:0:0:0:1")).toEqual([
			"192.0.2.1",
			"2001:db8:0:0:0:0:0:1",
		]);
	});
});
