import fc from "fast-check";
import { expect, test } from "vitest";
import { parseQuery } from "../../../src/http/conventions/query.ts";

test.each([
	["Number=+18018018011", { Number: "+18018018011" }],
	["Number=%2B18018018011", { Number: "+18018018011" }],
	["Number=%2018018018011", { Number: "+18018018011" }],
	["Cnam=Bob+Roe", { Cnam: "Bob Roe" }],
	["Cnam=+Bob", { Cnam: " Bob" }],
	["Number=", {}],
	["", {}],
	["a=1&a=2", { a: ["1", "2"] }],
	["a=1&A=2", { a: "1", A: "2" }],
])("the query %s means %j", (query, meant) => {
	expect(parseQuery(query)).toEqual(meant);
});

test("any text is a query", () => {
	fc.assert(fc.property(fc.string(), (text) => void expect(parseQuery(text)).toBeTypeOf("object")));
});
