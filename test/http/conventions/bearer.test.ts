import { expect, test } from "vitest";
import { bearerToken } from "../../../src/http/conventions/bearer.ts";

test.each([
	["Bearer a.b-c_d", "a.b-c_d"],
	["bearer a.b.c", "a.b.c"],
	["BEARER   a.b.c ", "a.b.c"],
	["Bearer", undefined],
	["Bearer ", undefined],
	["Basic a.b.c", undefined],
	["Bearer a b", undefined],
	["Bearer a,b", undefined],
	["", undefined],
	[undefined, undefined],
])("Authorization %j holds the token %j", (header, token) => {
	expect(bearerToken(header)).toBe(token);
});
