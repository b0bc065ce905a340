import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalUrl } from "../../../src/http/conventions/paths.ts";

describe("canonicalUrl", () => {
	test.each([
		["/v1.0/numbers", "/v1.0/numbers"],
		["/V1.0/Numbers/Provision", "/v1.0/numbers/provision"],
		["/v1.0/v1.0/numbers", "/v1.0/numbers"],
		["/V1.0/v1.0/OAuth2/tokens/", "/v1.0/oauth2/tokens"],
		["/v1.0/numbers/?Number=%2B1AB", "/v1.0/numbers?Number=%2B1AB"],
		["/v1.0/numbers?X=/v1.0/V1.0/Y/", "/v1.0/numbers?X=/v1.0/V1.0/Y/"],
		["http://api.example.com/v1.0/v1.0/numbers", "/v1.0/numbers"],
		["https://api.example.com", "/"],
		["//v1.0/numbers", "/v1.0/numbers"],
		["/v1.0//v1.0//Numbers//", "/v1.0/numbers"],
		["/v1.00/Numbers", "/v1.00/Numbers"],
		["/v1.0", "/v1.0"],
		["/", "/"],
		["/docs/", "/docs"],
		["", "/"],
		["*", "*"],
	])("%s is served as %s", (given, served) => {
		expect(canonicalUrl(given)).toBe(served);
	});

	test("doing it again changes nothing unless the version stands there three times, and it never throws", () => {
		fc.assert(
			fc.property(fc.stringMatching(/^\/[ -~]{0,60}$/), (url) => {
				const once = canonicalUrl(url);
				if (!/v1\.0/i.test(url) && !/\/{2,}/.test(url)) expect(canonicalUrl(once)).toBe(once);
				expect(once.length).toBeLessThanOrEqual(url.length + 1);
			}),
		);
	});
});
