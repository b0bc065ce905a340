import { describe, expect, test } from "vitest";
import { assertJsonType } from "../../../src/http/conventions/request-body.ts";

describe("Content-Type", () => {
	test.each([
		["application/json"],
		["APPLICATION/JSON"],
		["application/json; charset=utf-8"],
		['application/json;charset="UTF-8"'],
		["application/json; charset=utf8; version=1"],
		["text/json"],
		["application/vnd.telegent+json"],
		["application/problem+json; charset=UTF-8"],
	])("%s is taken", (type) => {
		expect(() => assertJsonType(type, undefined)).not.toThrow();
	});

	test.each([
		[undefined],
		[""],
		["text/plain"],
		["application/xml"],
		["application/x-www-form-urlencoded"],
		["multipart/form-data; boundary=x"],
		["application/json; charset=utf-16"],
		["application/json; charset=iso-8859-1"],
		["application/jsonx"],
		["text/vnd+json"],
		["application/+json"],
		["json"],
	])("%s is 415", (type) => {
		expect(() => assertJsonType(type, undefined)).toThrow(expect.objectContaining({ status: 415 }));
	});

	test("a compressed body is 415", () => {
		expect(() => assertJsonType("application/json", "gzip")).toThrow(expect.objectContaining({ status: 415 }));
		expect(() => assertJsonType("application/json", "Identity")).not.toThrow();
	});
});
