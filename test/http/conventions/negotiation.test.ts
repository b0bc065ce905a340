import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ANSWER_TYPES, answerType } from "../../../src/http/conventions/negotiation.ts";

describe("Accept", () => {
	test.each([
		[undefined, "application/json"],
		["", "application/json"],
		["*/*", "application/json"],
		["application/json", "application/json"],
		["APPLICATION/JSON", "application/json"],
		["text/json", "text/json"],
		["text/plain", "text/plain"],
		["Text/Plain; charset=utf-8", "text/plain"],
		["text/plain, application/json, text/json", "application/json"],
		["text/plain, text/json", "text/json"],
		["application/json;q=0.5, text/plain", "text/plain"],
		["application/json;q=0.5, text/plain; q=0.4", "application/json"],
		["text/*", "text/json"],
		["text/*;q=0.3, text/json;q=0", "text/plain"],
		["application/*;q=0.2, text/plain;q=0.9", "text/plain"],
		["*/*;q=0.1, application/json;q=0", "text/json"],
		["text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "application/json"],
		["image/png", "application/json"],
		["application/json;q=0", "application/json"],
		["text/plain;q=2", "application/json"],
		["text/plain;q=x", "application/json"],
		[";;;,,,=", "application/json"],
	])("%s is answered in %s", (accept, type) => {
		expect(answerType(accept)).toBe(type);
	});

	test("any header gets one of the three types", () => {
		fc.assert(
			fc.property(fc.string({ maxLength: 300 }), (accept) => void expect(ANSWER_TYPES).toContain(answerType(accept))),
		);
	});
});
