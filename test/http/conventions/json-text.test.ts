import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { assertHarmlessJson } from "../../../src/http/conventions/json-text.ts";
import { parseJson } from "../../../src/http/conventions/request-body.ts";

const octets = (text: string) => new TextEncoder().encode(text);

describe("a JSON body", () => {
	test("what JSON.stringify writes is read back", () => {
		fc.assert(
			fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
				expect(parseJson(octets(JSON.stringify(value)))).toEqual(JSON.parse(JSON.stringify(value)));
			}),
		);
	});

	test("a byte order mark is tolerated", () => {
		expect(parseJson(octets('\ufeff{"A":1}'))).toEqual({ A: 1 });
	});

	test.each([['{"A":1,"A":2}'], ['{"A":1,"\\u0041":2}'], ['{"A":{"B":1,"B":1}}'], ['[{"A" : 1 , "A"\n:1}]']])(
		"a name given twice is refused: %s",
		(text) => {
			expect(() => parseJson(octets(text))).toThrow(expect.objectContaining({ status: 400 }));
		},
	);

	test.each([['[{"A":1},{"A":1}]'], ['{"A":"A","B":"A"}'], ['{"A":["A","A"]}'], ['{"A":"\\"A\\":1","B":{"A":1}}']])(
		"the same text elsewhere is no repeated name: %s",
		(text) => {
			expect(parseJson(octets(text))).toEqual(JSON.parse(text));
		},
	);

	test("nesting ends at the bound, however the text goes on", () => {
		expect(() => assertHarmlessJson("[".repeat(200_000))).toThrow("Bad request");
		expect(() => assertHarmlessJson('{"a":'.repeat(200_000))).toThrow("Bad request");
		expect(() => assertHarmlessJson(`${"[".repeat(32)}${"]".repeat(32)}`)).not.toThrow();
	});

	test.each([['{"A":1'], ["{A:1}"], ["{'A':1}"], ['{"A":1}{'], ["\0"], ['"'], ['"\\'], ["nul"], ["}"]])(
		"broken JSON is 400: %j",
		(text) => {
			expect(() => parseJson(octets(text))).toThrow(expect.objectContaining({ status: 400 }));
		},
	);

	test("octets that are not UTF-8 are 400", () => {
		expect(() => parseJson(Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x7d))).toThrow(
			expect.objectContaining({ status: 400, detail: expect.stringContaining("UTF-8") }),
		);
	});

	test("any octets give a value or 400", () => {
		fc.assert(
			fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
				try {
					parseJson(bytes);
				} catch (error) {
					expect(error).toMatchObject({ status: 400 });
				}
			}),
		);
	});
});
