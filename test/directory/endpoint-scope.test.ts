import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { normalisedPath, scopeOf } from "../../src/directory/endpoint-scope.ts";
import { Failure } from "../../src/domain/index.ts";

describe("an ApiEndpoint counts by its path alone", () => {
	test.each([
		"https://api.telegent.com/v1.0/numbers/provision",
		"https://api.telegent.com/v1.0/v1.0/numbers/provision",
		"HTTP://LOCALHOST:8080/V1.0/Numbers/Provision/",
		"https://user@host:1/v1.0//numbers/provision?x=/y#z",
		"//api.telegent.com/v1.0/numbers/provision",
		"api.telegent.com/v1.0/numbers/provision",
		"localhost:8080/v1.0/numbers/provision",
		"/v1.0/numbers/provision",
		"v1.0/numbers/provision",
		"/numbers/provision",
		"numbers/provision",
		" /numbers/provision ",
	])("%s", (endpoint) => {
		expect(normalisedPath(endpoint)).toBe("/numbers/provision");
		expect(scopeOf(endpoint)).toBe("/numbers/provision");
	});

	test("a path below another is another endpoint", () => {
		expect(normalisedPath("/v1.0/numbers")).not.toBe(normalisedPath("/v1.0/numbers/provision"));
	});

	test("absent or blank means all endpoints", () => {
		expect(scopeOf(undefined)).toBeUndefined();
		expect(scopeOf(" ")).toBeUndefined();
	});

	test.each(["https://api.telegent.com/v1.0", "/", "https://api.telegent.com", `/${"a".repeat(3000)}`])(
		"what names no endpoint or is too long is refused: %.40s",
		(endpoint) => {
			expect(() => scopeOf(endpoint)).toThrow(Failure);
		},
	);

	test("normalising twice changes nothing, whatever the text", () => {
		fc.assert(
			fc.property(fc.string({ unit: "binary", maxLength: 80 }), (text) => {
				const once = normalisedPath(text);
				expect(once.startsWith("/")).toBe(true);
				expect(normalisedPath(once)).toBe(once);
			}),
		);
	});
});
